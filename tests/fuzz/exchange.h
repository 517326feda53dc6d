#pragma once

#include <iosfwd>

#include "fuzz/program.h"

namespace lazulite::fuzz {

/// Writes a program as `parse` reads it, its inputs (row-major), and what two calls in a row give
/// with the library's own settings: results, then the values of the cells.
void write_with_results(std::ostream& out, const Program& program);

/// Writes the names of the dtypes in the order of the numbers that programs have for them.
void write_dtypes(std::ostream& out);

}  // namespace lazulite::fuzz
