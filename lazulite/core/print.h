#pragma once

#include <string>

#include "lazulite/core/array.h"

namespace lazulite {

/// The array as MLX prints it: "array([[1, 2],\n       [3, 4]], dtype=int32)". Of an axis longer
/// than six, three items at each end are shown. Evaluates.
std::string print(const Array& array);

/// How floating and complex numbers are printed, in all threads: with so many decimals, or, where
/// the precision is -1, with as many of six digits as are needed. Other negative ones mean six.
int print_precision();
void set_print_precision(int decimals);

}  // namespace lazulite
