// Every primitive's vjp and jvp with complex inputs, where it takes them: against finite
// differences and against each other. A gradient is the derivative by the real part plus i times
// that by the imaginary part.
#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/transforms/jvp.h"
#include "lazulite/transforms/vjp.h"
#include "support/expect.h"
#include "support/finite_differences.h"
#include "transforms/primitive_cases.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::primitive_cases;
using test::spread_values;

Array complex_like(const Array& x, double phase) {
  Array imaginary = astype(spread_values(x.shape(), phase), Dtype::complex64);
  return astype(x, Dtype::complex64) + imaginary * complex64(0, 0.5f);
}

// Inputs with a complex one in each place where the function takes one.
Arrays complex_inputs(const ArraysFunction& function, const Arrays& inputs) {
  Arrays out;
  for (const Array& input : inputs) out.push_back(astype(input, Dtype::float32));
  for (size_t i = 0; i < out.size(); ++i) {
    Array before = out[i];
    out[i] = complex_like(inputs[i], 40 + static_cast<double>(i));
    try {
      for (Array& result : function(out)) result.eval();
    } catch (const Error&) {
      out[i] = before;
    }
  }
  return out;
}

Array some_like(const Array& x, double phase) {
  Array values = spread_values(x.shape(), phase);
  return x.dtype() == Dtype::complex64 ? complex_like(values, phase + 0.5)
                                       : astype(values, x.dtype());
}

// Inputs that must be real are positions, and stay where they are.
Arrays directions(const Arrays& inputs, double phase) {
  Arrays out;
  for (const Array& x : inputs) {
    out.push_back(x.dtype() == Dtype::complex64 ? some_like(x, phase += 1) : zeros_like(x));
  }
  return out;
}

Arrays cotangents_of(const Arrays& results, double phase) {
  Arrays out;
  for (const Array& x : results) {
    out.push_back(is_inexact(x.dtype()) ? some_like(x, phase += 1) : zeros_like(x));
  }
  return out;
}

double inner_product(const Arrays& a, const Arrays& b) {
  double total = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (is_inexact(a[i].dtype())) total += sum(real(conjugate(a[i]) * b[i])).item<double>();
  }
  return total;
}

Arrays moved(const Arrays& inputs, const Arrays& by, float step) {
  Arrays out;
  for (size_t i = 0; i < inputs.size(); ++i) out.push_back(inputs[i] + by[i] * step);
  return out;
}

bool any_complex(const Arrays& inputs) {
  for (const Array& input : inputs) {
    if (input.dtype() == Dtype::complex64) return true;
  }
  return false;
}

TEST(ComplexRules, AreDifferencesAndTransposedOfEachOther) {
  int tested = 0;
  for (const auto& [name, function, real_inputs] : primitive_cases()) {
    // These look at the sizes of their inputs, and change between two points of a difference.
    if (name == "random bits") continue;
    Arrays inputs = complex_inputs(function, real_inputs);
    if (!any_complex(inputs)) continue;
    ++tested;
    for (double phase : {1.0, 2.0, 3.0}) {
      SCOPED_TRACE(name);
      Arrays by = directions(inputs, 20 * phase);
      auto [results, tangents] = jvp(function, inputs, by);
      Arrays cotangents = cotangents_of(results, 30 * phase);
      double forward = inner_product(tangents, cotangents);
      double backward = inner_product(vjp(function, inputs, cotangents).second, by);
      EXPECT_NEAR(forward, backward, 1e-4 * (1 + std::abs(forward)));

      constexpr float step = 1e-2f;
      Arrays ahead = function(moved(inputs, by, step)), behind = function(moved(inputs, by, -step));
      for (size_t i = 0; i < results.size(); ++i) {
        if (!is_inexact(results[i].dtype())) continue;
        expect_close(tangents[i], (ahead[i] - behind[i]) / (2 * step), 5e-3, 5e-3);
      }
    }
  }
  EXPECT_GE(tested, 20);
}

// real(z0 z1 z2): the gradient to each is the conjugate of the product of the others.
TEST(ComplexRules, OfProductsTakeTheConjugateOfTheOthers) {
  std::function<Array(const Array&)> product = [](const Array& z) { return real(prod(z)); };
  std::function<Array(const Array&)> written_out = [](const Array& z) {
    return real(take(z, 0, 0) * take(z, 1, 0) * take(z, 2, 0));
  };
  using Numbers = std::vector<complex64>;
  for (const Numbers& z : {Numbers{{1, 2}, {3, -1}, {0, 1}}, Numbers{{1, 2}, {0, 0}, {2, 1}},
                           Numbers{{0, 0}, {0, 0}, {2, 1}}}) {
    expect_close(grad(product)(Array(z, {3})), grad(written_out)(Array(z, {3})), 1e-6, 1e-7);
  }
  expect_close(grad(product)(Array({complex64(1, 2), complex64(3, -1), complex64(1, 0)})),
               Array({complex64(3, 1), complex64(1, -2), complex64(5, -5)}), 1e-6);
}

TEST(ComplexRules, OfLogarithmsOfSumsAreFinite) {
  Array x({complex64(100, 1), complex64(-300, 2), complex64(0, 0)});
  Array y({complex64(-100, 3), complex64(400, -1), complex64(0, 1)});
  complex64 last = std::log(complex64(1, 0) + std::exp(complex64(0, 1)));
  expect_close(logaddexp(x, y), Array({complex64(100, 1), complex64(400, -1), last}), 1e-6);
  ArraysFunction function = [](const Arrays& a) { return Arrays{logaddexp(a[0], a[1])}; };
  complex64 one(1, 0), none(0, 0);
  complex64 share = std::conj(one / (one + std::exp(complex64(0, 1))));
  Arrays gradients = vjp(function, {x, y}, {ones({3}, Dtype::complex64)}).second;
  expect_close(gradients[0], Array({one, none, share}), 1e-6, 1e-7);
  expect_close(gradients[1], Array({none, one, one - share}), 1e-6, 1e-7);
}

// log(1 + z) of small numbers keeps their digits; powers of 0 are 0.
TEST(ComplexRules, ValuesKeepTheirDigits) {
  expect_close(log1p(Array({complex64(1e-9f, -2e-9f), complex64(0, 1e-30f)})),
               Array({complex64(1e-9f, -2e-9f), complex64(0, 1e-30f)}), 1e-6);
  expect_close(power(zeros({2}, Dtype::complex64), Array({complex64(2, 0), complex64(0.5f, 1)})),
               zeros({2}, Dtype::complex64), 0);
}

}  // namespace
}  // namespace lazulite
