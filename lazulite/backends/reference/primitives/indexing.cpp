#include "lazulite/ops/primitives/indexing.h"

#include <algorithm>
#include <cstring>

#include "lazulite/backends/reference/primitives/elements.h"
#include "lazulite/backends/reference/primitives/primitives.h"

namespace lazulite::reference {
namespace {

// Calls f(element of x, element of the gathered or of the updates) for all of the latter. Inputs
// are x and the positions along `axis`: one for each element (`along`), or for each sub-array.
template <class F>
void for_each_gathered(const Run& run, int axis, bool along, F&& f) {
  const Shape& shape = run.input(0).shape;
  const Operand& positions = run.input(1);
  int64_t size = shape[axis], before = element_count(std::span(shape.begin(), axis));
  int64_t after = element_count(std::span(shape.begin() + axis + 1, shape.end()));
  int64_t count = along ? positions.shape[axis] : positions.size();
  Elements at = run.elements(positions);
  for (int64_t i = 0; i < before * count * after; ++i) {
    int64_t position = 0;
    convert(at[along ? i : i / after % count], positions.dtype, &position, Dtype::int64);
    if (position < 0) position += size;
    position = std::clamp<int64_t>(position, 0, size - 1);
    f((i / (count * after) * size + position) * after + i % after, i);
  }
}

void gather(const Run& run, int axis, bool along) {
  Elements x = run.elements(run.input(0)), out = run.elements(run.output());
  for_each_gathered(run, axis, along, [&](int64_t from, int64_t to) {
    std::memcpy(out[to], x[from], size_of(run.output().dtype));
  });
}

void scatter(const Run& run, int axis, bool along, bool add) {
  Dtype dtype = run.output().dtype;
  Kept updates(run.elements(run.input(2)), dtype);
  copy_first_input(run);
  Elements out = run.elements(run.output());
  for_each_gathered(run, axis, along, [&](int64_t to, int64_t from) {
    const void* operands[] = {out[to], updates[from]};
    row_function(add ? Row::add : Row::positive, dtype)(add ? operands : operands + 1, out[to]);
  });
}

// The same for positions on several axes: inputs 1 and on, one for each of `axes`.
template <class F>
void for_each_point(const Run& run, const Axes& axes, int place, F&& f) {
  const Shape &shape = run.input(0).shape, &points = run.input(1).shape;
  const Axes others = other_axes(shape.size(), axes);
  std::vector<Elements> at;
  for (size_t i = 0; i < axes.size(); ++i) at.push_back(run.elements(run.input(i + 1)));
  const Shape gathered = shape_of_points(shape, axes, place, points);
  const auto first = static_cast<size_t>(place), last = first + points.size();
  for (int64_t i = 0; i < element_count(gathered); ++i) {
    Shape index = gathered;
    for (int64_t axis = static_cast<int64_t>(gathered.size()) - 1, rest = i; axis >= 0; --axis) {
      index[axis] = rest % gathered[axis];
      rest /= gathered[axis];
    }
    int64_t point = 0;
    for (size_t axis = first; axis < last; ++axis) point = point * gathered[axis] + index[axis];
    Shape element(shape.size(), 0);
    for (size_t axis = 0; axis < axes.size(); ++axis) {
      const int64_t size = shape[axes[axis]];
      int64_t position = 0;
      convert(at[axis][point], run.input(axis + 1).dtype, &position, Dtype::int64);
      if (position < 0) position += size;
      element[axes[axis]] = std::clamp<int64_t>(position, 0, size - 1);
    }
    for (size_t j = 0; j < others.size(); ++j) {
      element[others[j]] = index[j < first ? j : j + points.size()];
    }
    int64_t number = 0;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      number = number * shape[axis] + element[axis];
    }
    f(number, i);
  }
}

void run(const GatherPoints& p, const Run& run) {
  Elements x = run.elements(run.input(0)), out = run.elements(run.output());
  for_each_point(run, p.axes, p.place, [&](int64_t from, int64_t to) {
    std::memcpy(out[to], x[from], size_of(run.output().dtype));
  });
}

// Of integers, rounded towards zero, and wrapped around; 0 where the divisor is 0.
RowFunction truncated_division(Dtype dtype) {
  return visit_dtype(dtype, [](auto tag) -> RowFunction {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      return [](const void* const* operands, void* out) {
        const __int128 x = *static_cast<const T*>(operands[0]);
        const __int128 y = *static_cast<const T*>(operands[1]);
        *static_cast<T*>(out) = static_cast<T>(y == 0 ? 0 : x / y);
      };
    } else {
      return nullptr;
    }
  });
}

void run(const ScatterPoints& p, const Run& run) {
  static constexpr Row rows[] = {Row::positive, Row::add,     Row::multiply,
                                 Row::divide,   Row::maximum, Row::minimum};
  const Dtype dtype = run.output().dtype;
  const RowFunction apply = p.op == ScatterOp::divide && is_integer(dtype)
                                ? truncated_division(dtype)
                                : row_function(rows[static_cast<size_t>(p.op)], dtype);
  Kept updates(run.elements(run.launch.inputs.back()), dtype);
  copy_first_input(run);
  Elements out = run.elements(run.output());
  for_each_point(run, p.axes, p.place, [&](int64_t to, int64_t from) {
    const void* operands[] = {out[to], updates[from]};
    apply(p.op == ScatterOp::assign ? operands + 1 : operands, out[to]);
  });
}

void run(const CheckIndex& p, const Run& run) {
  Elements from = run.elements(run.input(0)), to = run.elements(run.output());
  visit_dtype(run.input(0).dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T>) {
      for (size_t i = 0; i < from.size(); ++i) {
        T index = *reinterpret_cast<const T*>(from[i]);
        int64_t position = 0;
        if (!p.position(index, &position)) p.reject(std::to_string(index));
        convert(&position, Dtype::int64, to[i], run.output().dtype);
      }
    }
  });
}

void run(const Gather& p, const Run& run) { gather(run, p.axis, false); }
void run(const GatherAlong& p, const Run& run) { gather(run, p.axis, true); }
void run(const ScatterAdd& p, const Run& run) { scatter(run, p.axis, false, true); }
void run(const ScatterAlong& p, const Run& run) { scatter(run, p.axis, true, p.add); }

}  // namespace

LAZULITE_REFERENCE_KERNEL(CheckIndex);
LAZULITE_REFERENCE_KERNEL(Gather);
LAZULITE_REFERENCE_KERNEL(GatherAlong);
LAZULITE_REFERENCE_KERNEL(ScatterAdd);
LAZULITE_REFERENCE_KERNEL(ScatterAlong);
LAZULITE_REFERENCE_KERNEL(GatherPoints);
LAZULITE_REFERENCE_KERNEL(ScatterPoints);

}  // namespace lazulite::reference
