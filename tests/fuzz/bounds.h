#pragma once

#include "fuzz/program.h"
#include "lazulite/core/node.h"

namespace lazulite::fuzz {

/// A node as it was: what it computed, from which arrays, and what came out.
struct Record {
  PrimitivePtr primitive;
  Arrays inputs;
  Arrays outputs;
};

/// The record's primitive on other inputs, on the default device.
Arrays apply(const Record& record, const Arrays& inputs);

/// Empty if two results of the record differ by no more than its operation promises: exact for
/// whatever moves, compares or counts; a row's accuracy; for sums, products of matrices and
/// convolutions the number of terms times the unit of rounding times the sum of magnitudes.
std::string beyond_bounds(const Record& record, const Arrays& got, const Arrays& expected,
                          bool winograd);

}  // namespace lazulite::fuzz
