#pragma once

#include <optional>
#include <vector>

#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/transforms/shapeless.h"
#include "lazulite/transforms/signature.h"

namespace lazulite {

/// What a function built from its arguments, laid out flat, so that it can be written down and
/// built again. Values are numbered: the arguments, the constants, then each step's outputs.
struct RecordedFunction {
  using ValueId = uint32_t;
  struct Step {
    PrimitivePtr primitive;
    std::vector<ValueId> inputs;
    ArrayTypes outputs;
    /// What ShapeNotes hold of its output: the shape that was written, or whose shape it has. Only
    /// of functions whose shapes may differ.
    std::optional<Shape> asked = {};
    std::optional<ValueId> like = {};
  };

  ArrayTypes arguments;
  /// Arrays that the function captured, evaluated.
  Arrays constants;
  /// Each after those that its inputs come from.
  std::vector<Step> steps;
  std::vector<ValueId> results;
  /// Whether arguments may have other shapes, of as many axes.
  bool shapeless = false;
};

/// Calls the function on placeholders of the arguments' shapes and dtypes. Arrays that it captures,
/// cells among them, are constants; what it writes into cells is forgotten, but for what does not
/// depend on its arguments (a random key). Throws a ValueError that names it where the function
/// uses a user's own operation, or a custom function with rules of its own.
RecordedFunction record_function(const ArraysFunction& function, const Arrays& arguments,
                                 bool shapeless);

/// A recorded function that can be called: each call builds the steps again, as ordinary nodes, so
/// that it can be differentiated, mapped and compiled.
class RebuiltFunction {
 public:
  /// Throws a sentence unless all steps fit together.
  explicit RebuiltFunction(RecordedFunction recorded);

  const RecordedFunction& recorded() const { return recorded_; }
  /// Whether arguments are of the dtypes and shapes (or numbers of axes) that it takes.
  bool takes(const Arrays& arguments) const;
  Arrays operator()(const Arrays& arguments) const;

 private:
  Arrays build(Arrays values, ShapeNotes* notes) const;

  RecordedFunction recorded_;
  std::optional<ShapelessTrace> trace_;
};

}  // namespace lazulite
