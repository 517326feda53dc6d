#include "lazulite/nn/module.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "lazulite/core/errors.h"
#include "lazulite/io/safetensors.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {

struct Module::State {
  struct Entry {
    std::string name;
    Cell cell;
    bool trainable;
    bool frozen = false;
  };
  std::vector<Entry> entries;
  std::vector<std::pair<std::string, std::shared_ptr<State>>> children;
  bool training = true;
  Version version;  // the flags: training, frozen

  // Flags that are equal give versions that are equal.
  void flags_changed() {
    uint64_t hash = training ? 1 : 2;
    for (const Entry& entry : entries) hash = hash * 0x100000001b3u + (entry.frozen ? 3 : 5);
    version.set(hash);
  }

  // Calls f(path, state) for this state and all below; `path` is empty or ends with a dot.
  template <class F>
  static void visit(const std::shared_ptr<State>& state, const std::string& path, F&& f) {
    f(path, state);
    for (const auto& [name, child] : state->children) visit(child, path + name + ".", f);
  }
};

Module::Module() : state_(std::make_shared<State>()) {}

NamedCells Module::parameters() const {
  NamedCells out;
  State::visit(state_, "", [&](const std::string& path, const std::shared_ptr<State>& state) {
    for (const State::Entry& entry : state->entries)
      out.emplace_back(path + entry.name, entry.cell);
  });
  return out;
}

NamedCells Module::trainable_parameters() const {
  NamedCells out;
  std::set<CellState*> seen;
  State::visit(state_, "", [&](const std::string& path, const std::shared_ptr<State>& state) {
    state->version.observe();
    for (const State::Entry& entry : state->entries) {
      if (!entry.trainable || entry.frozen) continue;
      if (seen.insert(entry.cell.state().get()).second) {
        out.emplace_back(path + entry.name, entry.cell);
      }
    }
  });
  return out;
}

std::vector<std::pair<std::string, Module>> Module::named_modules() const {
  std::vector<std::pair<std::string, Module>> out;
  State::visit(state_, "", [&](const std::string& path, const std::shared_ptr<State>& state) {
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
  State::visit(state_, "", [&](const std::string&, const std::shared_ptr<State>& state) {
    state->training = mode;
    state->flags_changed();
  });
}

bool Module::training() const {
  state_->version.observe();
  return state_->training;
}

void Module::set_frozen(bool frozen, const std::vector<std::string>& names) {
  State::visit(state_, "", [&](const std::string&, const std::shared_ptr<State>& state) {
    for (State::Entry& entry : state->entries) {
      bool named = std::find(names.begin(), names.end(), entry.name) != names.end();
      if ((!names.empty() && !named) || entry.frozen == frozen) continue;
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
  io::save_safetensors(path, values);
}

void Module::load_weights(const std::string& path, bool strict) {
  try {
    update(io::load_safetensors(path), strict);
  } catch (const Error& error) {
    throw Error(fmt::format("load_weights: {}: {}", path, error.what()));
  }
}

void Module::update(const NamedArrays& values, bool strict) {
  std::map<std::string, Array> given(values.begin(), values.end());
  std::vector<std::pair<Cell, Array>> changes;
  for (const auto& [name, cell] : parameters()) {
    auto found = given.find(name);
    if (found == given.end()) {
      if (strict) throw Error(fmt::format("there is no value for the parameter '{}'", name));
      continue;
    }
    Array current = cell.get();
    if (!(found->second.shape() == current.shape())) {
      throw Error(fmt::format("the parameter '{}' has shape {}, but shape {} was given", name,
                              to_string(current.shape()), to_string(found->second.shape())));
    }
    changes.emplace_back(cell, astype(found->second, current.dtype()));
    given.erase(found);
  }
  if (strict && !given.empty()) {
    throw Error(fmt::format("there is no parameter '{}' in the module", given.begin()->first));
  }
  for (auto& [cell, value] : changes) cell.set(value);
}

void Module::add(const std::string& name, Cell& cell, Array value, bool trainable) {
  cell.set(std::move(value));
  cell.set_name(name);
  state_->entries.push_back({name, cell, trainable});
  state_->flags_changed();
}
void Module::parameter(const std::string& name, Cell& cell, Array value) {
  add(name, cell, std::move(value), true);
}
void Module::buffer(const std::string& name, Cell& cell, Array value) {
  add(name, cell, std::move(value), false);
}
void Module::module(const std::string& name, const Module& child) {
  state_->children.emplace_back(name, child.state_);
}
void Module::modules(const std::vector<std::pair<std::string, Module>>& children) {
  for (const auto& [name, child] : children) module(name, child);
}

}  // namespace lazulite::nn
