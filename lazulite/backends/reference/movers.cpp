#include <algorithm>
#include <cstring>

#include "lazulite/backends/reference/kernels.h"
#include "lazulite/backends/reference/rows.h"

namespace lazulite::reference {

std::vector<std::byte*> Run::elements(const Operand& operand) const {
  std::vector<std::byte*> out;
  out.reserve(operand.size());
  auto* base = static_cast<std::byte*>(slots[operand.slot]);
  auto size = static_cast<int64_t>(size_of(operand.dtype));
  for_each_offset(operand.shape, operand.strides,
                  [&](int64_t offset) { out.push_back(base + (operand.offset + offset) * size); });
  return out;
}

std::vector<double> Run::numbers(const Operand& operand) const {
  std::vector<double> out(operand.size());
  std::vector<std::byte*> from = elements(operand);
  for (size_t i = 0; i < out.size(); ++i) {
    convert(from[i], operand.dtype, &out[i], Dtype::float64);
  }
  return out;
}

void Run::store(const std::vector<double>& numbers, const Operand& operand) const {
  std::vector<std::byte*> to = elements(operand);
  for (size_t i = 0; i < to.size(); ++i) {
    convert(&numbers[i], Dtype::float64, to[i], operand.dtype);
  }
}

namespace {

void copy(const std::vector<std::byte*>& from, const std::vector<std::byte*>& to, Dtype dtype) {
  for (size_t i = 0; i < to.size(); ++i) std::memcpy(to[i], from[i], size_of(dtype));
}

void add_to(std::byte* target, const std::byte* value, Dtype dtype) {
  Element a, b, sum;
  std::memcpy(&a, target, size_of(dtype));
  std::memcpy(&b, value, size_of(dtype));
  const Element* inputs[] = {&a, &b};
  row_function(Row::add, dtype)(inputs, &sum);
  std::memcpy(target, &sum, size_of(dtype));
}

// Positions in an axis of `size` elements: negative ones count from the end, all are clamped.
std::vector<int64_t> indices(const Run& run, const Operand& operand, int64_t size) {
  std::vector<int64_t> out(operand.size());
  std::vector<std::byte*> from = run.elements(operand);
  for (size_t i = 0; i < out.size(); ++i) {
    convert(from[i], operand.dtype, &out[i], Dtype::int64);
    if (out[i] < 0) out[i] += size;
    out[i] = std::clamp<int64_t>(out[i], 0, size - 1);
  }
  return out;
}

// An axis and how many elements lie before and after it.
struct Around {
  int64_t before, size, after;
  Around(const Shape& shape, int axis)
      : before(element_count(std::span(shape.data(), axis))),
        size(shape[axis]),
        after(element_count(std::span(shape.data() + axis + 1, shape.size() - axis - 1))) {}
};

// Calls f(element of x, element of the indices' or updates' array) for gathers along `axis`.
template <class F>
void for_each_along(const Run& run, int axis, F&& f) {
  const Operand& positions = run.input(1);
  Around x(run.input(0).shape, axis);
  int64_t count = positions.shape[axis];
  std::vector<int64_t> at = indices(run, positions, x.size);
  for (int64_t i = 0; i < static_cast<int64_t>(at.size()); ++i) {
    int64_t before = i / (count * x.after), after = i % x.after;
    f((before * x.size + at[i]) * x.after + after, i);
  }
}

// The same for whole sub-arrays along `axis`.
template <class F>
void for_each_gathered(const Run& run, int axis, F&& f) {
  Around x(run.input(0).shape, axis);
  std::vector<int64_t> at = indices(run, run.input(1), x.size);
  int64_t result = 0;
  for (int64_t before = 0; before < x.before; ++before) {
    for (int64_t position : at) {
      for (int64_t after = 0; after < x.after; ++after) {
        f((before * x.size + position) * x.after + after, result++);
      }
    }
  }
}

}  // namespace

void run(const Arange& p, const Run& run) {
  const Operand& output = run.output();
  bool whole = p.start.kind() < DtypeKind::floating && p.step.kind() < DtypeKind::floating;
  int64_t i = 0;
  for (std::byte* element : run.elements(output)) {
    if (whole) {
      int64_t value = p.start.as<int64_t>() + i * p.step.as<int64_t>();
      convert(&value, Dtype::int64, element, output.dtype);
    } else {
      double value = p.start.as<double>() + static_cast<double>(i) * p.step.as<double>();
      convert(&value, Dtype::float64, element, output.dtype);
    }
    ++i;
  }
}

void run(const Copy&, const Run& run) {
  copy(run.elements(run.input(0)), run.elements(run.output()), run.output().dtype);
}

void run(const SliceUpdate& p, const Run& run) {
  copy(run.elements(run.input(0)), run.elements(run.output()), run.output().dtype);
  Operand part = run.output();
  for (size_t axis = 0; axis < part.shape.size(); ++axis) {
    part.offset += p.starts[axis] * part.strides[axis];
    part.strides[axis] *= p.steps[axis];
  }
  part.shape = run.input(1).shape;
  copy(run.elements(run.input(1)), run.elements(part), part.dtype);
}

void run(const Concatenate& p, const Run& run) {
  Operand part = run.output();
  for (const Operand& input : run.launch.inputs) {
    part.shape[p.axis] = input.shape[p.axis];
    copy(run.elements(input), run.elements(part), part.dtype);
    part.offset += input.shape[p.axis] * part.strides[p.axis];
  }
}

void run(const Gather& p, const Run& run) {
  auto x = run.elements(run.input(0)), out = run.elements(run.output());
  for_each_gathered(run, p.axis, [&](int64_t from, int64_t to) {
    std::memcpy(out[to], x[from], size_of(run.output().dtype));
  });
}

void run(const ScatterAdd& p, const Run& run) {
  auto out = run.elements(run.output()), updates = run.elements(run.input(2));
  copy(run.elements(run.input(0)), out, run.output().dtype);
  for_each_gathered(run, p.axis, [&](int64_t to, int64_t from) {
    add_to(out[to], updates[from], run.output().dtype);
  });
}

void run(const GatherAlong& p, const Run& run) {
  auto x = run.elements(run.input(0)), out = run.elements(run.output());
  for_each_along(run, p.axis, [&](int64_t from, int64_t to) {
    std::memcpy(out[to], x[from], size_of(run.output().dtype));
  });
}

void run(const ScatterAlong& p, const Run& run) {
  auto out = run.elements(run.output()), updates = run.elements(run.input(2));
  Dtype dtype = run.output().dtype;
  copy(run.elements(run.input(0)), out, dtype);
  for_each_along(run, p.axis, [&](int64_t to, int64_t from) {
    if (p.add) {
      add_to(out[to], updates[from], dtype);
    } else {
      std::memcpy(out[to], updates[from], size_of(dtype));
    }
  });
}

}  // namespace lazulite::reference
