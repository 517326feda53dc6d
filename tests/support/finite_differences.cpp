#include "support/finite_differences.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"

namespace lazulite::test {
namespace {

using Loss = std::function<Array(const Arrays&)>;

double loss_with(const Loss& loss, const Arrays& inputs, size_t which, size_t element,
                 double step) {
  Arrays moved = inputs;
  std::vector<double> values = inputs[which].to_vector<double>();
  values[element] += step;
  moved[which] = Array(values, inputs[which].shape());
  return loss(moved).item<double>();
}

std::vector<int> all_arguments(size_t count) {
  std::vector<int> argnums(count);
  std::iota(argnums.begin(), argnums.end(), 0);
  return argnums;
}

Array weighted_sum(const Array& x, double phase) {
  return sum(x * spread_values(x.shape(), phase));
}

void compare(const Loss& loss, const Arrays& inputs, int order) {
  constexpr double step = 1e-5, tolerance = 1e-7;
  auto gradient =
      grad([&](const Arrays& x) { return Arrays{loss(x)}; }, all_arguments(inputs.size()));
  Arrays gradients = gradient(inputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    ASSERT_EQ(gradients[i].shape(), inputs[i].shape());
    ASSERT_EQ(gradients[i].dtype(), inputs[i].dtype());
    std::vector<double> found = gradients[i].to_vector<double>();
    for (size_t j = 0; j < found.size(); ++j) {
      double difference =
          loss_with(loss, inputs, i, j, step) - loss_with(loss, inputs, i, j, -step);
      double expected = difference / (2 * step);
      ASSERT_NEAR(found[j], expected, tolerance * (1 + std::abs(expected)))
          << "element " << j << " of input " << i << ", " << order - 1 << " orders to go";
    }
  }
  if (order == 1) return;
  Loss next = [&](const Arrays& x) {
    Array total;
    Arrays parts = gradient(x);
    for (size_t i = 0; i < parts.size(); ++i) {
      Array part = weighted_sum(parts[i], 0.3 + static_cast<double>(i));
      total = total.valid() ? total + part : part;
    }
    return total;
  };
  compare(next, inputs, order - 1);
}

}  // namespace

Array spread_values(const Shape& shape, double phase) {
  std::vector<double> values;
  // The golden ratio's multiples, modulo 1, never come close to each other.
  for (int64_t i = 0; i < element_count(shape); ++i) {
    double turn = 0.618033988749895 * static_cast<double>(i + 1) + 0.271 * phase;
    values.push_back(2 * (turn - std::floor(turn)) - 1);
  }
  return Array(values, shape);
}

void expect_gradients(const std::function<Array(const Arrays&)>& function, const Arrays& inputs,
                      int order) {
  compare([&](const Arrays& x) { return weighted_sum(function(x), 2.5); }, inputs, order);
}

}  // namespace lazulite::test
