#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "fused_case.h"
#include "lazulite/core/errors.h"

namespace lazulite::test {
namespace {

constexpr Dtype dtypes[] = {
#define LAZULITE_DTYPE(type, name) Dtype::name,
    LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
};

std::complex<double> element(const Bytes& bytes, size_t index, Dtype dtype) {
  return visit_dtype(dtype, [&]<class T>(TypeTag<T>) -> std::complex<double> {
    T value;
    std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
    if constexpr (std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>) {
      return static_cast<double>(static_cast<float>(value));
    } else if constexpr (std::is_same_v<T, complex64>) {
      return std::complex<double>(value);
    } else {
      return static_cast<double>(value);
    }
  });
}

// A random operation on registers that exist; false where there is none for the dtypes drawn.
bool add_random_op(FusedKernel& kernel, std::mt19937& random) {
  const auto any_register = [&] {
    return static_cast<uint16_t>(random() % kernel.register_count());
  };
  FusedOp op;
  if (random() % 4 == 0) {
    op.is_cast = true;
    op.inputs.push_back(any_register());
    op.dtype = dtypes[random() % std::size(dtypes)];
    // What an integer cannot hold is open.
    const Dtype from = kernel.register_dtype(op.inputs[0]);
    if (is_inexact(from) && is_integer(op.dtype)) return false;
    kernel.ops.push_back(op);
    return true;
  }
  op.row = Row(random() % row_count);
  const size_t arity = static_cast<size_t>(info(op.row).arity);
  const Dtype dtype = kernel.register_dtype(any_register());
  for (size_t j = 0; j < arity; ++j) {
    const bool condition = arity == 3 && j == 0;
    const Dtype wanted = condition ? Dtype::bool_ : dtype;
    std::vector<uint16_t> fitting;
    for (size_t r = 0; r < kernel.register_count(); ++r) {
      if (kernel.register_dtype(r) == wanted) fitting.push_back(static_cast<uint16_t>(r));
    }
    if (fitting.empty()) return false;
    op.inputs.push_back(fitting[random() % fitting.size()]);
  }
  try {
    const RowTypes types = row_types(op.row, std::vector<Dtype>{dtype, dtype});
    if (types.compute != dtype) return false;
    op.dtype = types.output;
  } catch (const Error&) {
    return false;
  }
  kernel.ops.push_back(op);
  return true;
}

FusedCase random_case(std::mt19937& random) {
  constexpr int64_t sizes[] = {1, 2, 3, 7, 16, 20, 100, 130, 257, 1100};
  FusedCase c;
  const size_t rank = random() % 4;
  for (size_t axis = 0; axis < rank; ++axis) {
    int64_t size = sizes[random() % std::size(sizes)];
    if (element_count(c.kernel.shape) * size > 300000) size = 1;
    c.kernel.shape.push_back(size);
  }
  const size_t inputs = 1 + random() % 4;
  for (size_t k = 0; k < inputs; ++k) {
    const Dtype dtype = random() % 2 ? Dtype::float32 : dtypes[random() % std::size(dtypes)];
    c.inputs.push_back(
        random_array(c.kernel.shape, dtype, static_cast<Lay>(random() % lays), random));
    c.kernel.input_dtypes.push_back(dtype);
  }
  const size_t ops = random() % 10;
  for (size_t tries = 0; c.kernel.ops.size() < ops && tries < 100; ++tries) {
    add_random_op(c.kernel, random);
  }
  const size_t stores = random() % 3;
  const auto any_register = [&] {
    return static_cast<uint16_t>(random() % c.kernel.register_count());
  };
  for (size_t o = 0; o < stores; ++o) c.kernel.stores.push_back(any_register());
  if (stores == 0 || random() % 2) {
    for (size_t axis = 0; axis < rank; ++axis) {
      if (random() % 2) c.kernel.reduce_axes.push_back(static_cast<int>(axis));
    }
    for (size_t r = 0; r < 1 + random() % 2; ++r) {
      const uint16_t input = any_register();
      constexpr ReduceOp numbers[] = {ReduceOp::sum, ReduceOp::prod, ReduceOp::min, ReduceOp::max};
      const bool is_bool = c.kernel.register_dtype(input) == Dtype::bool_;
      c.kernel.reductions.push_back(
          {is_bool ? (random() % 2 ? ReduceOp::all : ReduceOp::any) : numbers[random() % 4],
           input});
    }
  }
  return c;
}

TEST(Fused, EqualsItsOperationsApart) {
  std::mt19937 random(7);
  for (int i = 0; i < 1500; ++i) {
    const FusedCase c = random_case(random);
    const std::vector<Bytes> fused = c.run("cpu"), apart = c.run_apart("cpu");
    ASSERT_EQ(fused.size(), apart.size());
    const Launch launch = c.launch();
    for (size_t o = 0; o < fused.size(); ++o) {
      ASSERT_EQ(fused[o] == apart[o], true)
          << "case " << i << ", output " << o << " of shape " << to_string(c.kernel.shape) << ", "
          << name_of(launch.outputs[o].dtype);
    }
    EXPECT_EQ(c.run("cpu"), fused) << "case " << i << " is not the same twice";
  }
}

// Elementwise results differ from the reference's by what the rows promise; one operation at a
// time.
TEST(Fused, AgreesWithTheReference) {
  std::mt19937 random(11);
  for (int r = 0; r < row_count; ++r) {
    const Row row = Row(r);
    const RowInfo& i = info(row);
    for (Dtype dtype : dtypes) {
      FusedCase c;
      c.kernel.shape = {3, 45};
      FusedOp op;
      op.row = row;
      try {
        const RowTypes types = row_types(row, std::vector<Dtype>{dtype, dtype});
        if (types.compute != dtype) continue;
        op.dtype = types.output;
      } catch (const Error&) {
        continue;
      }
      for (int j = 0; j < i.arity; ++j) {
        const Dtype input = i.arity == 3 && j == 0 ? Dtype::bool_ : dtype;
        c.inputs.push_back(random_array({3, 45}, input, Lay::row_major, random));
        c.kernel.input_dtypes.push_back(input);
        op.inputs.push_back(static_cast<uint16_t>(j));
      }
      c.kernel.ops.push_back(op);
      c.kernel.stores.push_back(static_cast<uint16_t>(i.arity));
      const Bytes found = c.run("cpu")[0], wanted = c.run("reference")[0];
      const double epsilon = op.dtype == Dtype::float64    ? 0x1p-52
                             : op.dtype == Dtype::float16  ? 0x1p-10
                             : op.dtype == Dtype::bfloat16 ? 0x1p-7
                                                           : 0x1p-23;
      const double ulp = dtype == Dtype::complex64 ? 16 : i.accuracy.ulp;
      for (size_t e = 0; e < 135; ++e) {
        const auto a = element(found, e, op.dtype), b = element(wanted, e, op.dtype);
        if (std::isnan(b.real()) && std::isnan(a.real())) continue;
        if (a == b) continue;
        const double scale = std::max(std::abs(b), i.accuracy.magnitude);
        EXPECT_LE(std::abs(a - b), ulp * epsilon * scale)
            << i.name << " of " << name_of(dtype) << ": " << a << ", the reference has " << b;
      }
    }
  }
}

TEST(Fused, ReadsAnInputBeforeItsMemoryIsWritten) {
  // Three outputs of one input; the first takes its memory.
  std::mt19937 random(3);
  FusedCase c;
  c.kernel.shape = {5000};
  c.inputs.push_back(random_array({5000}, Dtype::float32, Lay::row_major, random));
  c.kernel.input_dtypes = {Dtype::float32};
  for (Row row : {Row::negative, Row::exp, Row::square}) {
    FusedOp op;
    op.row = row;
    op.dtype = Dtype::float32;
    op.inputs = {0};
    c.kernel.ops.push_back(op);
  }
  c.kernel.stores = {1, 2, 3};
  const std::vector<Bytes> apart = c.run("cpu");
  c.shares_input = 0;
  EXPECT_EQ(c.run("cpu"), apart);
}

FusedCase sum_of(const std::vector<float>& values, Shape shape, Axes axes) {
  FusedCase c;
  c.kernel.shape = shape;
  c.kernel.input_dtypes = {Dtype::float32};
  c.kernel.reduce_axes = axes;
  c.kernel.reductions = {{ReduceOp::sum, 0}};
  TestArray input;
  input.shape = shape;
  input.strides = row_major_strides(shape);
  const auto* bytes = reinterpret_cast<const std::byte*>(values.data());
  input.memory.assign(bytes, bytes + values.size() * sizeof(float));
  c.inputs.push_back(input);
  return c;
}

TEST(Sums, LoseNothingOfSixteenMillionOnes) {
  const std::vector<float> ones(16777216, 1.0f);
  EXPECT_EQ(element(sum_of(ones, {16777216}, {0}).run("cpu")[0], 0, Dtype::float32), 16777216.0);
  const Bytes columns = sum_of(ones, {8388608, 2}, {0}).run("cpu")[0];
  EXPECT_EQ(element(columns, 1, Dtype::float32), 8388608.0);
}

TEST(Sums, ErrorsGrowSlowly) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> uniform(0, 1);
  std::vector<float> values(4000000);
  for (float& value : values) value = uniform(random);
  const auto check = [&](const Shape& shape, const Axes& axes, int64_t stride, int64_t count) {
    double wanted = 0;
    for (int64_t i = 0; i < count; ++i) wanted += static_cast<double>(values[i * stride]);
    const double found =
        element(sum_of(values, shape, axes).run("cpu")[0], 0, Dtype::float32).real();
    EXPECT_LE(std::abs(found - wanted), 8 * 0x1p-24 * wanted) << to_string(shape);
  };
  check({4000000}, {0}, 1, 4000000);
  check({400000, 10}, {0}, 10, 400000);
  check({4000, 1000}, {0}, 1000, 4000);
  check({10, 400000}, {1}, 1, 400000);
}

TEST(Reductions, OfNothingGiveTheIdentity) {
  FusedCase c = sum_of({}, {0, 3}, {0});
  c.kernel.reductions = {{ReduceOp::sum, 0}, {ReduceOp::prod, 0}};
  const std::vector<Bytes> found = c.run("cpu");
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(element(found[0], i, Dtype::float32), 0.0);
    EXPECT_EQ(element(found[1], i, Dtype::float32), 1.0);
  }
}

}  // namespace
}  // namespace lazulite::test
