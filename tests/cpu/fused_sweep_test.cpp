// Reductions fused with what they reduce, over the sizes at which the sweep changes its ways.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "fused_case.h"

namespace lazulite::test {
namespace {

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

double epsilon_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::float64: return 0x1p-52;
    case Dtype::float16: return 0x1p-10;
    case Dtype::bfloat16: return 0x1p-7;
    default: return 0x1p-23;
  }
}

// What a sweep's shape is made of.
struct Sweep {
  int64_t outer, reduced, inner;
  size_t inputs;
  Dtype dtype;
};

std::string to_string(const Sweep& s) {
  return lazulite::to_string(Shape{s.outer, s.reduced, s.inner}) + " of " +
         std::to_string(s.inputs) + " inputs of " + name_of(s.dtype);
}

void add_op(FusedKernel& kernel, Row row, std::initializer_list<size_t> inputs) {
  FusedOp op;
  op.row = row;
  for (size_t input : inputs) op.inputs.push_back(static_cast<uint16_t>(input));
  op.dtype = kernel.register_dtype(op.inputs[0]);
  kernel.ops.push_back(op);
}

// The maximum of all inputs one after the other, which stays as small as they are; stores of the
// first result and the last, and every reduction that the dtype has, of different registers. Some
// inputs are broadcast along the reduced axis, the others or both.
FusedCase case_of(const Sweep& s, std::mt19937& random) {
  FusedCase c;
  c.kernel.shape = {s.outer, s.reduced, s.inner};
  c.kernel.reduce_axes = {1};
  const Shape shapes[] = {c.kernel.shape, {s.inner}, {s.outer, 1, 1}, {1, s.reduced, 1}};
  for (size_t k = 0; k < s.inputs; ++k) {
    const Shape& shape = shapes[k % 3 == 2 ? k / 3 % 4 : 0];
    c.inputs.push_back(random_array(shape, s.dtype, Lay::row_major, random));
    c.kernel.input_dtypes.push_back(s.dtype);
  }
  const bool is_bool = s.dtype == Dtype::bool_;
  const auto last = [&] { return c.kernel.register_count() - 1; };
  add_op(c.kernel, is_bool ? Row::logical_and : Row::maximum, {0, s.inputs - 1});
  for (size_t k = 1; k < s.inputs; ++k) {
    const Row row = is_bool ? Row::logical_or : k % 2 ? Row::minimum : Row::maximum;
    add_op(c.kernel, row, {last(), k});
  }
  const auto first = static_cast<uint16_t>(s.inputs), end = static_cast<uint16_t>(last());
  c.kernel.stores = {end, first};
  if (is_bool) {
    c.kernel.reductions = {{ReduceOp::all, first}, {ReduceOp::any, end}};
  } else {
    c.kernel.reductions = {{ReduceOp::sum, end},
                           {ReduceOp::max, first},
                           {ReduceOp::min, end},
                           {ReduceOp::sum, 0},
                           {ReduceOp::prod, first}};
  }
  return c;
}

// What a sum, or a product, of the register may be off by, from the same kernel on absolute values.
double bound(const Launch& launch, size_t output, std::complex<double> wanted, double magnitude,
             int64_t reduced, bool is_product) {
  const Dtype dtype = launch.outputs[output].dtype;
  const double wide = dtype == Dtype::float64 ? 0x1p-52 : 0x1p-23;
  const double rounding = epsilon_of(dtype) * std::abs(wanted);
  if (is_product) return rounding + 4 * static_cast<double>(reduced) * wide * std::abs(wanted);
  return rounding + (8 + std::log2(static_cast<double>(reduced))) * wide * magnitude;
}

void check_against_the_reference(const FusedCase& c, const std::vector<Bytes>& found,
                                 const std::string& what) {
  const std::vector<Bytes> wanted = c.run("reference");
  const Launch launch = c.launch();
  const size_t stores = c.kernel.stores.size();
  for (size_t o = 0; o < found.size(); ++o) {
    const Dtype dtype = launch.outputs[o].dtype;
    const bool folds_exactly = o < stores || !is_inexact(dtype) ||
                               (c.kernel.reductions[o - stores].op != ReduceOp::sum &&
                                c.kernel.reductions[o - stores].op != ReduceOp::prod);
    if (folds_exactly) {
      ASSERT_EQ(found[o] == wanted[o], true) << "output " << o << " of " << what;
      continue;
    }
    const bool is_product = c.kernel.reductions[o - stores].op == ReduceOp::prod;
    // No element is larger than 6 in magnitude.
    const int64_t reduced = c.kernel.shape[1];
    const double magnitude = 6 * static_cast<double>(reduced);
    for (size_t i = 0; i < static_cast<size_t>(launch.outputs[o].size()); ++i) {
      const auto a = element(found[o], i, dtype), b = element(wanted[o], i, dtype);
      if (a == b || (is_product && std::abs(b) < 1e-4)) continue;  // it may underflow
      if (std::isinf(a.real()) && is_product && std::abs(b) > 3e4) continue;
      ASSERT_LE(std::abs(a - b), bound(launch, o, b, magnitude, reduced, is_product))
          << "element " << i << " of output " << o << " of " << what;
    }
  }
}

void check(const Sweep& s, std::mt19937& random, bool against_reference) {
  const FusedCase c = case_of(s, random);
  const std::vector<Bytes> found = c.run("cpu"), apart = c.run_apart("cpu");
  for (size_t o = 0; o < found.size(); ++o) {
    ASSERT_EQ(found[o] == apart[o], true) << "output " << o << " of " << to_string(s);
  }
  if (against_reference) check_against_the_reference(c, found, to_string(s));
}

// Few inputs make large blocks, many small ones, down to less than the neighbours that fold.
TEST(FusedSweep, EveryInnerSizeWithLargeAndSmallBlocks) {
  std::mt19937 random(1);
  for (int64_t inner : {1,  2,  3,  5,  7,  8,  9,  12, 16, 17, 19, 20, 21,  24,  25,  27, 29,
                        31, 32, 33, 40, 47, 48, 49, 55, 63, 64, 65, 96, 127, 128, 129, 200}) {
    for (size_t inputs : {1, 3, 6, 9, 14, 24}) {
      for (Dtype dtype : {Dtype::float32, Dtype::float64}) {
        for (int64_t reduced : {5, 37, 333}) {
          check({2, reduced, inner, inputs, dtype}, random, reduced == 37);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(FusedSweep, EveryDtypeAndLength) {
  std::mt19937 random(2);
  for (Dtype dtype : {Dtype::bool_, Dtype::int8, Dtype::uint8, Dtype::int16, Dtype::uint16,
                      Dtype::int32, Dtype::uint32, Dtype::int64, Dtype::uint64, Dtype::float16,
                      Dtype::bfloat16, Dtype::float32, Dtype::float64, Dtype::complex64}) {
    for (int64_t reduced : {1, 2, 15, 16, 17, 31, 257, 1000}) {
      for (int64_t inner : {1, 3, 21, 63, 130}) {
        for (size_t inputs : {2, 13}) {
          check({3, reduced, inner, inputs, dtype}, random, reduced < 257);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

// Groups that threads take, tiles of wide rows, and many ranges in a block.
TEST(FusedSweep, LongWideAndManyRanges) {
  std::mt19937 random(3);
  for (const Shape& shape :
       {Shape{1, 60000, 1}, Shape{1, 20011, 3}, Shape{2, 5003, 21}, Shape{1, 3001, 31},
        Shape{1, 40, 9000}, Shape{2, 70, 8193}, Shape{700, 3, 5}, Shape{901, 1, 21},
        Shape{333, 17, 1}, Shape{40, 129, 2}}) {
    for (size_t inputs : {2, 12}) {
      for (Dtype dtype : {Dtype::float32, Dtype::float64, Dtype::bfloat16, Dtype::int32}) {
        check({shape[0], shape[1], shape[2], inputs, dtype}, random, false);
        if (HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace lazulite::test
