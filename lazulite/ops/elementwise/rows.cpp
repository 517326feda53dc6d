#include "lazulite/ops/rows.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

constexpr double INF = std::numeric_limits<double>::infinity();

// The numbers of all groups, one after another.
#define ALIAS(alias, name)
#define SPECIAL(...) \
  { __VA_ARGS__ }
#define ELEMENTWISE(name, arity, rule, accuracy, floating, integer, complex, derivatives, special, \
                    documentation)                                                                 \
  constexpr double special_##name[][arity + 1] = special;
#include "lazulite/ops/elementwise.def"
#undef ELEMENTWISE
#undef SPECIAL
#undef ALIAS

template <size_t Groups, size_t Width>
std::span<const double> flat(const double (&groups)[Groups][Width]) {
  return {&groups[0][0], Groups * Width};
}

// The source of a value, where there is one.
const char* source(const char* text) { return std::string_view(text) == "NONE" ? "" : text; }

using Rows = std::array<RowInfo, row_count>;

Rows make_rows() {
  Rows rows = {{
#define ALIAS(alias, name)
#define DERIVATIVES(...) #__VA_ARGS__
#define ELEMENTWISE(name, arity, rule, accuracy, floating, integer, complex, derivatives, special, \
                    documentation)                                                                 \
  {#name,                                                                                          \
   nullptr,                                                                                        \
   arity,                                                                                          \
   TypeRule::rule,                                                                                 \
   accuracy,                                                                                       \
   source(#floating),                                                                              \
   source(#integer),                                                                               \
   source(#complex),                                                                               \
   derivatives,                                                                                    \
   documentation,                                                                                  \
   flat(special_##name)},
#include "lazulite/ops/elementwise.def"
#undef ELEMENTWISE
#undef DERIVATIVES
#undef ALIAS
  }};
#define ELEMENTWISE(name, ...)
#define ALIAS(other, name) rows[static_cast<size_t>(Row::name)].alias = #other;
#include "lazulite/ops/elementwise.def"
#undef ALIAS
#undef ELEMENTWISE
  return rows;
}

// What the inputs are converted to before the rule's own conversion.
Dtype common_dtype(std::span<const Dtype> inputs) {
  Dtype common = inputs[0];
  for (Dtype dtype : inputs.subspan(1)) common = result_type(common, dtype);
  return common;
}

}  // namespace

const RowInfo& info(Row row) {
  static const Rows rows = make_rows();
  return rows[static_cast<size_t>(row)];
}

RowTypes row_types(Row row, std::span<const Dtype> inputs) {
  const RowInfo& i = info(row);
  Dtype common = common_dtype(inputs);
  Dtype compute = common;
  switch (i.rule) {
    case TypeRule::floating:
      if (!is_inexact(common)) compute = Dtype::float32;
      break;
    case TypeRule::logical: compute = Dtype::bool_; break;
    case TypeRule::shift:
      if (common == Dtype::bool_) compute = Dtype::uint8;
      break;
    default: break;
  }

  const char* value = is_floating(compute)          ? i.floating
                      : compute == Dtype::complex64 ? i.complex
                                                    : i.integer;
  if (*value == '\0' || (i.rule == TypeRule::numeric_not_bool && compute == Dtype::bool_)) {
    std::string given;
    for (Dtype dtype : inputs) given += (given.empty() ? "" : ", ") + std::string(name_of(dtype));
    throw Error(fmt::format("{}: there is no such operation on {} (given {})", i.name,
                            name_of(compute), given));
  }

  switch (i.rule) {
    case TypeRule::real: return {compute, compute == Dtype::complex64 ? Dtype::float32 : compute};
    case TypeRule::compare:
    case TypeRule::classify:
    case TypeRule::logical: return {compute, Dtype::bool_};
    default: return {compute, compute};
  }
}

}  // namespace lazulite
