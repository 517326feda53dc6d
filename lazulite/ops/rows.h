#pragma once

#include <cstdint>
#include <span>

#include "lazulite/core/dtype.h"

namespace lazulite {

/// The rows of elementwise.def.
enum class Row : uint16_t {
#define ALIAS(alias, name)
#define ELEMENTWISE(name, ...) name,
#include "lazulite/ops/elementwise.def"
#undef ELEMENTWISE
#undef ALIAS
};

inline constexpr int row_count = 0
#define ALIAS(alias, name)
#define ELEMENTWISE(name, ...) +1
#include "lazulite/ops/elementwise.def"
#undef ELEMENTWISE
#undef ALIAS
    ;

/// How a row's dtypes follow from its inputs'. The inputs are first converted to one common dtype,
/// in which the row computes.
enum class TypeRule : uint8_t {
  numeric,           ///< any dtype; the output has it too
  numeric_not_bool,  ///< as numeric, but bool is refused
  floating,          ///< integers and bool become float32; the output is the same
  real,              ///< as numeric, but complex numbers give float32 (abs, real, imag)
  compare,           ///< any dtype; the output is bool
  classify,          ///< any dtype; the output is bool (isnan)
  logical,           ///< converted to bool; the output is bool
  bitwise,           ///< bool and integers only; the output is the same
  shift,             ///< integers only, bool becomes uint8; the output is the same
  select,            ///< (bool, T, T) gives T
};

/// How far from the true value a row's may be, in units in the last place: of the true value, or of
/// `magnitude` where the true value is smaller. 0 means correctly rounded.
struct Accuracy {
  double ulp;
  double magnitude;
  constexpr Accuracy(double ulp_, double magnitude_ = 0) : ulp(ulp_), magnitude(magnitude_) {}
};

/// What is known of a row beside its C++ meaning.
struct RowInfo {
  const char* name;
  const char* alias;  ///< a second public name, or null
  int arity;
  TypeRule rule;
  /// Promised of real numbers. Where it is not exact, the reference computes in double.
  Accuracy accuracy;
  /// The value's source in the dialect; empty where the row has no value for such numbers.
  const char* floating;
  const char* integer;
  const char* complex;
  /// Source of the derivatives, one an input, separated by commas.
  const char* derivatives;
  const char* documentation;
  /// Groups of arity + 1 numbers: inputs and the exact output, for float32, or for int32 where
  /// there is no value for floating numbers.
  std::span<const double> special_values;
};

const RowInfo& info(Row row);

/// The dtype that the row's inputs are converted to, and its output's. Throws where the row has no
/// value for such inputs. For TypeRule::select, `inputs` are those of the last two.
struct RowTypes {
  Dtype compute;
  Dtype output;
};
RowTypes row_types(Row row, std::span<const Dtype> inputs);

}  // namespace lazulite
