#pragma once

#include "lazulite/core/array.h"

namespace lazulite::test {

// Shape, dtype and every element are equal; NaN equals NaN.
void expect_equal(const Array& actual, const Array& expected);

// Shape and dtype are equal, every element differs by at most atol + rtol * |expected|; NaN and
// infinities are equal.
void expect_close(const Array& actual, const Array& expected, double rtol, double atol = 0);

}  // namespace lazulite::test
