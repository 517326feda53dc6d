#pragma once

#include <gtest/gtest.h>

#include "lazulite/core/array.h"
#include "lazulite/ops/rows.h"

namespace lazulite::test {

/// Whether both have the same shape, dtype and, element by element, the same value: within the
/// accuracy for inexact dtypes, equal for others. NaN equals NaN; an accuracy of 0 tells zeros of
/// different sign apart. Of complex numbers the error is measured against the magnitude.
testing::AssertionResult agree(const Array& got, const Array& expected, Accuracy accuracy = 0);

/// Whether |got - expected| <= absolute + relative * |expected| everywhere.
testing::AssertionResult close(const Array& got, const Array& expected, double relative,
                               double absolute);

/// Elements as double; real and imaginary parts one after the other of a complex array.
std::vector<double> parts(const Array& array);

}  // namespace lazulite::test
