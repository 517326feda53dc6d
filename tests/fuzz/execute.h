#pragma once

#include "fuzz/program.h"
#include "lazulite/core/errors.h"

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
  int streams = 1;          // that operations are built in, in turn
  bool waits = true;        // for the results of a call before the next
  bool exported = false;    // to a file, and read from it, where there are no cells
};

/// A program as something that can be called; its cells keep their values between calls.
class Callable {
 public:
  Callable(const Program& program, const Way& way, const Arrays& inputs);
  /// Its results, and gradients where it has any. Arguments that are moved in may lend their memory
  /// to the results.
  Arrays operator()(Arrays arguments);
  /// The inputs that are no cells.
  Arrays arguments(const Arrays& inputs) const;
  Arrays cell_values() const;

 private:
  Arrays call(const Arrays& arguments);
  Arrays call_exported(const Arrays& arguments);
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
  std::optional<CompiledFunction> compiled_;
};

/// The evaluated results of two calls in a row, then the values of the cells.
struct Outcome {
  Arrays arrays;                    // an empty handle where there is an error in its place
  std::vector<std::string> errors;  // one an array; empty where there is none
  size_t cells = 0;                 // how many of them are values of cells

  bool failed() const;
  void add(Arrays results);
  void add(const Error& error);
};
Outcome run(const Program& program, const Way& way, const Arrays& inputs);

}  // namespace lazulite::fuzz
