#include "lazulite/ops/rounding.h"

#include <cmath>
#include <limits>

#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"

namespace lazulite {
namespace {

// To the nearest multiple of 10^places, the even one of two equally near, in integers. A multiple
// that the dtype cannot hold wraps around.
Array round_whole(const Array& x, int places) {
  const Dtype dtype = x.dtype();
  const bool is_unsigned = kind_of(dtype) != DtypeKind::signed_integer;
  // Narrow integers are computed where the next multiple is in range.
  Dtype wide = is_unsigned ? Dtype::uint64 : Dtype::int64;
  const int most = is_unsigned ? 19 : 18;
  if (places > most) {
    // Only -10^19 and 10^19 are near enough to an int64, and further away than zero for few.
    Array zero = zeros_like(x);
    if (places > 19 || size_of(dtype) < 8) return zero;
    constexpr int64_t half = 5'000'000'000'000'000'000;
    constexpr auto multiple = static_cast<int64_t>(10'000'000'000'000'000'000u);
    return where(x > half, multiple, where(x < -half, -multiple, zero));
  }
  uint64_t scale = 1;
  for (int i = 0; i < places; ++i) scale *= 10;
  Array numbers = astype(x, wide);
  Array quotient = floor_divide(numbers, Scalar(scale));
  Array rest = numbers - quotient * Scalar(scale);
  Array up = (rest > Scalar(scale / 2)) | ((rest == Scalar(scale / 2)) & ((quotient & 1) == 1));
  return astype((quotient + astype(up, wide)) * Scalar(scale), dtype);
}

Array round_fractions(const Array& x, int decimals) {
  // The scale of half precision soon is out of its range.
  const Array wide = is_half(x.dtype()) ? astype(x, Dtype::float32) : x;
  const double scale = std::pow(10.0, std::abs(decimals));
  const double largest = wide.dtype() == Dtype::float64 ? std::numeric_limits<double>::max()
                                                        : std::numeric_limits<float>::max();
  if (decimals > 0) {
    // Numbers that the scale would make infinite have no decimals to lose.
    if (scale > largest) return x;
    Array scaled = wide * scale;
    return astype(where(isfinite(scaled), round(scaled) / scale, wide), x.dtype());
  }
  // Nothing but infinities comes near such a multiple.
  if (scale > largest) return where(isfinite(x), x * 0, x);
  return astype(round(wide / scale) * scale, x.dtype());
}

}  // namespace

Array round(Array x, int decimals) {
  const ReleaseOnReturn release(x);
  if (decimals == 0) return round(x);
  if (is_inexact(x.dtype())) return round_fractions(x, std::clamp(decimals, -400, 400));
  if (decimals > 0) return round(x);
  if (x.dtype() == Dtype::bool_) return zeros_like(x);
  return round_whole(x, -std::max(decimals, -400));
}

}  // namespace lazulite
