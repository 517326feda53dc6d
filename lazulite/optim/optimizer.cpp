#include "lazulite/optim/optimizer.h"

#include <atomic>
#include <limits>
#include <set>

#include "lazulite/core/whole_change.h"
#include "lazulite/nn/options.h"
#include "lazulite/ops/ops.h"

namespace lazulite::optim {

struct Optimizer::Shared {
  Schedule schedule;  // empty: the rate is what the cell holds
  std::atomic<bool> scheduled = false;
  Version version;  // of `scheduled`
  Cell rate;
  Cell step{Array(0, Dtype::uint64), "step"};
  GatedMutex mutex;  // of `states`, whose elements stay where they are
  std::map<std::string, State> states;

  void follow_schedule(bool follow) {
    if (scheduled.exchange(follow) != follow) version.bump();
  }

  Array scheduled_rate() const {
    Array value = schedule(step.get());
    if (!value.valid() || value.ndim() != 0 || kind_of(value.dtype()) == DtypeKind::complex) {
      throw Error(fmt::format("Optimizer: a schedule must give one real number, not {}",
                              value.valid() ? fmt::format("{} of shape {}", name_of(value.dtype()),
                                                          to_string(value.shape()))
                                            : "an empty handle"));
    }
    return astype(value, Dtype::float32);
  }
};

namespace {

// The step that the thread is taking.
thread_local WholeChange* step_under_way = nullptr;

class StepScope {
 public:
  explicit StepScope(WholeChange& step) : outer_(std::exchange(step_under_way, &step)) {}
  ~StepScope() { step_under_way = outer_; }
  StepScope(const StepScope&) = delete;
  StepScope& operator=(const StepScope&) = delete;

 private:
  WholeChange* const outer_;
};

Array checked_rate(double rate) {
  check_option(rate >= 0 && rate <= std::numeric_limits<float>::max(), "Optimizer",
               "the learning rate", rate, "finite and at least 0");
  return Array(rate, Dtype::float32);
}

struct Change {
  std::string name;
  Cell cell;
  Array gradient;
};

void check_gradient(const std::string& name, const Array& gradient, const Array& parameter) {
  if (!gradient.valid()) {
    throw Error(fmt::format("Optimizer: an empty handle was given as the gradient of '{}'", name));
  }
  if (!(gradient.shape() == parameter.shape())) {
    throw Error(fmt::format("Optimizer: the gradient of '{}' has shape {}, the parameter {}", name,
                            to_string(gradient.shape()), to_string(parameter.shape())));
  }
  Dtype from = gradient.dtype(), to = parameter.dtype();
  bool fits = is_floating(from) ? is_inexact(to) : is_inexact(from) && from == to;
  if (!fits) {
    throw Error(
        fmt::format("Optimizer: a gradient of dtype {} cannot change the parameter '{}' of "
                    "dtype {}",
                    name_of(from), name, name_of(to)));
  }
}

// The gradients of what is to be trained, all of them checked.
std::vector<Change> changes_of(const nn::Module& module, const nn::NamedArrays& gradients) {
  std::set<const void*> trained;
  for (const auto& [name, cell] : nn::parameters_to_train(module, "Optimizer")) {
    trained.insert(cell.state().get());
  }
  if (gradients.empty()) throw Error("Optimizer: no gradients were given");
  std::map<std::string, Cell> parameters;
  for (const auto& [name, cell] : module.parameters()) parameters.emplace(name, cell);
  std::set<const void*> seen;
  std::vector<Change> changes;
  for (const auto& [name, gradient] : gradients) {
    auto found = parameters.find(name);
    if (found == parameters.end()) {
      throw Error(
          fmt::format("Optimizer: there is a gradient for '{}', but the module has no such "
                      "parameter",
                      name));
    }
    const Cell& cell = found->second;
    check_gradient(name, gradient, cell.get());
    if (!seen.insert(cell.state().get()).second) {
      throw Error(fmt::format("Optimizer: there is a second gradient for '{}'", name));
    }
    if (trained.count(cell.state().get())) changes.push_back({name, cell, gradient});
  }
  return changes;
}

}  // namespace

Optimizer::Optimizer(Schedule schedule) : shared_(std::make_shared<Shared>()) {
  if (!schedule) throw Error("Optimizer: an empty function was given as the schedule");
  shared_->schedule = std::move(schedule);
  shared_->scheduled = true;
  shared_->rate = Cell(shared_->scheduled_rate(), "learning_rate");
}

Optimizer::Optimizer(double learning_rate) : shared_(std::make_shared<Shared>()) {
  shared_->rate = Cell(checked_rate(learning_rate), "learning_rate");
}

Array Optimizer::learning_rate() const { return shared_->rate.get(); }
Array Optimizer::step() const { return shared_->step.get(); }

void Optimizer::update(const nn::Module& module, const nn::NamedArrays& gradients) {
  std::vector<Change> changes = changes_of(module, gradients);
  shared_->version.observe();
  WholeChange whole;
  StepScope scope(whole);
  if (shared_->scheduled) {
    Array rate = shared_->scheduled_rate();
    whole.keep(shared_->rate);
    shared_->rate.set(std::move(rate), true);
  }
  whole.keep(shared_->step);
  shared_->step.set(shared_->step.get() + 1, true);
  Array smallest;
  for (Change& change : changes) {
    Array parameter = change.cell.get();
    Dtype dtype = is_half(parameter.dtype()) ? Dtype::float32 : parameter.dtype();
    Array value = apply_single(astype(change.gradient, dtype), astype(parameter, dtype),
                               state_of(change.name));
    if (!value.valid() || !(value.shape() == parameter.shape())) {
      throw Error(fmt::format("Optimizer: the new value of '{}' has not the shape {}", change.name,
                              to_string(parameter.shape())));
    }
    value = astype(value, parameter.dtype());
    whole.keep(change.cell);
    change.cell.set(value);
    if (!smallest.valid() || value.size() < smallest.size()) smallest = value;
  }
  // A step that could not be computed has not been taken.
  if (smallest.valid()) {
    shared_->step.tie(smallest);
    if (shared_->scheduled) shared_->rate.tie(smallest);
  }
  whole.complete();
}

void Optimizer::set_learning_rate(double rate) {
  Array value = checked_rate(rate);
  shared_->rate = value;
  shared_->follow_schedule(false);
}

Optimizer::State& Optimizer::state_of(const std::string& parameter) {
  std::lock_guard lock(shared_->mutex);
  return shared_->states[parameter];
}

Cell& Optimizer::State::cell(const std::string& name, const Array& first) {
  Cell* cell = nullptr;
  {
    std::lock_guard lock(mutex_);
    cell = &cells_[name];
  }
  if (step_under_way) step_under_way->keep(*cell);
  if (!cell->has_value()) {
    cell->set_name(name);
    cell->set(first);
    return *cell;
  }
  Array value = cell->get();
  if (!(value.shape() == first.shape())) {
    throw Error(
        fmt::format("Optimizer: the state '{}' has shape {} where {} is needed; it belongs "
                    "to another parameter",
                    name, to_string(value.shape()), to_string(first.shape())));
  }
  if (value.dtype() != first.dtype()) cell->set(astype(value, first.dtype()));
  return *cell;
}

namespace {

[[noreturn]] void reject(const std::string& path, const std::string& reason) {
  throw Error(fmt::format("Optimizer: the state's entry '{}' {}", path, reason));
}

// Values that belong to a run that goes on, none of them out of its range.
void check_entry(const std::string& path, const Array& value) {
  if (!value.valid()) reject(path, "is an empty handle");
  if (path == "step") {
    bool counts = value.ndim() == 0 && is_integer(value.dtype());
    if (!counts) reject(path, "must be one integer");
    if (value.item<double>() < 0) reject(path, "must not be negative");
  } else if (path == "learning_rate") {
    bool real = value.ndim() == 0 && is_floating(value.dtype());
    if (!real) reject(path, "must be one floating number");
    (void)checked_rate(value.item<double>());
  } else if (path == "scheduled") {
    bool truth = value.ndim() == 0 && value.dtype() == Dtype::bool_;
    if (!truth) reject(path, "must be one bool");
  } else {
    if (path.rfind('.') == std::string::npos) reject(path, "is unknown");
    if (!is_inexact(value.dtype())) {
      reject(path, std::string("must hold floating numbers, not ") + name_of(value.dtype()));
    }
  }
}

}  // namespace

nn::NamedArrays Optimizer::state() const {
  nn::NamedArrays out{{"step", step()}, {"learning_rate", learning_rate()}};
  if (shared_->schedule && !shared_->scheduled) out.emplace_back("scheduled", Array(false));
  std::vector<std::pair<std::string, Cell>> cells;
  {
    std::lock_guard lock(shared_->mutex);
    for (auto& [parameter, state] : shared_->states) {
      std::lock_guard state_lock(state.mutex_);
      for (const auto& [name, cell] : state.cells_)
        cells.emplace_back(parameter + "." + name, cell);
    }
  }
  // Reading a value may take long.
  for (const auto& [name, cell] : cells) {
    if (cell.has_value()) out.emplace_back(name, cell.get());
  }
  return out;
}

void Optimizer::load_state(const nn::NamedArrays& values) {
  std::map<std::string, Array> given;
  for (const auto& [path, value] : values) {
    check_entry(path, value);
    if (!given.emplace(path, value).second) reject(path, "is there twice");
  }
  bool follow = static_cast<bool>(shared_->schedule);
  if (auto flag = given.find("scheduled"); flag != given.end()) {
    follow = follow && flag->second.item<bool>();
  }
  for (auto& [path, value] : given) {
    if (path == "step") {
      value = astype(value, Dtype::uint64);
    } else if (path == "learning_rate" || is_half(value.dtype())) {
      value = astype(value, Dtype::float32);
    }
  }
  std::vector<std::pair<Cell, Array>> changes;
  {
    std::lock_guard lock(shared_->mutex);
    for (auto& [parameter, state] : shared_->states) {
      std::lock_guard state_lock(state.mutex_);
      for (auto& [name, cell] : state.cells_) {
        if (!given.count(parameter + "." + name)) changes.emplace_back(cell, Array());
      }
    }
    for (const auto& [path, value] : given) {
      if (path == "step") {
        changes.emplace_back(shared_->step, value);
      } else if (path == "learning_rate") {
        changes.emplace_back(shared_->rate, value);
      } else if (size_t dot = path.rfind('.'); dot != std::string::npos) {
        State& state = shared_->states[path.substr(0, dot)];
        std::lock_guard state_lock(state.mutex_);
        changes.emplace_back(state.cells_[path.substr(dot + 1)], value);
      }
    }
  }
  WholeChange whole;
  for (auto& [cell, value] : changes) whole.keep(cell);
  for (auto& [cell, value] : changes) cell.set(value);
  shared_->follow_schedule(follow);
  whole.complete();
}

}  // namespace lazulite::optim
