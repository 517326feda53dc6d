#pragma once

#include <map>

#include "lazulite/nn/module.h"
#include "lazulite/optim/schedules.h"

namespace lazulite::optim {

/// Base of the optimizers. Its state (moments, step count, learning rate) lies in cells, so that a
/// compiled training step finds it by itself.
class Optimizer {
 public:
  explicit Optimizer(Schedule schedule);
  virtual ~Optimizer() = default;

  /// Changes the module's parameters by their gradients. Throws if a gradient has no parameter.
  void update(const nn::Module& module, const nn::NamedArrays& gradients);

  /// Replaces the schedule by a constant.
  void set_learning_rate(double rate);
  Array learning_rate() const { return rate_.get(); }
  /// Updates done so far, uint64.
  Array step() const { return step_.get(); }

  /// Everything that a later run needs to go on, by name: "step", "learning_rate",
  /// "fc.weight.m", …
  nn::NamedArrays state() const;
  /// Takes it over.
  void load_state(const nn::NamedArrays& values);

 protected:
  /// What an optimizer keeps for one parameter, by name.
  class State {
   public:
    /// The cell of this name; `first` is its first value.
    Cell& cell(const std::string& name, const Array& first);

   private:
    friend class Optimizer;
    std::map<std::string, Cell> cells_;
  };
  /// The parameter's new value.
  virtual Array apply_single(const Array& gradient, const Array& parameter, State& state) = 0;

 private:
  Schedule schedule_;
  bool scheduled_ = true;
  Version version_;  // of schedule_
  Cell rate_;
  Cell step_;
  std::map<std::string, State> states_;
};

/// Scales the gradients so that the norm of all together is at most `max_norm`. Returns them and
/// the norm before.
std::pair<nn::NamedArrays, Array> clip_grad_norm(const nn::NamedArrays& gradients, double max_norm);

}  // namespace lazulite::optim
