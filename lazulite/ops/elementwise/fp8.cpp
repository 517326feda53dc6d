#include "lazulite/ops/fp8.h"

#include <fmt/format.h>

#include <cmath>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"

namespace lazulite {

Array to_fp8(Array x) {
  const ReleaseOnReturn release(x);
  if (!is_floating(x.dtype())) {
    throw Error(fmt::format("to_fp8: expected a floating dtype, given {}{}", name_of(x.dtype()),
                            to_string(x.shape())));
  }
  Array number = astype(x, Dtype::float32);
  Array magnitude = where(abs(number) < 448, abs(number), 448);  // NaN is not less
  // Codes count upwards in units that double at each power of two.
  Array unit(0x1p-9, Dtype::float32), first(0, Dtype::float32);
  int code = 8;
  for (double edge = 0x1p-5; edge < 448; edge *= 2, code += 8) {
    Array above = magnitude >= edge;
    unit = where(above, edge / 8, unit);
    first = where(above, code, first);
  }
  Array negative = (number < 0) | (reciprocal(number) < 0);  // -0.0 is negative, too
  return astype(round(magnitude / unit) + first + where(negative, 128.0, 0.0), Dtype::uint8);
}

Array from_fp8(Array x, Dtype dtype) {
  const ReleaseOnReturn release(x);
  if (x.dtype() != Dtype::uint8 || !is_floating(dtype)) {
    throw Error(fmt::format("from_fp8: expected uint8 and a floating dtype, given {}{} and {}",
                            name_of(x.dtype()), to_string(x.shape()), name_of(dtype)));
  }
  Array code = astype(x & 127, Dtype::int32);
  Array exponent = code >> 3, mantissa = code & 7;
  Array units = where(equal(exponent, 0), mantissa, (mantissa | 8) << (exponent - 1));
  Array number = astype(units, Dtype::float32) * 0x1p-9;
  number = where(equal(code, 127), std::nan(""), number);
  return astype(where(x >= 128, -number, number), dtype);
}

}  // namespace lazulite
