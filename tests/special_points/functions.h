#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lazulite/ops/rows.h"
#include "lazulite/transforms/signature.h"

// Functions of numbers by name: rows of elementwise.def, and composed ones as functions.py
// describes them.
namespace lazulite::test {

std::vector<std::string> all_functions();
std::optional<Row> row_named(const std::string& name);

/// The function called `name`; `where` takes x where x > y, else y. Throws if there is none.
Array apply(const std::string& name, const Arrays& x);

}  // namespace lazulite::test
