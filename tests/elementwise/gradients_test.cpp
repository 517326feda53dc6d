// The derivatives of every row against central differences, to the second order, and those of
// complex numbers. A row without a derivative must be flat.
#include <gtest/gtest.h>

#include <cmath>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/transforms/jvp.h"
#include "lazulite/transforms/vjp.h"
#include "support/compare.h"
#include "support/devices.h"
#include "support/random_arrays.h"

namespace lazulite::test {
namespace {

constexpr int64_t points = 400;

std::vector<Row> rows_in(Dtype dtype) {
  std::vector<Row> rows;
  for (int i = 0; i < row_count; ++i) {
    try {
      RowTypes types = row_types(Row(i), std::span(&dtype, 1));
      if (types.compute == dtype && is_inexact(types.output)) rows.push_back(Row(i));
    } catch (const Error&) {
      continue;  // no value for this dtype
    }
  }
  return rows;
}

std::string name_of_row(const testing::TestParamInfo<Row>& test) { return info(test.param).name; }

// Points from where functions are commonly defined: around zero, between 0 and 1, above 1.
Array scattered(Random& random) {
  std::vector<double> values;
  for (int64_t i = 0; i < points; ++i) {
    constexpr double ranges[][2] = {{-0.95, 0.95}, {0.05, 0.95}, {1.05, 4}, {-4, 4}};
    const auto& range = ranges[random() % 4];
    values.push_back(std::uniform_real_distribution<double>(range[0], range[1])(random));
  }
  return Array(values, {points});
}

std::vector<double> evaluated(const Array& array) {
  DeviceScope scope(Device("reference"));
  return parts(array);
}

class Gradients : public testing::TestWithParam<Row> {
 protected:
  void SetUp() override { set_default_device(Device("reference")); }
  void TearDown() override { set_default_device(previous_); }

  // The row as a function of its differentiable inputs.
  ArraysFunction function(Array condition) const {
    Row row = GetParam();
    return [row, condition = std::move(condition)](const Arrays& inputs) {
      SmallVector<Array, 2> all;
      if (info(row).rule == TypeRule::select) all.push_back(condition);
      for (const Array& input : inputs) all.push_back(input);
      return Arrays{apply_row(row, std::move(all))};
    };
  }
  int operands() const { return info(GetParam()).arity - (selects() ? 1 : 0); }
  bool selects() const { return info(GetParam()).rule == TypeRule::select; }

  Random random_{5};

 private:
  Device previous_ = default_device();
};

// How many of the points the elementwise function is smooth at in its input `which`; there the
// gradient must be what differences say.
int check(const ArraysFunction& function, const Arrays& inputs, size_t which) {
  auto at = [&](double offset) {
    Arrays moved = inputs;
    moved[which] = moved[which] + Array(offset, Dtype::float64);
    return evaluated(function(moved)[0]);
  };
  constexpr double h = 1e-4;
  std::vector<double> a = at(-h), b = at(h), wide_a = at(-2 * h), wide_b = at(2 * h);
  std::vector<double> narrow_a = at(-0.3 * h), narrow_b = at(0.3 * h);
  Array cotangent = full({points}, 1.5, Dtype::float64);
  std::vector<double> gradient = evaluated(vjp(function, inputs, {cotangent}).second[which]);
  int smooth = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    double slope = (b[i] - a[i]) / (2 * h), wide = (wide_b[i] - wide_a[i]) / (4 * h);
    double narrow = (narrow_b[i] - narrow_a[i]) / (0.6 * h), slack = 1e-4 * (1 + std::fabs(slope));
    // Also false where one is not finite.
    if (!(std::fabs(slope - wide) <= slack && std::fabs(slope - narrow) <= slack)) continue;
    ++smooth;
    EXPECT_NEAR(gradient[i], 1.5 * slope, 2e-4 * (1 + std::fabs(slope)))
        << "input " << which << ", point " << i << ": " << evaluated(inputs[which])[i];
  }
  return smooth;
}

TEST_P(Gradients, AreThoseOfFiniteDifferences) {
  ArraysFunction row = function(random_array({points}, Dtype::bool_, random_));
  Arrays inputs;
  for (int i = 0; i < operands(); ++i) inputs.push_back(scattered(random_));
  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_GE(check(row, inputs, i), 50);
    ArraysFunction derivative = [&](const Arrays& x) {
      return Arrays{vjp(row, x, {full({points}, 1, Dtype::float64)}).second[i]};
    };
    for (size_t j = 0; j < inputs.size(); ++j) EXPECT_GE(check(derivative, inputs, j), 50);
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, Gradients, testing::ValuesIn(rows_in(Dtype::float64)), name_of_row);

class BroadcastGradients : public Gradients {};

TEST_P(BroadcastGradients, AreSums) {
  ArraysFunction row = function(random_array({3, 4}, Dtype::bool_, random_));
  Array column = uniform_array({3, 1}, Dtype::float64, random_, 0.2, 0.8);
  Array whole = uniform_array({3, 4}, Dtype::float64, random_, 0.2, 0.8);
  Array cotangent = ones({3, 4}, Dtype::float64);
  Array got = vjp(row, {column, whole}, {cotangent}).second[0];
  Array spread = vjp(row, {broadcast_to(column, {3, 4}) + 0.0, whole}, {cotangent}).second[0];
  EXPECT_TRUE(close(got, sum(spread, Axes{1}, true), 1e-12, 1e-12));
}

std::vector<Row> rows_of_several_operands() {
  std::vector<Row> rows = rows_in(Dtype::float64);
  std::erase_if(rows, [](Row row) { return info(row).arity < 2; });
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Rows, BroadcastGradients, testing::ValuesIn(rows_of_several_operands()),
                         name_of_row);

class ComplexGradients : public Gradients {};

// The gradient of a real loss is its derivative by the real part plus i times that by the imaginary
// part.
TEST_P(ComplexGradients, AreThoseOfFiniteDifferences) {
  ArraysFunction row = function(random_array({points}, Dtype::bool_, random_));
  Arrays inputs;
  for (int i = 0; i < operands(); ++i) {
    inputs.push_back(random_array({points}, Dtype::complex64, random_));
  }
  Dtype output = row(inputs)[0].dtype();
  Array cotangent =
      full({points}, complex64(0.5f, output == Dtype::complex64 ? 1.5f : 0.f), output);
  auto loss = [&](Arrays moved, size_t which, complex64 offset) {
    moved[which] = moved[which] + Array(offset);
    return evaluated(real(conjugate(cotangent) * row(moved)[0]));
  };
  constexpr float h = 1e-2f;
  Arrays gradients = vjp(row, inputs, {cotangent}).second;
  for (size_t which = 0; which < inputs.size(); ++which) {
    std::vector<double> gradient = evaluated(gradients[which]);
    int smooth = 0;
    for (size_t part = 0; part < 2; ++part) {
      complex64 step = part == 0 ? complex64(h, 0) : complex64(0, h);
      std::vector<double> a = loss(inputs, which, -step), b = loss(inputs, which, step);
      std::vector<double> wide_a = loss(inputs, which, -2.f * step),
                          wide_b = loss(inputs, which, 2.f * step);
      for (size_t i = 0; i < a.size(); ++i) {
        double slope = (b[i] - a[i]) / (2 * h), wide = (wide_b[i] - wide_a[i]) / (4 * h);
        if (!(std::fabs(slope - wide) <= 2e-3 * (1 + std::fabs(slope)))) continue;
        ++smooth;
        EXPECT_NEAR(gradient[2 * i + part], slope, 4e-3 * (1 + std::fabs(slope)))
            << "input " << which << ", part " << part << ", point " << i;
      }
    }
    EXPECT_GE(smooth, 50);
  }
}

TEST_P(ComplexGradients, AreTheTransposedOfTangents) {
  ArraysFunction row = function(random_array({points}, Dtype::bool_, random_));
  Arrays inputs, by;
  for (int i = 0; i < operands(); ++i) {
    inputs.push_back(random_array({points}, Dtype::complex64, random_));
    by.push_back(random_array({points}, Dtype::complex64, random_));
  }
  auto [results, tangents] = jvp(row, inputs, by);
  Array cotangent = random_array({points}, results[0].dtype(), random_);
  Arrays gradients = vjp(row, inputs, {cotangent}).second;
  Array forward = real(conjugate(tangents[0]) * cotangent), backward = zeros({points});
  for (size_t i = 0; i < by.size(); ++i) {
    backward = backward + real(conjugate(gradients[i]) * by[i]);
  }
  std::vector<double> a = evaluated(forward), b = evaluated(backward);
  std::vector<double> size = evaluated(abs(tangents[0]) * abs(cotangent));
  for (size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(size[i])) continue;
    EXPECT_NEAR(a[i], b[i], 1e-4 * (1 + size[i])) << "point " << i;
  }
}

// Rows without a derivative are flat for real numbers; sign(z) = z / |z| is not, and by convention
// nothing flows through it either.
std::vector<Row> complex_rows() {
  std::vector<Row> rows = rows_in(Dtype::complex64);
  std::erase_if(rows, [](Row row) { return std::string(info(row).derivatives) == "NONE"; });
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Rows, ComplexGradients, testing::ValuesIn(complex_rows()), name_of_row);

}  // namespace
}  // namespace lazulite::test
