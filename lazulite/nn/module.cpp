#include "lazulite/nn/module.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "lazulite/core/errors.h"
#include "lazulite/core/fork.h"
#include "lazulite/core/whole_change.h"
#include "lazulite/io/safetensors.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {

struct Module::State {
  struct Entry {
    std::string name;
    Cell cell;
    bool trainable;
    std::atomic<bool> frozen = false;

    Entry(std::string entry_name, Cell place, bool is_trainable)
        : name(std::move(entry_name)), cell(std::move(place)), trainable(is_trainable) {}
    bool trains() const { return trainable && !frozen; }
  };
  using StatePtr = std::shared_ptr<State>;

  std::deque<Entry> entries;
  std::vector<std::pair<std::string, StatePtr>> children;
  bool has_parent = false;
  std::atomic<bool> training = true;
  Version version;  // the flags: training, frozen

  // Flags that are equal give versions that are equal.
  void flags_changed() {
    uint64_t hash = training ? 1 : 2;
    for (const Entry& entry : entries) hash = hash * 0x100000001b3u + (entry.frozen ? 3 : 5);
    version.set(hash);
  }

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // One after another: a chain of modules may be longer than the stack is deep.
  ~State() {
    auto ending = std::move(children);
    while (!ending.empty()) {
      StatePtr last = std::move(ending.back().second);
      ending.pop_back();
      if (last.use_count() > 1) continue;
      for (auto& child : last->children) ending.push_back(std::move(child));
      last->children.clear();
    }
  }

  // Calls f(path, state) for this state and all below, in order; `path` is empty or ends with a
  // dot.
  template <class F>
  static void visit(const StatePtr& root, F&& f) {
    std::vector<std::pair<std::string, StatePtr>> waiting{{"", root}};
    while (!waiting.empty()) {
      auto [path, state] = std::move(waiting.back());
      waiting.pop_back();
      f(path, state);
      for (auto at = state->children.rbegin(); at != state->children.rend(); ++at) {
        waiting.emplace_back(path + at->first + ".", at->second);
      }
    }
  }

  // This state and all below, each once.
  static std::set<const State*> below(const State* root) {
    std::set<const State*> seen{root};
    std::vector<const State*> waiting{root};
    while (!waiting.empty()) {
      const State* state = waiting.back();
      waiting.pop_back();
      for (const auto& [name, child] : state->children) {
        if (seen.insert(child.get()).second) waiting.push_back(child.get());
      }
    }
    return seen;
  }
};

namespace {

std::mutex& places_mutex() {
  static auto* mutex = new std::mutex;
  return *mutex;
}
[[maybe_unused]] const bool held_in_forks = (add_fork_handler(holding<places_mutex>(8)), true);

/// Where in memory modules lie, so that a member that was never registered can be found.
class Places {
 public:
  void add(const Module* module) {
    std::lock_guard lock(places_mutex());
    modules_.insert(module);
  }
  void remove(const Module* module) {
    std::lock_guard lock(places_mutex());
    modules_.erase(module);
  }
  /// Those that begin in [first, last).
  std::vector<const Module*> within(const Module* first, const void* last) {
    std::lock_guard lock(places_mutex());
    std::vector<const Module*> found;
    for (auto at = modules_.lower_bound(first); at != modules_.end(); ++at) {
      if (!std::less<const void*>()(*at, last)) break;
      found.push_back(*at);
    }
    return found;
  }

 private:
  std::set<const Module*, std::less<>> modules_;
};

// Never destroyed: modules may be static.
Places& places() {
  static auto* all = new Places;
  return *all;
}

}  // namespace

Module::Module() : Module(std::make_shared<State>()) {}
Module::Module(std::shared_ptr<State> state) : state_(std::move(state)) { places().add(this); }
Module::Module(const Module& other) : Module(other.state_) {}
Module& Module::operator=(const Module& other) {
  state_ = other.state_;
  return *this;
}
Module::~Module() { places().remove(this); }

void Module::check_members(const void* end) const {
  std::set<const State*> registered = State::below(state_.get());
  for (const Module* member : places().within(this, end)) {
    if (registered.count(member->state_.get())) continue;
    NamedCells lost = member->trainable_parameters();
    if (lost.empty()) continue;
    throw Error(
        fmt::format("value_and_grad: a member of the module has a parameter '{}' (shape {}) that "
                    "would not be trained, since the member was never registered; register it "
                    "with module(), or freeze it",
                    lost[0].first, to_string(lost[0].second.get().shape())));
  }
}

NamedCells Module::parameters() const {
  NamedCells out;
  State::visit(state_, [&](const std::string& path, const std::shared_ptr<State>& state) {
    for (const State::Entry& entry : state->entries)
      out.emplace_back(path + entry.name, entry.cell);
  });
  return out;
}

NamedCells Module::trainable_parameters() const {
  NamedCells out;
  std::set<CellState*> seen;
  State::visit(state_, [&](const std::string& path, const std::shared_ptr<State>& state) {
    state->version.observe();
    for (const State::Entry& entry : state->entries) {
      if (!entry.trains()) continue;
      if (seen.insert(entry.cell.state().get()).second) {
        out.emplace_back(path + entry.name, entry.cell);
      }
    }
  });
  return out;
}

std::vector<std::pair<std::string, Module>> Module::named_modules() const {
  std::vector<std::pair<std::string, Module>> out;
  State::visit(state_, [&](const std::string& path, const std::shared_ptr<State>& state) {
    out.emplace_back(path.substr(0, path.empty() ? 0 : path.size() - 1), Module(state));
  });
  return out;
}

int64_t Module::parameter_count() const {
  int64_t count = 0;
  std::set<CellState*> seen;
  for (const auto& [name, cell] : parameters()) {
    if (seen.insert(cell.state().get()).second) count += cell.get().size();
  }
  return count;
}

void Module::train(bool mode) {
  State::visit(state_, [&](const std::string&, const std::shared_ptr<State>& state) {
    state->training = mode;
    state->flags_changed();
  });
}

bool Module::training() const {
  state_->version.observe();
  return state_->training;
}

void Module::set_frozen(bool frozen, const std::vector<std::string>& names) {
  State::visit(state_, [&](const std::string&, const std::shared_ptr<State>& state) {
    for (State::Entry& entry : state->entries) {
      bool named = std::find(names.begin(), names.end(), entry.name) != names.end();
      if (!names.empty() && !named) continue;
      entry.frozen = frozen;
    }
    state->flags_changed();
  });
}
void Module::freeze(const std::vector<std::string>& names) { set_frozen(true, names); }
void Module::unfreeze(const std::vector<std::string>& names) { set_frozen(false, names); }

void Module::save_weights(const std::string& path) const {
  NamedArrays values;
  for (const auto& [name, cell] : parameters()) values.emplace_back(name, cell.get());
  if (values.empty()) {
    throw Error(
        fmt::format("save_weights: {}: the module has no parameters; members are known "
                    "once they are registered with parameter() or module()",
                    path));
  }
  io::save_safetensors(path, values);
}

void Module::load_weights(const std::string& path, bool strict) {
  NamedArrays values;
  {
    OperationScope operation("load_weights");
    values = io::load_safetensors(path);
  }
  try {
    update(values, strict);
  } catch (const Error& error) {
    throw Error(fmt::format("load_weights: {}: {}", path, error.what()));
  }
}

namespace {

// A value as the parameter holds it.
Array fitted(const std::string& name, const Array& value, const Array& current) {
  if (!value.valid()) {
    throw Error(fmt::format("an empty handle was given for the parameter '{}'", name));
  }
  if (!(value.shape() == current.shape())) {
    throw Error(fmt::format("the parameter '{}' has shape {}, but shape {} was given", name,
                            to_string(current.shape()), to_string(value.shape())));
  }
  Dtype from = value.dtype(), to = current.dtype();
  bool fits = result_type(from, to) == to || (is_floating(from) && is_floating(to));
  if (!fits) {
    throw Error(fmt::format("the parameter '{}' has dtype {}, which cannot hold {}", name,
                            name_of(to), name_of(from)));
  }
  return astype(value, to);
}

}  // namespace

void Module::update(const NamedArrays& values, bool strict) {
  std::map<std::string, Array> given;
  for (const auto& [name, value] : values) {
    if (!given.emplace(name, value).second) {
      throw Error(fmt::format("there are two values for the parameter '{}'", name));
    }
  }
  std::vector<std::pair<Cell, Array>> changes;
  for (const auto& [name, cell] : parameters()) {
    auto found = given.find(name);
    if (found == given.end()) {
      if (strict) throw Error(fmt::format("there is no value for the parameter '{}'", name));
      continue;
    }
    changes.emplace_back(cell, fitted(name, found->second, cell.get()));
    given.erase(found);
  }
  if (strict && !given.empty()) {
    throw Error(fmt::format("there is no parameter '{}' in the module", given.begin()->first));
  }
  WholeChange whole;
  for (auto& [cell, value] : changes) whole.keep(cell);
  for (auto& [cell, value] : changes) cell.set(value);
  whole.complete();
}

void Module::add(const std::string& name, Cell& cell, Array value, bool trainable) {
  for (const State::Entry& entry : state_->entries) {
    if (entry.name == name) throw Error(fmt::format("Module: two parameters named '{}'", name));
  }
  if (!value.valid()) {
    throw Error(fmt::format("Module: an empty handle was given for the parameter '{}'", name));
  }
  cell.set(std::move(value));
  cell.set_name(name);
  state_->entries.emplace_back(name, cell, trainable);
  state_->flags_changed();
}
void Module::parameter(const std::string& name, Cell& cell, Array value) {
  add(name, cell, std::move(value), true);
}
void Module::buffer(const std::string& name, Cell& cell, Array value) {
  add(name, cell, std::move(value), false);
}
void Module::module(const std::string& name, const Module& child) {
  for (const auto& [taken, other] : state_->children) {
    if (taken == name) throw Error(fmt::format("Module: two modules named '{}'", name));
  }
  // What has never been registered lies below itself alone.
  bool inside = child.state_ == state_ ||
                (state_->has_parent && State::below(child.state_.get()).count(state_.get()) > 0);
  if (inside) {
    throw Error(
        fmt::format("Module: '{}' is this module itself or holds it, so that it would lie "
                    "below itself",
                    name));
  }
  state_->children.emplace_back(name, child.state_);
  child.state_->has_parent = true;
}
void Module::modules(const std::vector<std::pair<std::string, Module>>& children) {
  for (const auto& [name, child] : children) module(name, child);
}

NamedCells parameters_to_train(const Module& module, const char* operation) {
  NamedCells cells = module.trainable_parameters();
  if (!cells.empty()) return cells;
  size_t count = module.parameters().size();
  throw Error(
      count == 0
          ? fmt::format("{}: the module has no parameters to train; members are known once they "
                        "are registered with parameter() or module()",
                        operation)
          : fmt::format("{}: none of the module's {} parameters is to be trained; they are frozen "
                        "or buffers",
                        operation, count));
}

}  // namespace lazulite::nn
