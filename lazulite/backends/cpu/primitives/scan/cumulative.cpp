#include <algorithm>
#include <memory>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/half/through_float.h"
#include "lazulite/backends/cpu/primitives/indexing/indices.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/backends/cpu/primitives/scan/folds.h"
#include "lazulite/ops/primitives/scan.h"

namespace lazulite::cpu {
namespace {

// One line of elements, `step` apart.
template <class T, class Fold>
class Line {
 public:
  using Wide = typename Fold::Wide;
  Line(const T* x, T* y, int64_t size, bool reverse, bool inclusive)
      : x_(x + (reverse ? size - 1 : 0)),
        y_(y + (reverse ? size - 1 : 0)),
        step_(reverse ? -1 : 1),
        inclusive_(inclusive) {}

  Wide total(int64_t begin, int64_t end) const {
    Wide fold = Fold::nothing();
    for (int64_t i = begin; i < end; ++i) fold = Fold::join(fold, Wide(x_[i * step_]));
    return fold;
  }
  // Writes the folds of a block, and returns what follows it starts with.
  Wide write(int64_t begin, int64_t end, Wide before) const {
    Wide fold = Fold::nothing();
    for (int64_t i = begin; i < end; ++i) {
      const Wide with = Fold::join(fold, Wide(x_[i * step_]));
      y_[i * step_] = static_cast<T>(Fold::join(before, inclusive_ ? with : fold));
      fold = with;
    }
    return Fold::join(before, fold);
  }

 private:
  const T* x_;
  T* y_;
  int64_t step_;
  bool inclusive_;
};

// A line is folded in blocks, whoever folds them, so that the bits do not depend on the threads.
constexpr int64_t block = 8192;

template <class T, class Fold>
void fold_line(const Line<T, Fold>& line, int64_t size) {
  auto before = Fold::nothing();
  for (int64_t at = 0; at < size; at += block) {
    before = line.write(at, std::min(at + block, size), before);
  }
}

// Few long lines: folds of blocks, what stands before each, and then the results.
template <class T, class Fold>
void fold_long_line(const Line<T, Fold>& line, int64_t size) {
  const int64_t blocks = (size + block - 1) / block;
  const auto before = std::make_unique<typename Fold::Wide[]>(static_cast<size_t>(blocks) + 1);
  auto end_of = [&](int64_t i) { return std::min((i + 1) * block, size); };
  before[0] = Fold::nothing();
  parallel_for(blocks, 4, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) before[i + 1] = line.total(i * block, end_of(i));
  });
  for (int64_t i = 1; i <= blocks; ++i) before[i] = Fold::join(before[i - 1], before[i]);
  parallel_for(blocks, 4, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) line.write(i * block, end_of(i), before[i]);
  });
}

// Lines side by side, whose elements lie `inner` apart: a strip of them at a time.
constexpr int64_t strip = 128;

template <class T, class Fold>
void fold_strip(const T* x, T* y, int64_t size, int64_t inner, int64_t width, bool reverse,
                bool inclusive) {
  typename Fold::Wide folds[strip];
  std::fill_n(folds, width, Fold::nothing());
  for (int64_t k = 0; k < size; ++k) {
    const int64_t row = (reverse ? size - 1 - k : k) * inner;
    for (int64_t j = 0; j < width; ++j) {
      const auto before = folds[j];
      folds[j] = Fold::join(before, typename Fold::Wide(x[row + j]));
      y[row + j] = static_cast<T>(inclusive ? folds[j] : before);
    }
  }
}

// From which end, and whether with the element itself.
struct Direction {
  bool reverse;
  bool inclusive;
};

template <class T, class Fold>
void fold(Direction d, const AxisView& view, const T* x, T* y) {
  if (view.inner == 1) {
    auto line = [&](int64_t i) {
      return Line<T, Fold>(x + i * view.size, y + i * view.size, view.size, d.reverse, d.inclusive);
    };
    if (view.outer < thread_count() && view.size > 8 * block) {
      for (int64_t i = 0; i < view.outer; ++i) fold_long_line(line(i), view.size);
      return;
    }
    const int64_t grain = std::max<int64_t>(16384 / view.size, 1);
    parallel_for(view.outer, grain, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) fold_line(line(i), view.size);
    });
    return;
  }
  const int64_t strips = (view.inner + strip - 1) / strip;
  const int64_t width = std::min(view.inner, strip);
  const int64_t grain = std::max<int64_t>(32768 / (view.size * width), 1);
  parallel_for(view.outer * strips, grain, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t column = i % strips * strip;
      const int64_t at = i / strips * view.size * view.inner + column;
      fold_strip<T, Fold>(x + at, y + at, view.size, view.inner,
                          std::min(strip, view.inner - column), d.reverse, d.inclusive);
    }
  });
}

// A kernel of `run(type, view, x, y)`.
template <class F>
std::unique_ptr<Kernel> make_fold(int axis, const Launch& launch, F run) {
  const Operand& y = launch.outputs[0];
  if (is_half(y.dtype)) return make_through_float(launch);
  const AxisView view(y.shape, axis);
  size_t scratch_bytes = 0;
  const RowMajorInput input(launch.inputs[0], &scratch_bytes);
  return kernel_of([=](void* const* slots) {
    if (y.size() == 0) return;
    const Scratch scratch(scratch_bytes);
    visit_dtype(y.dtype, [&]<class T>(TypeTag<T>) {
      if constexpr (!std::is_same_v<T, float16> && !std::is_same_v<T, bfloat16>) {
        run(view, input.get<T>(slots, scratch), address<T>(slots, y));
      }
    });
  });
}

}  // namespace

bool accepts(const CumulativeSum&, const Launch&) { return true; }

std::unique_ptr<Kernel> make(const CumulativeSum& p, const Launch& launch) {
  return make_fold(
      p.axis, launch,
      [d = Direction{p.reverse, p.inclusive}]<class T>(const AxisView& view, const T* x, T* y) {
        fold<T, SumFold<T>>(d, view, x, y);
      });
}

bool accepts(const Cumulative&, const Launch&) { return true; }

std::unique_ptr<Kernel> make(const Cumulative& p, const Launch& launch) {
  return make_fold(p.axis, launch, [p]<class T>(const AxisView& view, const T* x, T* y) {
    const Direction d{p.reverse, p.inclusive};
    switch (p.op) {
      case CumulativeOp::product: return fold<T, ProductFold<T>>(d, view, x, y);
      case CumulativeOp::maximum: return fold<T, ExtremeFold<T, true>>(d, view, x, y);
      case CumulativeOp::minimum: return fold<T, ExtremeFold<T, false>>(d, view, x, y);
      case CumulativeOp::logaddexp:
        if constexpr (!std::is_integral_v<T>) fold<T, LogFold<T>>(d, view, x, y);
    }
  });
}

LAZULITE_CPU_KERNEL(CumulativeSum);
LAZULITE_CPU_KERNEL(Cumulative);

}  // namespace lazulite::cpu
