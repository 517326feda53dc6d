#include "lazulite/transforms/rules/elementwise_helpers.h"

#include <limits>

#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"

namespace lazulite {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool is_complex(const Array& x) { return kind_of(x.dtype()) == DtypeKind::complex; }

// x held where a gate is neither 0 nor 1, so that infinities do not meet its zeros.
Array within(const Array& x, double bound) {
  return is_complex(x) ? x : minimum(maximum(x, -bound), bound);
}
// Beyond these, exponentials and densities are 0 in every dtype.
constexpr double exponential_bound = 800, gaussian_bound = 40;

// A vector by its larger side and the other's ratio to it, which never overflow.
struct Sides {
  Array steep;  // whether the first is the larger
  Array origin, larger, ratio;
};
Sides sides_of(const Array& x, const Array& y) {
  Sides s;
  s.steep = greater(abs(x), abs(y));
  s.origin = logical_and(equal(x, 0), equal(y, 0));
  s.larger = where(s.origin, 1, where(s.steep, x, y));
  Array smaller = where(s.steep, y, x);
  s.ratio = where(isinf(smaller), sign(x) * sign(y), smaller / s.larger);
  return s;
}

}  // namespace

Array direction(const Array& x, const Array& y) {
  Sides s = sides_of(x, y);
  return where(s.steep, sign(x), s.ratio * sign(y)) * rsqrt(square(s.ratio) + 1);
}

Array turn(const Array& x, const Array& y) {
  Sides s = sides_of(x, y);
  Array slope = where(s.steep, s.ratio, 1) / (square(s.ratio) + 1) / s.larger;
  return where(s.origin, std::numeric_limits<double>::quiet_NaN(), slope);
}

Array share_of_sum(const Array& x, const Array& y) {
  Array nothing = logical_and(equal(x, -infinity), equal(y, -infinity));
  Array difference = where(logical_and(equal(x, y), isinf(x)), zeros_like(x), x - y);
  return where(nothing, 0, sigmoid(difference));
}

Array inverse_of_square_plus_one(const Array& x) {
  if (is_complex(x)) return reciprocal(square(x) + 1);
  return square(inverse_root_of_square_plus_one(x));
}

Array inverse_root_of_square_plus_one(const Array& x) {
  return is_complex(x) ? rsqrt(square(x) + 1) : reciprocal(hypot(x, 1));
}

Array slope_of_power(const Array& x, const Array& y, const Array& power) {
  const Array less_one = y - 1, held = stop_gradient(power);
  // Of x^(y - 1), where it is out of range; four times, as the quotient is rounded otherwise.
  const Array steep = logical_not(isfinite(held / x * 4));
  // Where y is 0 the product below is, too, and changes with y.
  const Array flat =
      logical_or(logical_and(equal(y, 0), steep), logical_and(isinf(y), equal(held, 0)));
  // A small y brings back what is out of range without it.
  const Array small = logical_and(logical_and(steep, isfinite(held)),
                                  logical_and(less(abs(y), 1), not_equal(x, 0)));
  // Where a branch is not taken, nothing of it may be infinite when it is differentiated again.
  const Array base = where(logical_or(flat, small), 1, x),
              lowered = lazulite::power(base, less_one);
  if (is_complex(x)) return where(flat, 0, y * lowered);
  // Numbers that 1 is not taken off from are even, as their power's sign shows; one less is odd.
  const Array odd = logical_and(equal(less_one, y), less(x, 0));
  const Array slope = y * where(odd, negative(lowered), lowered);
  const Array quotient = y * where(small, held, 0) / where(small, x, 1);
  return where(flat, 0, where(small, quotient, slope));
}

Array growth_of_power(const Array& x, const Array& y, const Array& power) {
  const Array still = logical_or(equal(power, 0), logical_and(equal(x, 0), equal(y, 0)));
  return where(still, 0, power * log(where(still, 1, x)));
}

Array turn_of_sign(const Array& change, const Array& x, const Array& sign) {
  if (!is_complex(x)) return Array();
  Array across = imag(conjugate(sign) * change), length = abs(x), nowhere = equal(length, 0);
  Array turned = sign * complex64(0, 1) * (across / where(nowhere, 1, length));
  return where(nowhere, 0, turned);
}

Array slope_of_erf(const Array& x) {
  return exp(negative(square(within(x, gaussian_bound)))) * 1.1283791670955126;
}

Array slope_of_silu(const Array& x) {
  Array y = within(x, exponential_bound), gate = sigmoid(y);
  return gate * (y * (1 - gate) + 1);
}

Array slope_of_gelu(const Array& x) {
  Array y = within(x, gaussian_bound);
  Array density = exp(square(y) * -0.5) * 0.3989422804014327;
  return (erf(y * 0.7071067811865476) + 1) * 0.5 + y * density;
}

Array slope_of_gelu_approx(const Array& x) {
  constexpr double scale = 0.7978845608028654, cube = 0.044715;
  Array y = within(x, gaussian_bound), squared = square(y);
  Array gate = tanh(y * (squared * (scale * cube) + scale));
  Array rise = (1 - square(gate)) * (squared * (3 * scale * cube) + scale);
  return (y * rise + gate + 1) * 0.5;
}

Array slope_of_mish(const Array& x) {
  Array y = within(x, exponential_bound), gate = tanh(logaddexp(y, 0));
  return gate + y * (1 - square(gate)) * sigmoid(y);
}

}  // namespace lazulite
