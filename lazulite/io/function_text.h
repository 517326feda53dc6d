#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lazulite/core/dtype.h"
#include "lazulite/core/shape.h"
#include "lazulite/ops/primitives/fields.h"

// The text of exported functions, as docs/exported-functions.md says: what a file holds beside its
// arrays. Here it is only taken apart; what it means, RebuiltFunction finds out.

namespace lazulite::io {

/// One function of a file. Values are numbered: the inputs, the constants, then each step's
/// outputs.
struct FunctionText {
  struct Type {
    Dtype dtype = Dtype::float32;
    Shape shape = {};
    bool operator==(const Type&) const = default;
  };
  struct Step {
    std::string primitive;
    Fields fields;
    std::vector<uint32_t> inputs;
    std::vector<Type> outputs;
    bool has_asked = false, has_like = false;
    Shape asked = {};
    uint32_t like = 0;
    bool operator==(const Step&) const = default;
  };

  bool shapeless = false;
  /// Inputs without a name come first; `names` are those of the others, in order.
  std::vector<Type> inputs;
  std::vector<std::string> names;
  /// Numbers of the file's arrays.
  std::vector<uint32_t> constants;
  std::vector<Step> steps;
  std::vector<uint32_t> results;
  bool operator==(const FunctionText&) const = default;
};

/// The newest version that is read, and the one that is written.
inline constexpr int function_text_version = 1;

std::string write_function_text(const std::vector<FunctionText>& functions);

/// Throws Error, with the place and what was expected there, where the text is anything else, or
/// names a value before it is there or an array that is not one of `arrays`. Memory is proportional
/// to the text.
std::vector<FunctionText> parse_function_text(std::string_view text, size_t arrays);

}  // namespace lazulite::io
