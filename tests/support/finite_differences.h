#pragma once

#include <functional>

#include "lazulite/transforms/vjp.h"

namespace lazulite::test {

// float64 values without ties or zeros, different in every element, between -1 and 1.
Array spread_values(const Shape& shape, double phase = 0);

// Compares the gradient of a weighted sum of the function's results, with respect to every element
// of every input (float64), with central differences. With order 2, a weighted sum of these
// gradients is differentiated and compared as well.
void expect_gradients(const std::function<Array(const Arrays&)>& function, const Arrays& inputs,
                      int order = 2);

}  // namespace lazulite::test
