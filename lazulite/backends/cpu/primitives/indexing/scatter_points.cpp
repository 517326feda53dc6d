#include <algorithm>
#include <cstring>
#include <optional>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/indexing/points.h"
#include "lazulite/backends/cpu/primitives/indexing/runs.h"
#include "lazulite/backends/cpu/primitives/indexing/updates.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/movers/element_sizes.h"
#include "lazulite/backends/cpu/primitives/movers/in_place.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/ops/primitives/indexing.h"

namespace lazulite::cpu {
namespace {

// Of integers, rounded towards zero; 0 where y is 0.
template <class T>
T truncated_quotient(T x, T y) {
  if (y == 0) return 0;
  // The least number has no opposite: it wraps around.
  if (std::is_signed_v<T> && y == T(-1)) return static_cast<T>(0 - static_cast<uint64_t>(x));
  return static_cast<T>(x / y);
}

// x op y. Integers wrap around; half precision is rounded after each operation.
template <ScatterOp op, class T>
T combine(const T& x, const T& y) {
  if constexpr (op == ScatterOp::assign) {
    return y;
  } else if constexpr (std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>) {
    return T(combine<op>(static_cast<float>(x), static_cast<float>(y)));
  } else if constexpr (op == ScatterOp::maximum || op == ScatterOp::minimum) {
    constexpr bool maximum = op == ScatterOp::maximum;
    if constexpr (std::is_same_v<T, complex64>) {
      const bool beyond = maximum ? x.real() > y.real() : x.real() < y.real();
      const bool beyond_by_imag = maximum ? x.imag() > y.imag() : x.imag() < y.imag();
      return beyond || (x.real() == y.real() && beyond_by_imag) || x != x ? x : y;
    } else {
      return (maximum ? x > y : x < y) || x != x ? x : y;
    }
  } else if constexpr (std::is_same_v<T, bool>) {
    return op == ScatterOp::add ? x || y : x && y;
  } else if constexpr (std::is_integral_v<T> && op == ScatterOp::divide) {
    return truncated_quotient(x, y);
  } else if constexpr (std::is_integral_v<T>) {
    const auto a = static_cast<uint64_t>(x), b = static_cast<uint64_t>(y);
    return static_cast<T>(op == ScatterOp::add ? a + b : a * b);
  } else if constexpr (op == ScatterOp::add) {
    return x + y;
  } else if constexpr (op == ScatterOp::multiply) {
    return x * y;
  } else {
    return x / y;
  }
}

template <ScatterOp op, class T>
void combine_run(T* to, int64_t to_stride, const T* from, int64_t from_stride, int64_t count) {
  if (to_stride == 1 && from_stride == 1) {
    if (op == ScatterOp::assign && count * sizeof(T) >= 64) {
      std::memcpy(to, from, static_cast<size_t>(count) * sizeof(T));
      return;
    }
    for (int64_t i = 0; i < count; ++i) to[i] = combine<op>(to[i], from[i]);
  } else if (to_stride == 1 && from_stride == 0) {
    const T update = *from;
    for (int64_t i = 0; i < count; ++i) to[i] = combine<op>(to[i], update);
  } else {
    for (int64_t i = 0; i < count; ++i) {
      to[i * to_stride] = combine<op>(to[i * to_stride], from[i * from_stride]);
    }
  }
}

// What one worker does for one number of the axes before: all updates, in order, of points whose
// offset lies in [low, high), of the elements first to last after the point.
struct Part {
  std::byte* to;
  const std::byte* from;
  const int64_t* offsets;
  int64_t low, high, first, last;
  int64_t point_stride, inner_stride;
};

template <ScatterOp op, class T>
void scatter(const Points& points, const Part& part) {
  T* to = reinterpret_cast<T*>(part.to);
  const T* from = reinterpret_cast<const T*>(part.from);
  const bool contiguous = points.contiguous();
  for (int64_t i = 0; i < points.count(); ++i) {
    const int64_t offset = part.offsets[i];
    if (offset < part.low || offset >= part.high) continue;
    const T* update = from + i * part.point_stride;
    if (points.inner() == 1) {
      to[offset] = combine<op>(to[offset], *update);
    } else if (contiguous) {
      combine_run<op>(to + offset + part.first, 1, update + part.first * part.inner_stride,
                      part.inner_stride, part.last - part.first);
    } else {
      for_each_run(points.after(), [&](int64_t element, int64_t at, int64_t stride, int64_t n) {
        combine_run<op>(to + offset + at, stride, update + element * part.inner_stride,
                        part.inner_stride, n);
      });
    }
  }
}

using Scatter = void (*)(const Points&, const Part&);

template <ScatterOp op>
Scatter scatter_of(Dtype dtype) {
  return visit_dtype(dtype, []<class T>(TypeTag<T>) -> Scatter {
    if constexpr (op == ScatterOp::divide && std::is_same_v<T, bool>) {
      return nullptr;
    } else {
      return scatter<op, T>;
    }
  });
}

Scatter scatter_of(ScatterOp op, Dtype dtype) {
  switch (op) {
    case ScatterOp::assign:
      return visit_element_size(
          dtype, []<class T>(TypeTag<T>) -> Scatter { return scatter<ScatterOp::assign, T>; });
    case ScatterOp::add: return scatter_of<ScatterOp::add>(dtype);
    case ScatterOp::multiply: return scatter_of<ScatterOp::multiply>(dtype);
    case ScatterOp::divide: return scatter_of<ScatterOp::divide>(dtype);
    case ScatterOp::maximum: return scatter_of<ScatterOp::maximum>(dtype);
    case ScatterOp::minimum: return scatter_of<ScatterOp::minimum>(dtype);
  }
  return nullptr;
}

// Updates of one element meet in one worker, which applies them in order: workers divide what lies
// before the points, or after them, or else the memory that points may lie in, and then each looks
// at all indices.
void scatter_all(Scatter scatter, const Points& points, Part part, int64_t element_bytes,
                 int64_t before_stride) {
  const int64_t work = std::max<int64_t>(points.count() * points.inner(), 1);
  const Part whole = part;
  auto run = [&](Part some, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      some.to = whole.to + points.before_offset(i) * element_bytes;
      some.from = whole.from + i * before_stride * element_bytes;
      scatter(points, some);
    }
  };
  if (points.before() >= thread_count()) {
    parallel_for(points.before(), std::max<int64_t>(16384 / work, 1),
                 [&](int64_t begin, int64_t end, int) { run(whole, begin, end); });
  } else if (points.contiguous() && points.inner() >= 64) {
    const int64_t least = 16384 / (points.before() * points.count()) + 1;
    parallel_for(points.inner(), std::max<int64_t>(least, 32),
                 [&](int64_t begin, int64_t end, int) {
                   Part some = whole;
                   some.first = begin;
                   some.last = end;
                   run(some, 0, points.before());
                 });
  } else {
    const int64_t extent = points.end_offset() - points.least_offset();
    const double share = 16384.0 / static_cast<double>(work * points.before());
    const auto least = static_cast<int64_t>(std::min(share, 1.0) * static_cast<double>(extent));
    parallel_for(extent, std::max<int64_t>(least, 1), [&](int64_t begin, int64_t end, int) {
      Part some = whole;
      some.low = points.least_offset() + begin;
      some.high = points.least_offset() + end;
      run(some, 0, points.before());
    });
  }
}

}  // namespace

bool accepts(const ScatterPoints& p, const Launch& launch) {
  return has_points(launch, p.axes) && scatter_of(p.op, launch.outputs[0].dtype) != nullptr;
}

std::unique_ptr<Kernel> make(const ScatterPoints& p, const Launch& launch) {
  const Operand& y = launch.outputs[0];
  const bool empty = launch.inputs.back().size() == 0;
  size_t scratch_bytes = 0;
  const Points points(launch, p.axes, p.place, y.strides, &scratch_bytes);
  const PointUpdates updates(launch, static_cast<size_t>(p.place), launch.inputs[1].shape.size(),
                             &scratch_bytes);
  return kernel_of(
      [=, copy = CopiedInput(launch), scatter = scatter_of(p.op, y.dtype)](void* const* slots) {
        if (y.size() == 0) return;
        if (empty) return copy.run(slots);
        const Scratch scratch(scratch_bytes);
        std::optional<Scratch> apart;
        const int64_t* offsets = points.offsets(slots, scratch);
        const PointUpdates::Rows rows = updates.get(slots, scratch, apart);
        copy.run(slots);
        const Part part{.to = address(slots, y),
                        .from = rows.data,
                        .offsets = offsets,
                        .low = points.least_offset(),
                        .high = points.end_offset(),
                        .first = 0,
                        .last = points.inner(),
                        .point_stride = rows.point,
                        .inner_stride = rows.inner};
        scatter_all(scatter, points, part, static_cast<int64_t>(size_of(y.dtype)), rows.before);
      });
}

LAZULITE_CPU_KERNEL(ScatterPoints);

}  // namespace lazulite::cpu
