#pragma once

#include "fuzz/program.h"

namespace lazulite::fuzz {

/// Which intermediate values somebody holds while the program is evaluated.
enum class Hold : uint8_t { none, views, some, all };

/// One of the ways in which a program can be run. All give the same bits.
struct Way {
  const char* name;
  bool fused = true;
  bool compiled = false;
  Hold hold = Hold::none;
  bool piecewise = false;   // values are evaluated, or started, on the way
  bool own_inputs = false;  // nobody else holds the inputs, so that results may take their memory
  size_t budget = 0;        // most pending nodes
};

/// A program as something that can be called; its cells keep their values between calls.
class Callable {
 public:
  Callable(const Program& program, const Way& way, const Arrays& inputs);
  /// Its results, and gradients where it has any.
  Arrays operator()(const Arrays& inputs);
  /// The inputs that are no cells.
  Arrays arguments(const Arrays& inputs) const;
  Arrays cell_values() const;

 private:
  Arrays call(const Arrays& arguments);
  Arrays forward(const Arrays& inputs);
  Arrays differentiated(const Arrays& inputs);

  const Program& program_;
  const Way& way_;
  std::vector<int> inputs_;
  std::vector<Cell> cells_;  // one an input; empty where it is none
  std::vector<size_t> last_use_;
  std::vector<bool> kept_;
  Arrays written_;
  Arrays held_;
  Random choice_{1};
  ArraysFunction function_;
};

/// The evaluated results of two calls in a row, then of the cells; or the error's text.
struct Outcome {
  Arrays arrays;
  std::string error;
};
Outcome run(const Program& program, const Way& way, const Arrays& inputs);

}  // namespace lazulite::fuzz
