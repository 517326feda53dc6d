// Second and third derivatives of all rows and composed functions in float64, against a table of
// mpmath's (higher.py): where the first ones have branches, those that are not taken must not reach
// them.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/transforms/vjp.h"
#include "special_points/functions.h"
#include "support/backends.h"
#include "support/compare.h"

namespace lazulite::test {
namespace {

/// One derivative of a function at all points: NaN where nothing is promised.
struct Derivative {
  std::string function;
  std::vector<int> orders;
  std::vector<double> values;
};

struct Table {
  std::map<int, std::vector<double>> points;  // by the number of inputs
  std::vector<Derivative> derivatives;
};

std::vector<double> numbers(std::istream& line) {
  std::vector<double> out;
  for (std::string token; line >> token;) {
    const size_t star = token.find('*');
    const size_t count = star == std::string::npos ? 1 : std::stoul(token.substr(star + 1));
    const std::string number = token.substr(0, star);
    out.insert(out.end(), count, number == "-" ? std::nan("") : std::stod(number));
  }
  return out;
}

const Table& table() {
  static const Table read = [] {
    Table out;
    std::ifstream file(LAZULITE_HIGHER_DERIVATIVES);
    if (!file) throw Error("cannot read " LAZULITE_HIGHER_DERIVATIVES);
    for (std::string text; std::getline(file, text);) {
      if (text.starts_with('#')) continue;
      std::istringstream line(text);
      std::string name;
      int arity;
      line >> name >> arity;
      if (name == "points") {
        out.points[arity] = numbers(line);
        continue;
      }
      Derivative derivative{name, std::vector<int>(static_cast<size_t>(arity)), {}};
      for (int& order : derivative.orders) line >> order;
      derivative.values = numbers(line);
      out.derivatives.push_back(std::move(derivative));
    }
    return out;
  }();
  return read;
}

// Of functions of two numbers each pair, the first varying slowest.
Arrays inputs_of(size_t arity) {
  const std::vector<double>& points = table().points.at(static_cast<int>(arity));
  if (arity == 1) return {Array(points, {static_cast<int64_t>(points.size())})};
  std::vector<double> x, y;
  for (double first : points) {
    for (double second : points) x.push_back(first), y.push_back(second);
  }
  const Shape shape{static_cast<int64_t>(x.size())};
  return {Array(x, shape), Array(y, shape)};
}

ArraysFunction derivative_of(ArraysFunction function, size_t input) {
  return [function = std::move(function), input](const Arrays& x) {
    const Array out = function(x)[0];
    return Arrays{vjp(function, x, {ones_like(out)}).second[input]};
  };
}

class HigherDerivatives : public OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(HigherDerivatives);

TEST_P(HigherDerivatives, AreThoseOfTheTable) {
  for (const Derivative& d : table().derivatives) {
    ArraysFunction function = [&d](const Arrays& x) { return Arrays{apply(d.function, x)}; };
    std::string what = d.function + " by";
    for (size_t input = 0; input < d.orders.size(); ++input) {
      what += " " + std::to_string(d.orders[input]);
      for (int i = 0; i < d.orders[input]; ++i) function = derivative_of(function, input);
    }
    const Arrays inputs = inputs_of(d.orders.size());
    const std::vector<double> got = function(inputs)[0].to_vector<double>();
    ASSERT_EQ(got.size(), d.values.size()) << what;
    for (size_t i = 0; i < got.size(); ++i) {
      const double expected = d.values[i];
      if (std::isnan(expected)) continue;
      std::ostringstream point;
      for (const Array& x : inputs) point << " " << x.to_vector<double>()[i];
      if (std::isinf(expected)) {
        EXPECT_EQ(got[i], expected) << what << " at" << point.str();
        continue;
      }
      EXPECT_NEAR(got[i], expected, 1e-9 * std::max(1.0, std::abs(expected)))
          << what << " at" << point.str();
    }
  }
}

}  // namespace
}  // namespace lazulite::test
