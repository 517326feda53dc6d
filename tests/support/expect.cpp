#include "support/expect.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>

namespace lazulite::test {
namespace {

std::vector<std::complex<double>> values_of(const Array& x) {
  std::vector<std::complex<double>> out;
  if (kind_of(x.dtype()) == DtypeKind::complex) {
    for (complex64 value : x.to_vector<complex64>()) out.emplace_back(value);
  } else {
    for (double value : x.to_vector<double>()) out.emplace_back(value);
  }
  return out;
}

bool is_close(double actual, double expected, double rtol, double atol) {
  if (actual == expected || (std::isnan(actual) && std::isnan(expected))) return true;
  return std::abs(actual - expected) <= atol + rtol * std::abs(expected);
}

}  // namespace

void expect_close(const Array& actual, const Array& expected, double rtol, double atol) {
  ASSERT_EQ(actual.dtype(), expected.dtype())
      << name_of(actual.dtype()) << " where " << name_of(expected.dtype()) << " is expected";
  ASSERT_EQ(actual.shape(), expected.shape())
      << to_string(actual.shape()) << " where " << to_string(expected.shape()) << " is expected";
  auto found = values_of(actual), wanted = values_of(expected);
  for (size_t i = 0; i < found.size(); ++i) {
    ASSERT_TRUE(is_close(found[i].real(), wanted[i].real(), rtol, atol) &&
                is_close(found[i].imag(), wanted[i].imag(), rtol, atol))
        << "element " << i << " is " << found[i] << ", expected " << wanted[i] << "\n"
        << actual << "\n"
        << expected;
  }
}

void expect_equal(const Array& actual, const Array& expected) {
  expect_close(actual, expected, 0, 0);
}

}  // namespace lazulite::test
