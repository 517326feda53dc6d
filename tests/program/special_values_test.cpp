// Infinite values and those that are no numbers reach what the definition says and nothing else, at
// sizes that fill no vector and no pair.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

constexpr Dtype dtypes[] = {Dtype::float64, Dtype::bfloat16, Dtype::float16};

// Random numbers, one of which is `bad`.
Array with_bad(const Shape& shape, Dtype dtype, float bad, int64_t place) {
  std::vector<float> values = random::uniform(0.5, 1.5, shape).to_vector<float>();
  values[static_cast<size_t>(place) % values.size()] = bad;
  return astype(Array(values, shape), dtype).eval();
}
Array tame(const Shape& shape, Dtype dtype) {
  return astype(random::uniform(0.5, 1.5, shape), dtype).eval();
}

// What stays finite by the reference stays so, and is close; what does not, does not.
void expect_as_the_reference(const std::function<Array()>& compute, const std::string& what) {
  const std::vector<double> found = astype(compute(), Dtype::float64).to_vector<double>();
  const DeviceScope scope(Device("reference"));
  const std::vector<double> expected = astype(compute(), Dtype::float64).to_vector<double>();
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(std::isfinite(found[i]), std::isfinite(expected[i])) << what << ", element " << i;
    const bool close = !std::isfinite(found[i]) ||
                       std::abs(found[i] - expected[i]) <= 0.02 * std::abs(expected[i]);
    ASSERT_TRUE(close) << what << ", element " << i << ": " << found[i] << ", " << expected[i];
  }
}

TEST(SpecialValues, OfConvolutions) {
  random::seed(8);
  for (Dtype dtype : dtypes) {
    for (float bad : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
      for (int64_t in : {1, 3, 5, 17, 33}) {
        for (int64_t out : {1, 3, 19}) {
          const Shape x{2, 5, 6, in}, w{out, 3, 2, in}, y{2, 3, 5, out};
          const ConvGeometry geometry{{1, 1}, {0, 0}, {1, 1}, 1};
          const std::string what = std::string(name_of(dtype)) + ", " + std::to_string(in) +
                                   " to " + std::to_string(out) + " channels";
          const Array bad_x = with_bad(x, dtype, bad, 7 * in), clean_w = tame(w, dtype);
          const Array bad_y = with_bad(y, dtype, bad, 6 * out);
          expect_as_the_reference([&] { return convolution(bad_x, clean_w, geometry); }, what);
          expect_as_the_reference(
              [&] { return convolution_grad_input(clean_w, bad_y, x, geometry); }, what);
        }
      }
    }
  }
}

TEST(SpecialValues, OfProducts) {
  random::seed(9);
  for (Dtype dtype : dtypes) {
    for (float bad : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
      for (int64_t k : {1, 3, 7, 31}) {
        for (int64_t n : {1, 5, 64, 91}) {
          const std::string what =
              std::string(name_of(dtype)) + ", " + std::to_string(k) + "x" + std::to_string(n);
          const Array a = with_bad({40, k}, dtype, bad, 3 * k), b = tame({k, n}, dtype);
          const Array c = tame({40, k}, dtype), d = with_bad({k, n}, dtype, bad, n + 1);
          expect_as_the_reference([&] { return matmul(a, b); }, what);
          expect_as_the_reference([&] { return matmul(c, d); }, what);
          expect_as_the_reference([&] { return matmul(transpose(b), transpose(a)); }, what);
          expect_as_the_reference([&] { return matmul(transpose(d), transpose(c)); }, what);
        }
      }
    }
  }
}

}  // namespace
}  // namespace lazulite
