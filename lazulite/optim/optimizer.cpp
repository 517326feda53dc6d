#include "lazulite/optim/optimizer.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"

namespace lazulite::optim {

Optimizer::Optimizer(Schedule schedule) : schedule_(std::move(schedule)) {
  step_ = Cell(Array(0, Dtype::uint64), "step");
  rate_ = Cell(schedule_(step_.get()), "learning_rate");
}

void Optimizer::update(const nn::Module& module, const nn::NamedArrays& gradients) {
  version_.observe();
  if (scheduled_) rate_ = schedule_(step_.get());
  step_ = step_.get() + 1;
  std::map<std::string, Cell> parameters;
  for (const auto& [name, cell] : module.parameters()) parameters.emplace(name, cell);
  for (const auto& [name, gradient] : gradients) {
    auto found = parameters.find(name);
    if (found == parameters.end()) {
      throw Error(
          fmt::format("Optimizer: there is a gradient for '{}', but the module has no such "
                      "parameter",
                      name));
    }
    Array parameter = found->second.get();
    found->second.set(astype(apply_single(gradient, parameter, states_[name]), parameter.dtype()));
  }
}

void Optimizer::set_learning_rate(double rate) {
  version_.bump();
  scheduled_ = false;
  rate_ = Array(rate, Dtype::float32);
}

Cell& Optimizer::State::cell(const std::string& name, const Array& first) {
  Cell& cell = cells_[name];
  if (!cell.has_value()) {
    cell.set_name(name);
    cell.set(first);
  }
  return cell;
}

nn::NamedArrays Optimizer::state() const {
  nn::NamedArrays out{{"step", step_.get()}, {"learning_rate", rate_.get()}};
  for (const auto& [parameter, state] : states_) {
    for (const auto& [name, cell] : state.cells_) {
      if (cell.has_value()) out.emplace_back(parameter + "." + name, cell.get());
    }
  }
  return out;
}

void Optimizer::load_state(const nn::NamedArrays& values) {
  for (const auto& [path, value] : values) {
    if (path == "step") {
      step_ = astype(value, Dtype::uint64);
    } else if (path == "learning_rate") {
      rate_ = value;
    } else if (size_t dot = path.rfind('.'); dot != std::string::npos) {
      states_[path.substr(0, dot)].cells_[path.substr(dot + 1)].set(value);
    } else {
      throw Error(fmt::format("Optimizer: the state has no entry '{}'", path));
    }
  }
}

std::pair<nn::NamedArrays, Array> clip_grad_norm(const nn::NamedArrays& gradients,
                                                 double max_norm) {
  Array squares = zeros({});
  for (const auto& [name, gradient] : gradients) squares = squares + sum(square(gradient));
  Array norm = sqrt(squares);
  Array scale = minimum(max_norm / (norm + 1e-6), 1.0);
  nn::NamedArrays out;
  for (const auto& [name, gradient] : gradients) out.emplace_back(name, gradient * scale);
  return {out, norm};
}

}  // namespace lazulite::optim
