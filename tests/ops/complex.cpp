// Complex numbers where a formula of several steps could go astray.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "lazulite/ops/ops.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

class ComplexNumbers : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(ComplexNumbers);

TEST_P(ComplexNumbers, HaveAnInfiniteLogarithmAtZeroToEveryBase) {
  const double infinity = std::numeric_limits<double>::infinity(), pi = std::numbers::pi;
  const Array x({complex64(0, 0), complex64(-100, 0), complex64(0, 8)});
  const struct {
    Array found;
    double base;
  } all[] = {{log(x), std::numbers::e}, {log2(x), 2}, {log10(x), 10}};
  for (const auto& [found, base] : all) {
    SCOPED_TRACE(base);
    const double unit = std::log(base);
    test::expect_equal(real(found)[0], Array(-infinity, Dtype::float32));
    test::expect_equal(imag(found)[0], Array(0.0, Dtype::float32));
    test::expect_close(real(found)[{Slice{1}}], Array({std::log(100.0), std::log(8.0)}) / unit,
                       1e-6);
    test::expect_close(imag(found)[{Slice{1}}], Array({pi, pi / 2}) / unit, 1e-6);
  }
}

}  // namespace
}  // namespace lazulite
