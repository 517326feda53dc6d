#include "lazulite/backends/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/conv/layout.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "lazulite/backends/cpu/conv/layout.h"
#include "lazulite/backends/cpu/conv/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace {

using Four = hn::CappedTag<float, 4>;
using FourVec = hn::Vec<Four>;

HWY_INLINE void transpose(FourVec (&rows)[4]) {
  const Four d;
  const hn::Repartition<double, Four> wide;
  const auto join = [&](FourVec a, FourVec b, bool upper) HWY_ATTR {
    const auto x = hn::BitCast(wide, a), y = hn::BitCast(wide, b);
    return hn::BitCast(d,
                       upper ? hn::InterleaveUpper(wide, x, y) : hn::InterleaveLower(wide, x, y));
  };
  const FourVec a = hn::InterleaveLower(d, rows[0], rows[1]);
  const FourVec b = hn::InterleaveLower(d, rows[2], rows[3]);
  const FourVec c = hn::InterleaveUpper(d, rows[0], rows[1]);
  const FourVec e = hn::InterleaveUpper(d, rows[2], rows[3]);
  rows[0] = join(a, b, false);
  rows[1] = join(a, b, true);
  rows[2] = join(c, e, false);
  rows[3] = join(c, e, true);
}

// Element e of an image is channel e % c of pixel e / c; packed, that is vector (e % c) * pixels +
// e / c. Four elements of four images are transposed at a time.
class Position {
 public:
  Position(int64_t pixels, int64_t c) : pixels_(pixels), c_(c) {}
  int64_t next() {
    const int64_t at = (channel_ * pixels_ + pixel_) * images_per_group;
    if (++channel_ == c_) {
      channel_ = 0;
      ++pixel_;
    }
    return at;
  }

 private:
  int64_t pixels_, c_;
  int64_t pixel_ = 0, channel_ = 0;
};

void pack(const float* images, int64_t count, int64_t pixels, int64_t c, float* packed) {
  const Four d;
  const int64_t floats = pixels * c;
  Position position(pixels, c);
  for (int64_t e = 0; e < floats; e += 4) {
    const int64_t used = std::min<int64_t>(4, floats - e);
    int64_t to[4];
    for (int64_t i = 0; i < used; ++i) to[i] = position.next();
    for (int64_t image = 0; image < images_per_group; image += 4) {
      FourVec rows[4];
      for (int64_t r = 0; r < 4; ++r) {
        rows[r] = hn::Zero(d);
        if (image + r >= count) continue;
        const float* from = images + (image + r) * floats + e;
        if (used == 4) {
          rows[r] = hn::LoadU(d, from);
        } else {
          HWY_ALIGN float rest[4] = {};
          for (int64_t i = 0; i < used; ++i) rest[i] = from[i];
          rows[r] = hn::Load(d, rest);
        }
      }
      transpose(rows);
      for (int64_t i = 0; i < used; ++i) hn::Store(rows[i], d, packed + to[i] + image);
    }
  }
}

void unpack(const float* packed, int64_t count, int64_t pixels, int64_t c, float* images) {
  const Four d;
  const int64_t floats = pixels * c;
  Position position(pixels, c);
  for (int64_t e = 0; e < floats; e += 4) {
    const int64_t used = std::min<int64_t>(4, floats - e);
    int64_t from[4];
    for (int64_t i = 0; i < used; ++i) from[i] = position.next();
    for (int64_t image = 0; image < count; image += 4) {
      FourVec rows[4];
      for (int64_t i = 0; i < 4; ++i) {
        rows[i] = i < used ? hn::Load(d, packed + from[i] + image) : hn::Zero(d);
      }
      transpose(rows);
      for (int64_t r = 0; r < std::min<int64_t>(4, count - image); ++r) {
        float* to = images + (image + r) * floats + e;
        if (used == 4) {
          hn::StoreU(rows[r], d, to);
        } else {
          HWY_ALIGN float rest[4];
          hn::Store(rows[r], d, rest);
          for (int64_t i = 0; i < used; ++i) to[i] = rest[i];
        }
      }
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>

#include "lazulite/backends/cpu/parallel.h"

namespace lazulite::cpu {

HWY_EXPORT(pack);
HWY_EXPORT(unpack);

void pack_group(const float* images, int64_t count, int64_t pixels, int64_t c, float* packed) {
  HWY_DYNAMIC_DISPATCH(pack)(images, count, pixels, c, packed);
}

void unpack_group(const float* packed, int64_t count, int64_t pixels, int64_t c, float* images) {
  HWY_DYNAMIC_DISPATCH(unpack)(packed, count, pixels, c, images);
}

void pack_images(const float* images, int64_t n, int64_t h, int64_t w, int64_t c, float* packed) {
  const int64_t group_floats = h * w * c * images_per_group;
  parallel_for((n + images_per_group - 1) / images_per_group, 1,
               [&](int64_t begin, int64_t end, int) {
                 for (int64_t g = begin; g < end; ++g) {
                   pack_group(images + g * group_floats,
                              std::min<int64_t>(images_per_group, n - g * images_per_group), h * w,
                              c, packed + g * group_floats);
                 }
               });
}

void unpack_images(const float* packed, int64_t n, int64_t h, int64_t w, int64_t c, float* images) {
  const int64_t group_floats = h * w * c * images_per_group;
  parallel_for((n + images_per_group - 1) / images_per_group, 1,
               [&](int64_t begin, int64_t end, int) {
                 for (int64_t g = begin; g < end; ++g) {
                   unpack_group(packed + g * group_floats,
                                std::min<int64_t>(images_per_group, n - g * images_per_group),
                                h * w, c, images + g * group_floats);
                 }
               });
}

}  // namespace lazulite::cpu
#endif
