#include "launch_case.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "lazulite/core/threads.h"
#include "lazulite/program/backends.h"

namespace lazulite::test {
namespace {

void store(Number value, Dtype dtype, std::byte* to) {
  visit_dtype(dtype, [&]<class T>(TypeTag<T>) {
    T element;
    if constexpr (std::is_same_v<T, complex64>) {
      element = complex64(value);
    } else if constexpr (std::is_arithmetic_v<T>) {
      element = static_cast<T>(value.real());
    } else {
      element = T(static_cast<float>(value.real()));
    }
    std::memcpy(to, &element, sizeof(T));
  });
}

Strides strides_of(const Shape& shape, Layout layout) {
  if (layout == Layout::column_major) {
    const Strides turned = row_major_strides(
        Shape(std::reverse_iterator(shape.end()), std::reverse_iterator(shape.begin())));
    return Strides(std::reverse_iterator(turned.end()), std::reverse_iterator(turned.begin()));
  }
  Strides strides = row_major_strides(shape);
  for (size_t i = 0; i < strides.size(); ++i) {
    if (layout == Layout::spread) strides[i] *= 2;
    if (layout == Layout::backwards && i % 2 == 1) strides[i] = -strides[i];
    if (layout == Layout::flipped && i % 2 == 0) strides[i] = -strides[i];
    if (layout == Layout::sliding && i == 0) strides[i] = 1;
    if (layout == Layout::repeated && i == 0) strides[i] = 0;
  }
  return strides;
}

// Where the first element lies, so that all of them lie behind the beginning.
int64_t offset_of(const Shape& shape, const Strides& strides) {
  int64_t offset = 3;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (strides[i] < 0) offset -= strides[i] * (shape[i] - 1);
  }
  return offset;
}

int64_t extent_of(const Shape& shape, const Strides& strides) {
  int64_t extent = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (strides[i] > 0) extent += strides[i] * std::max<int64_t>(shape[i] - 1, 0);
  }
  return extent;
}

// Kernels spread over threads only on the executor; these tests stand in for it.
void spread_over_threads() {
  static const bool once = [] {
    become_executor_thread();
    set_num_threads(3);
    return true;
  }();
  static_cast<void>(once);
}

bool equal_or_close(Number a, Number b, double tolerance) {
  const auto close = [&](double x, double y) {
    if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
    return x == y || std::abs(x - y) <= tolerance;
  };
  return close(a.real(), b.real()) && close(a.imag(), b.imag());
}

}  // namespace

Numbers numbers_of(const std::vector<std::byte>& bytes, Dtype dtype) {
  return visit_dtype(dtype, [&]<class T>(TypeTag<T>) {
    Numbers numbers(bytes.size() / sizeof(T));
    for (size_t i = 0; i < numbers.size(); ++i) {
      T element;
      std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
      if constexpr (std::is_same_v<T, complex64>) {
        numbers[i] = element;
      } else if constexpr (std::is_arithmetic_v<T>) {
        numbers[i] = static_cast<double>(element);
      } else {
        numbers[i] = static_cast<double>(static_cast<float>(element));
      }
    }
    return numbers;
  });
}

LaunchCase& LaunchCase::input(const Shape& shape, Dtype dtype, const Numbers& values,
                              Layout layout) {
  const Strides strides = strides_of(shape, layout);
  const int64_t offset = offset_of(shape, strides);
  const auto bytes = static_cast<int64_t>(size_of(dtype));
  std::vector<std::byte> memory((offset + extent_of(shape, strides)) * bytes, std::byte(0x5a));
  size_t i = 0;
  const int64_t distinct =
      layout == Layout::repeated && !shape.empty() ? element_count(shape) / shape[0] : 0;
  for_each_offset(shape, strides, [&](int64_t at) {
    const size_t index = distinct ? i % distinct : i;
    store(values[index], dtype, memory.data() + (offset + at) * bytes);
    ++i;
  });
  launch_.inputs.push_back({static_cast<uint32_t>(memory_.size()), offset, shape, strides, dtype});
  memory_.push_back(std::move(memory));
  return *this;
}

LaunchCase& LaunchCase::random(const Shape& shape, Dtype dtype, Layout layout, double low,
                               double high) {
  Numbers values(element_count(shape));
  for (Number& value : values) {
    if (is_inexact(dtype)) {
      std::uniform_real_distribution<double> uniform(low, high);
      value = dtype == Dtype::complex64 ? Number(uniform(generator_), uniform(generator_))
                                        : Number(uniform(generator_));
    } else {
      std::uniform_int_distribution<int> uniform(static_cast<int>(low), static_cast<int>(high));
      const int drawn = uniform(generator_);
      value = kind_of(dtype) == DtypeKind::signed_integer ? drawn : std::abs(drawn);
    }
  }
  return input(shape, dtype, values, layout);
}

LaunchCase& LaunchCase::output(const Shape& shape, Dtype dtype, bool used) {
  // Slots are numbered when the launch runs: those of the inputs come first.
  Operand operand{.shape = shape, .strides = row_major_strides(shape), .dtype = dtype};
  operand.used = used;
  launch_.outputs.push_back(operand);
  return *this;
}

LaunchCase& LaunchCase::random_in_lanes(const Shape& shape, Dtype dtype, double low, double high) {
  const size_t bytes = layout_bytes(shape, dtype, lazulite::Layout::image_lanes);
  random({static_cast<int64_t>(bytes / size_of(dtype))}, dtype, Layout::row_major, low, high);
  Operand& operand = launch_.inputs.back();
  operand.shape = shape;
  operand.strides = row_major_strides(shape);
  operand.layout = lazulite::Layout::image_lanes;
  return *this;
}

LaunchCase& LaunchCase::output_in_lanes(const Shape& shape, Dtype dtype, bool used) {
  output(shape, dtype, used);
  launch_.outputs.back().layout = lazulite::Layout::image_lanes;
  return *this;
}

LaunchCase& LaunchCase::view_of(int input, int64_t offset, const Shape& shape,
                                const Strides& strides) {
  Operand view = launch_.inputs[static_cast<size_t>(input)];
  view.offset += offset;
  view.shape = shape;
  view.strides = strides;
  launch_.inputs.push_back(view);
  return *this;
}

LaunchCase& LaunchCase::in_place(int input) {
  launch_.outputs[0].shares_input = input;
  Operand& shared = launch_.inputs[static_cast<size_t>(input)];
  // As a plan shares it: from the beginning of its memory.
  auto& memory = memory_[shared.slot];
  memory.erase(memory.begin(),
               memory.begin() + shared.offset * static_cast<int64_t>(size_of(shared.dtype)));
  shared.offset = 0;
  return *this;
}

std::vector<std::vector<std::byte>> LaunchCase::bytes(const std::string& backend) {
  spread_over_threads();
  std::vector<std::vector<std::byte>> inputs = memory_, results;
  std::vector<void*> slots;
  for (auto& memory : inputs) slots.push_back(memory.data());
  for (Operand& output : launch_.outputs) {
    output.slot = static_cast<uint32_t>(slots.size() + results.size());
    results.emplace_back(output.used ? output.bytes() : 0, std::byte(0xa5));
  }
  for (auto& result : results) slots.push_back(result.data());
  const int shared = launch_.outputs[0].shares_input;
  if (shared >= 0) slots[memory_.size()] = inputs[static_cast<size_t>(shared)].data();
  backend_of(Device(backend))
      .prepare(std::span(&launch_, 1))
      ->run({slots, std::vector<uint64_t>(slots.size(), 0)});
  if (shared >= 0) results[0] = std::move(inputs[static_cast<size_t>(shared)]);
  return results;
}

std::vector<Numbers> LaunchCase::run(const std::string& backend) {
  std::vector<Numbers> results;
  for (const auto& result : bytes(backend)) {
    results.push_back(numbers_of(result, launch_.outputs[results.size()].dtype));
  }
  return results;
}

bool LaunchCase::accepted(const std::string& backend) const {
  return backend_of(Device(backend)).can_run(launch_);
}

void LaunchCase::expect_agreement(double tolerance) {
  ASSERT_TRUE(accepted("cpu"));
  const auto first = bytes("cpu");
  EXPECT_EQ(first, bytes("cpu"));
  const std::vector<Numbers> expected = run("reference");
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!launch_.outputs[i].used) continue;
    const Numbers got = numbers_of(first[i], launch_.outputs[i].dtype);
    double largest = 0;
    for (const Number& number : expected[i]) {
      if (std::isfinite(std::abs(number))) largest = std::max(largest, std::abs(number));
    }
    int shown = 0;
    for (size_t j = 0; j < got.size() && shown < 3; ++j) {
      if (equal_or_close(got[j], expected[i][j], tolerance * largest)) continue;
      ADD_FAILURE() << launch_.name() << ", output " << i << " of "
                    << to_string(launch_.outputs[i].shape) << " "
                    << name_of(launch_.outputs[i].dtype) << ": element " << j << " is " << got[j]
                    << ", expected " << expected[i][j];
      ++shown;
    }
  }
}

double product_tolerance(Dtype dtype) {
  switch (dtype) {
    case Dtype::float16: return 1e-3;
    case Dtype::bfloat16: return 8e-3;
    case Dtype::float64: return 1e-14;
    default: return 2e-6;
  }
}

}  // namespace lazulite::test
