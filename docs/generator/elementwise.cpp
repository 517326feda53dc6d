// Prints docs/elementwise.md: every elementwise operation, from the table itself.
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "lazulite/core/errors.h"
#include "lazulite/ops/rows.h"

namespace {

using namespace lazulite;

// The dtypes that the operation takes, and what it gives for each.
std::string dtypes(Row row) {
  std::string out, previous;
  for (int d = 0; d <= static_cast<int>(Dtype::complex64); ++d) {
    Dtype dtype = Dtype(d);
    try {
      RowTypes types = row_types(row, std::span(&dtype, 1));
      std::string result = types.output == dtype ? "same" : name_of(types.output);
      if (result == previous) {
        out += fmt::format(", {}", name_of(dtype));
      } else {
        out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", result, name_of(dtype));
      }
      previous = result;
    } catch (const Error&) {
      previous.clear();
    }
  }
  return out;
}

std::string escaped(const char* text) {
  std::string out;
  for (; *text; ++text) out += *text == '|' ? "\\|" : std::string(1, *text);
  return out;
}

void print_value(const char* numbers, const char* value) {
  if (*value) fmt::print("| value of {} | `{}` |\n", numbers, escaped(value));
}

void print_row(Row row) {
  const RowInfo& i = info(row);
  constexpr const char* operands[] = {"x", "x, y", "x, y, z"};
  fmt::print("## {}({})\n\n{}\n\n| | |\n|---|---|\n", i.name, operands[i.arity - 1],
             i.documentation);
  if (i.alias) fmt::print("| also called | `{}` |\n", i.alias);
  fmt::print("| result: given | {} |\n", dtypes(row));
  print_value("floating numbers", i.floating);
  print_value("integers", i.integer);
  print_value("complex numbers", i.complex);
  fmt::print("| derivatives | `{}` |\n", escaped(i.derivatives));
  if (i.accuracy.ulp > 0) {
    fmt::print(
        "| accuracy | {} ULP{} |\n", i.accuracy.ulp,
        i.accuracy.magnitude > 0 ? fmt::format(" (of {}, below it)", i.accuracy.magnitude) : "");
  }
  std::string groups;
  size_t width = static_cast<size_t>(i.arity) + 1;
  for (size_t k = 0; k < i.special_values.size(); k += width) {
    std::string inputs;
    for (size_t j = 0; j + 1 < width; ++j) {
      inputs += fmt::format("{}{}", j ? ", " : "", i.special_values[k + j]);
    }
    groups += fmt::format("{}({}) → {}", k ? ", " : "", inputs, i.special_values[k + width - 1]);
  }
  fmt::print("| special values | {} |\n\n", groups);
}

}  // namespace

int main() {
  fmt::print("# Elementwise operations\n\nGenerated from `lazulite/ops/elementwise.def`.\n\n");
  for (int i = 0; i < row_count; ++i) print_row(Row(i));
  return std::fflush(stdout) == 0 ? 0 : 1;
}
