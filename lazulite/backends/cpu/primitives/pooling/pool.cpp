#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/half/through_float.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"
#include "lazulite/backends/cpu/primitives/pooling/pool_pixels.h"
#include "lazulite/backends/cpu/primitives/primitives.h"

namespace lazulite::cpu {
namespace {

// Calls f(image, pixel in the image, taps, their number) for all pixels of a result.
template <class FindTaps, class F>
void for_pixels(const PoolShape& s, const std::array<int64_t, 3>& pixels, FindTaps find_taps, F f) {
  const int64_t rows = pixels[0] * pixels[1];
  const int64_t work = pixels[2] * s.channels * s.most_taps();
  parallel_for(s.n * rows, std::max<int64_t>(16384 / std::max<int64_t>(work, 1), 1),
               [&](int64_t begin, int64_t end, int) {
                 const Scratch scratch(static_cast<size_t>(s.most_taps()) * sizeof(Tap));
                 Tap* taps = scratch.at<Tap>();
                 for (int64_t row = begin; row < end; ++row) {
                   const int64_t in_image = row % rows;
                   std::array<int64_t, 3> at = {in_image / pixels[1], in_image % pixels[1], 0};
                   for (; at[2] < pixels[2]; ++at[2]) {
                     const int64_t count = find_taps(s, at, taps);
                     f(row / rows, in_image * pixels[2] + at[2], taps, count);
                   }
                 }
               });
}

int64_t pixel_count(const std::array<int64_t, 3>& sizes) { return sizes[0] * sizes[1] * sizes[2]; }

template <class F>
std::unique_ptr<Kernel> for_real_dtype(Dtype dtype, F make) {
  return visit_dtype(dtype, [&]<class T>(TypeTag<T> tag) -> std::unique_ptr<Kernel> {
    if constexpr (std::is_same_v<T, bool>) {
      return make(TypeTag<uint8_t>());
    } else if constexpr (std::is_arithmetic_v<T>) {
      return make(tag);
    } else {
      return nullptr;
    }
  });
}

template <class F>
std::unique_ptr<Kernel> for_wide_floating_dtype(Dtype dtype, F make) {
  return dtype == Dtype::float64 ? make(TypeTag<double>()) : make(TypeTag<float>());
}

template <class F>
std::unique_ptr<Kernel> for_position_dtype(Dtype dtype, F make) {
  return dtype == Dtype::uint8 ? make(TypeTag<uint8_t>()) : make(TypeTag<uint32_t>());
}

bool is_real(Dtype dtype) { return kind_of(dtype) != DtypeKind::complex; }

// Of at most three spatial axes.
bool accepts_pool(const PoolGeometry& p) { return p.window.size() <= 3; }

template <class T, class Position>
std::unique_ptr<Kernel> make_max(const MaxPool& p, const Launch& launch) {
  const PoolShape s(p, launch.inputs[0].shape, launch.outputs[0].shape);
  size_t scratch_bytes = 0;
  const RowMajorInput input(launch.inputs[0], &scratch_bytes);
  return kernel_of([=, y = launch.outputs[0], positions = launch.outputs[1]](void* const* slots) {
    const Scratch scratch(scratch_bytes);
    const T* from = input.get<T>(slots, scratch);
    T* to = y.used ? address<T>(slots, y) : nullptr;
    Position* places = positions.used ? address<Position>(slots, positions) : nullptr;
    const int64_t image = pixel_count(s.in) * s.channels;
    const int64_t pixels = pixel_count(s.out);
    for_pixels(s, s.out, taps_of_output,
               [&](int64_t n, int64_t pixel, const Tap* taps, int64_t count) {
                 const int64_t at = (n * pixels + pixel) * s.channels;
                 max_pixel(from + n * image, taps, count, s.channels, to ? to + at : nullptr,
                           places ? places + at : nullptr);
               });
  });
}

template <class T, class Position>
std::unique_ptr<Kernel> make_max_grad(const MaxPoolGrad& p, const Launch& launch) {
  const PoolShape s(p, launch.outputs[0].shape, launch.inputs[0].shape);
  size_t scratch_bytes = 0;
  const RowMajorInput gradient(launch.inputs[0], &scratch_bytes);
  const RowMajorInput positions(launch.inputs[1], &scratch_bytes);
  return kernel_of([=, dx = launch.outputs[0]](void* const* slots) {
    const Scratch scratch(scratch_bytes);
    const T* dy = gradient.get<T>(slots, scratch);
    const Position* places = positions.get<Position>(slots, scratch);
    T* to = address<T>(slots, dx);
    const int64_t image = pixel_count(s.out) * s.channels;
    const int64_t pixels = pixel_count(s.in);
    for_pixels(s, s.in, taps_of_input,
               [&](int64_t n, int64_t pixel, const Tap* taps, int64_t count) {
                 max_grad_pixel(dy + n * image, places + n * image, taps, count, s.channels,
                                to + (n * pixels + pixel) * s.channels);
               });
  });
}

// Means of complex numbers are those of their parts, which are channels of their own.
PoolShape in_parts(PoolShape shape, Dtype dtype) {
  if (kind_of(dtype) == DtypeKind::complex) shape.channels *= 2;
  return shape;
}

// The mean over windows, forward or backward: `pixels` are the result's, `others` the input's.
template <class T, class FindTaps>
std::unique_ptr<Kernel> make_mean(const PoolShape& s, const std::array<int64_t, 3>& pixels,
                                  const std::array<int64_t, 3>& others, FindTaps find_taps,
                                  const Launch& launch) {
  size_t scratch_bytes = 0;
  const RowMajorInput input(launch.inputs[0], &scratch_bytes);
  return kernel_of([=, y = launch.outputs[0]](void* const* slots) {
    const Scratch scratch(scratch_bytes);
    const T* from = input.get<T>(slots, scratch);
    T* to = reinterpret_cast<T*>(address(slots, y));
    const int64_t image = pixel_count(others) * s.channels;
    for_pixels(s, pixels, find_taps, [&](int64_t n, int64_t pixel, const Tap* taps, int64_t count) {
      mean_pixel(from + n * image, taps, count, s.channels, static_cast<T>(s.window_size()),
                 to + (n * pixel_count(pixels) + pixel) * s.channels);
    });
  });
}

}  // namespace

bool accepts(const MaxPool& p, const Launch& launch) {
  return accepts_pool(p) && is_real(launch.inputs[0].dtype);
}

std::unique_ptr<Kernel> make(const MaxPool& p, const Launch& launch) {
  const Dtype dtype = launch.inputs[0].dtype;
  if (is_half(dtype)) return make_through_float(launch);
  return for_real_dtype(dtype, [&]<class T>(TypeTag<T>) {
    return for_position_dtype(launch.outputs[1].dtype, [&]<class Position>(TypeTag<Position>) {
      return make_max<T, Position>(p, launch);
    });
  });
}

bool accepts(const MaxPoolGrad& p, const Launch& launch) {
  return accepts_pool(p) && is_floating(launch.inputs[0].dtype);
}

std::unique_ptr<Kernel> make(const MaxPoolGrad& p, const Launch& launch) {
  const Dtype dtype = launch.inputs[0].dtype;
  if (is_half(dtype)) return make_through_float(launch);
  return for_wide_floating_dtype(dtype, [&]<class T>(TypeTag<T>) {
    return for_position_dtype(launch.inputs[1].dtype, [&]<class Position>(TypeTag<Position>) {
      return make_max_grad<T, Position>(p, launch);
    });
  });
}

bool accepts(const AvgPool& p, const Launch& launch) {
  return accepts_pool(p) && is_inexact(launch.inputs[0].dtype);
}

std::unique_ptr<Kernel> make(const AvgPool& p, const Launch& launch) {
  const Dtype dtype = launch.inputs[0].dtype;
  if (is_half(dtype)) return make_through_float(launch);
  const PoolShape s =
      in_parts(PoolShape(p, launch.inputs[0].shape, launch.outputs[0].shape), dtype);
  return for_wide_floating_dtype(dtype, [&]<class T>(TypeTag<T>) {
    return make_mean<T>(s, s.out, s.in, taps_of_output, launch);
  });
}

bool accepts(const AvgPoolGrad& p, const Launch& launch) {
  return accepts_pool(p) && is_inexact(launch.inputs[0].dtype);
}

std::unique_ptr<Kernel> make(const AvgPoolGrad& p, const Launch& launch) {
  const Dtype dtype = launch.inputs[0].dtype;
  if (is_half(dtype)) return make_through_float(launch);
  const PoolShape s =
      in_parts(PoolShape(p, launch.outputs[0].shape, launch.inputs[0].shape), dtype);
  return for_wide_floating_dtype(dtype, [&]<class T>(TypeTag<T>) {
    return make_mean<T>(s, s.in, s.out, taps_of_input, launch);
  });
}

LAZULITE_CPU_KERNEL(MaxPool);
LAZULITE_CPU_KERNEL(MaxPoolGrad);
LAZULITE_CPU_KERNEL(AvgPool);
LAZULITE_CPU_KERNEL(AvgPoolGrad);

}  // namespace lazulite::cpu
