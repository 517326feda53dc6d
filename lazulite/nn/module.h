#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lazulite/core/cell.h"

namespace lazulite::nn {

/// Named arrays in a fixed order: parameters, gradients.
using NamedArrays = std::vector<std::pair<std::string, Array>>;
using NamedCells = std::vector<std::pair<std::string, Cell>>;

/// Base of everything with parameters. A layer keeps its parameters in Cell members that it
/// registers with `parameter`; a network keeps layers as members and registers them with `module`:
///
///     struct Net : nn::Module {
///       nn::Linear hidden{784, 128}, out{128, 10};
///       Net() { modules({{"hidden", hidden}, {"out", out}}); }
///       Array operator()(const Array& x) const { return out(relu(hidden(x))); }
///     };
///
/// A module is a handle: copies share parameters, flags and children.
///
/// Threads: any may compute with a module, read and write its parameters, load weights, and change
/// its mode or what is frozen, while others do the same; each parameter and each flag changes as a
/// whole. Registering is not for that: a module is complete before other threads see it.
class Module {
 public:
  Module();
  Module(const Module& other);
  Module& operator=(const Module& other);
  virtual ~Module();

  /// All parameters with their paths, for instance "layers.0.weight", depth first in the order of
  /// registration. What is not trained (running statistics, frozen parameters) is included.
  NamedCells parameters() const;
  /// Those that `optimizer.update` changes; one that stands in several places only once, under its
  /// first name.
  NamedCells trainable_parameters() const;
  /// The modules below this one, with their paths; itself first, under "".
  std::vector<std::pair<std::string, Module>> named_modules() const;
  /// How many numbers the parameters hold; shared ones count once.
  int64_t parameter_count() const;

  /// Training or evaluation mode, of this module and all below.
  void train(bool mode = true);
  void eval() { train(false); }
  bool training() const;

  /// Excludes parameters of this module and all below from training, or includes them again: all,
  /// or those with the given last names ("bias"). Running statistics stay excluded.
  void freeze(const std::vector<std::string>& names = {});
  void unfreeze(const std::vector<std::string>& names = {});

  /// Writes all parameters to a .safetensors file, replacing it as a whole. Throws if there are
  /// none.
  void save_weights(const std::string& path) const;
  /// Reads them back. Throws, without having changed anything, if a shape does not match, if a
  /// dtype cannot become the parameter's (complex numbers, or floating ones for integers) or, when
  /// `strict`, if the file lacks a parameter or has another one.
  void load_weights(const std::string& path, bool strict = true);
  /// Gives parameters new values by path; the same conditions as for load_weights.
  void update(const NamedArrays& values, bool strict = true);

  /// Throws if a module that lies in memory between this one and `end` (a member of an object that
  /// ends there) has something to train and was never registered below this one.
  void check_members(const void* end) const;

 protected:
  // Registering throws if the name is taken, and if a module would come to lie below itself.

  /// Registers a parameter with its first value.
  void parameter(const std::string& name, Cell& cell, Array value);
  /// Registers an array that belongs to the state but is not trained.
  void buffer(const std::string& name, Cell& cell, Array value);
  /// Registers modules as children.
  void module(const std::string& name, const Module& child);
  void modules(const std::vector<std::pair<std::string, Module>>& children);

 private:
  struct State;
  explicit Module(std::shared_ptr<State> state);
  void add(const std::string& name, Cell& cell, Array value, bool trainable);
  void set_frozen(bool frozen, const std::vector<std::string>& names);

  std::shared_ptr<State> state_;
};

/// The module's trainable parameters. Throws for `operation`, saying why, if there are none.
NamedCells parameters_to_train(const Module& module, const char* operation);

}  // namespace lazulite::nn
