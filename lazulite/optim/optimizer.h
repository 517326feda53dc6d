#pragma once

#include <map>
#include <memory>

#include "lazulite/core/fork.h"
#include "lazulite/nn/module.h"
#include "lazulite/optim/schedules.h"

namespace lazulite::optim {

/// Base of the optimizers. Its state (moments, step count, learning rate) lies in cells, so that a
/// compiled training step finds it by itself. Parameters of half precision are updated in float32,
/// in which their moments are kept too, and rounded at the end. Copies share the state.
class Optimizer {
 public:
  explicit Optimizer(Schedule schedule);
  /// Throws unless the rate is finite and not negative.
  explicit Optimizer(double learning_rate);
  virtual ~Optimizer() = default;

  /// Changes the module's parameters by their gradients; frozen parameters stay as they are.
  /// Throws if there is nothing to train, and if a gradient has no parameter, another shape, or a
  /// dtype that is no part of the parameter's numbers. Whatever it throws, also of a schedule or of
  /// `apply_single`, it has changed neither the module nor the optimizer.
  void update(const nn::Module& module, const nn::NamedArrays& gradients);

  /// Replaces the schedule by a constant, finite and not negative.
  void set_learning_rate(double rate);
  /// float32.
  Array learning_rate() const;
  /// Updates done so far, uint64.
  Array step() const;

  /// Everything that a later run needs to go on, by name: "step", "learning_rate",
  /// "fc.weight.m", …; and "scheduled", false, if `set_learning_rate` has replaced a schedule.
  nn::NamedArrays state() const;
  /// Takes it over: moments that it lacks start anew, those of half precision are widened, and the
  /// learning rate holds until this optimizer's own schedule, if it follows one, gives the next.
  /// Throws, without having changed anything, if an entry is unknown or cannot be what it is named.
  void load_state(const nn::NamedArrays& values);

 protected:
  /// What an optimizer keeps for one parameter, by name.
  class State {
   public:
    /// The cell of this name, for values of the shape and dtype of `first`, its first one.
    Cell& cell(const std::string& name, const Array& first);

   private:
    friend class Optimizer;
    GatedMutex mutex_;
    std::map<std::string, Cell> cells_;
  };
  /// The parameter's new value. Both arrays have the same dtype, which is not of half precision.
  virtual Array apply_single(const Array& gradient, const Array& parameter, State& state) = 0;

 private:
  struct Shared;
  State& state_of(const std::string& parameter);

  std::shared_ptr<Shared> shared_;
};

/// Scales the gradients so that the norm of all together is at most `max_norm`, which is not
/// negative. Returns them, each of its own dtype, and the norm before: float32, or float64 if a
/// gradient is. No square overflows or vanishes on the way.
std::pair<nn::NamedArrays, Array> clip_grad_norm(const nn::NamedArrays& gradients, double max_norm);

}  // namespace lazulite::optim
