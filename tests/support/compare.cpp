#include "support/compare.h"

#include <cmath>

#include "lazulite/ops/ops.h"

namespace lazulite::test {
namespace {

testing::AssertionResult same_kind(const Array& got, const Array& expected) {
  if (got.dtype() != expected.dtype()) {
    return testing::AssertionFailure()
           << "dtype " << name_of(got.dtype()) << ", expected " << name_of(expected.dtype());
  }
  if (!(got.shape() == expected.shape())) {
    return testing::AssertionFailure()
           << "shape " << to_string(got.shape()) << ", expected " << to_string(expected.shape());
  }
  return testing::AssertionSuccess();
}

// Bits of precision and the least exponent of a normal number.
struct Format {
  int digits, least;
};
Format format_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::float16: return {11, -14};
    case Dtype::bfloat16: return {8, -126};
    case Dtype::float64: return {53, -1022};
    default: return {24, -126};
  }
}

// The distance of neighbouring numbers around `value`.
double unit_at(double value, Dtype dtype) {
  Format format = format_of(dtype);
  int exponent = value == 0 || !std::isfinite(value) ? format.least : std::ilogb(value);
  return std::ldexp(1.0, std::max(exponent, format.least) - format.digits + 1);
}

bool element_agrees(double got, double expected, double magnitude, Dtype dtype, double ulp) {
  if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got);
  if (got == expected) return ulp > 0 || std::signbit(got) == std::signbit(expected);
  if (std::isinf(got) || std::isinf(expected)) {
    // Just below the largest number, one more unit is infinite.
    double finite = std::isinf(got) ? expected : got;
    return ulp > 0 && !std::isinf(finite) && std::signbit(got) == std::signbit(expected) &&
           !std::isfinite(static_cast<float>(finite) * (1 + ulp * 0x1p-7f)) &&
           dtype != Dtype::float64;
  }
  return std::fabs(got - expected) <=
         ulp * unit_at(std::max(std::fabs(expected), magnitude), dtype);
}

}  // namespace

std::vector<double> parts(const Array& array) {
  if (array.dtype() != Dtype::complex64) return array.to_vector<double>();
  std::vector<double> out;
  for (complex64 value : array.to_vector<complex64>()) {
    out.push_back(value.real());
    out.push_back(value.imag());
  }
  return out;
}

testing::AssertionResult agree(const Array& got, const Array& expected, Accuracy accuracy) {
  if (auto result = same_kind(got, expected); !result) return result;
  auto fail = [&](size_t element) {
    return testing::AssertionFailure() << "element " << element << " of " << name_of(got.dtype())
                                       << to_string(got.shape()) << " is ";
  };
  // double does not hold every 64-bit integer.
  if (got.dtype() == Dtype::int64 || got.dtype() == Dtype::uint64) {
    auto a = got.to_vector<int64_t>(), b = expected.to_vector<int64_t>();
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i] != b[i]) return fail(i) << a[i] << ", expected " << b[i];
    }
    return testing::AssertionSuccess();
  }
  size_t width = got.dtype() == Dtype::complex64 ? 2 : 1;
  std::vector<double> a = parts(got), b = parts(expected);
  for (size_t i = 0; i < a.size(); ++i) {
    double magnitude = accuracy.magnitude;
    if (width == 2) magnitude = std::max(magnitude, std::hypot(b[i & ~size_t{1}], b[i | 1]));
    if (!element_agrees(a[i], b[i], magnitude, got.dtype(), accuracy.ulp)) {
      std::ostringstream text;
      text.precision(17);
      text << a[i] << ", expected " << b[i] << " within " << accuracy.ulp << " ULP";
      return fail(i / width) << text.str();
    }
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult close(const Array& got, const Array& expected, double relative,
                               double absolute) {
  if (auto result = same_kind(got, expected); !result) return result;
  std::vector<double> a = parts(got), b = parts(expected);
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (a[i] == b[i]) continue;
    if (!(std::fabs(a[i] - b[i]) <= absolute + relative * std::fabs(b[i]))) {
      return testing::AssertionFailure()
             << "element " << i << " of " << name_of(got.dtype()) << to_string(got.shape())
             << " is " << a[i] << ", expected " << b[i];
    }
  }
  return testing::AssertionSuccess();
}

}  // namespace lazulite::test
