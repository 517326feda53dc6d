#include "fuzz/execute.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "fuzz/operation.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/primitives.h"

namespace lazulite::fuzz {
namespace {

// A scalar that depends on every number, with derivatives of all sizes.
Array scalar_of(const Arrays& results) {
  Array total = zeros({});
  for (const Array& result : results) {
    if (!is_inexact(result.dtype())) continue;
    total = total + sum(astype(real(sin(result)), Dtype::float32));
  }
  return total;
}

}  // namespace

Callable::Callable(const Program& program, const Way& way, const Arrays& inputs)
    : program_(program), way_(way), inputs_(program.inputs()) {
  last_use_.resize(program.values.size());
  kept_.resize(program.values.size(), false);
  for (size_t i = 0; i < program.values.size(); ++i) {
    for (int operand : program.values[i].operands) last_use_[static_cast<size_t>(operand)] = i;
  }
  for (int kept : program.kept) kept_[static_cast<size_t>(kept)] = true;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const Input& input = program.values[static_cast<size_t>(inputs_[i])].input;
    cells_.emplace_back();
    if (input.cell) cells_.back().set(inputs[i]);
    if (input.written >= 0) kept_[static_cast<size_t>(input.written)] = true;
  }
  if (way.compiled) {
    compiled_ = compile_arrays([this](const Arrays& arguments) { return call(arguments); });
  }
}

// Each time anew, as what is drawn from the random state is drawn once. What a user's own operation
// computes cannot be exported, and is called.
Arrays Callable::call_exported(const Arrays& arguments) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("lazulite-program-" + std::to_string(::getpid()) + ".lzf");
  struct Removed {
    const std::filesystem::path& path;
    ~Removed() { std::filesystem::remove(path); }
  } const removed{path};
  try {
    io::export_function(
        path, [this](const Arrays& a) { return call(a); }, arguments);
  } catch (const ValueError& error) {
    if (std::string(error.what()).find("cannot be exported") == std::string::npos) throw;
    return call(arguments);
  }
  return io::import_function(path)(arguments);
}

Arrays Callable::operator()(Arrays arguments) {
  const bool has_cells = arguments.size() != inputs_.size();
  if (way_.exported && !has_cells) return call_exported(arguments);
  return compiled_ ? (*compiled_)(std::move(arguments)) : call(arguments);
}

Arrays Callable::arguments(const Arrays& inputs) const {
  Arrays out;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (!program_.values[static_cast<size_t>(inputs_[i])].input.cell) out.push_back(inputs[i]);
  }
  return out;
}

Arrays Callable::cell_values() const {
  Arrays out;
  for (const Cell& cell : cells_) {
    if (cell.has_value()) out.push_back(cell.get());
  }
  return out;
}

Arrays Callable::call(const Arrays& arguments) {
  Arrays inputs;
  size_t next = 0;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const Input& input = program_.values[static_cast<size_t>(inputs_[i])].input;
    inputs.push_back(input.cell ? cells_[i].get() : arguments[next++]);
  }
  Arrays results = program_.derivatives ? differentiated(inputs) : forward(inputs);
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (!written_[i].valid()) continue;
    // Compiled functions write row-major, and a product's sums depend on strides.
    cells_[i].set(program_.has_product() ? copy(written_[i]) : written_[i]);
  }
  written_.clear();
  return results;
}

Arrays Callable::forward(const Arrays& inputs) {
  const std::vector<Value>& values = program_.values;
  Arrays all(values.size());
  size_t next = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const Value& value = values[i];
    if (!value.operation) {
      all[i] = inputs[next++];
      continue;
    }
    Arrays operands;
    for (int operand : value.operands) operands.push_back(all[static_cast<size_t>(operand)]);
    {
      auto number = static_cast<uint64_t>(way_.streams);
      StreamScope scope(Stream{default_device(), static_cast<int>((program_.seed + i) % number)});
      all[i] = value.operation->apply(operands, value.numbers);
    }
    bool tracing = way_.compiled;
    bool view = !tracing && all[i].node()->primitive && is_view(*all[i].node()->primitive);
    bool some = way_.hold == Hold::some && (program_.seed + 7 * i) % 3 == 0;
    if (way_.hold == Hold::all || some || (way_.hold == Hold::views && view)) {
      held_.push_back(all[i]);
    }
    if (way_.piecewise && choice_() % 3 == 0) {
      try {
        if (choice_() % 2) {
          eval({all[i]});
        } else {
          async_eval({all[i]});
        }
      } catch (const IndexError&) {
        // Of no consequence for what does not depend on it.
      }
    }
    operands.clear();
    for (int operand : value.operands) {
      auto at = static_cast<size_t>(operand);
      if (last_use_[at] == i && !kept_[at]) all[at] = Array();
    }
  }
  Arrays results;
  for (int kept : program_.kept) results.push_back(all[static_cast<size_t>(kept)]);
  written_.assign(inputs_.size(), Array());
  for (size_t i = 0; i < inputs_.size(); ++i) {
    int from = values[static_cast<size_t>(inputs_[i])].input.written;
    if (from >= 0 && !program_.derivatives) written_[i] = all[static_cast<size_t>(from)];
  }
  return results;
}

Arrays Callable::differentiated(const Arrays& inputs) {
  std::vector<int> sources;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (is_inexact(inputs[i].dtype())) sources.push_back(static_cast<int>(i));
  }
  ArraysFunction first = [&](const Arrays& in) {
    Arrays results = forward(in), out{scalar_of(results)};
    out.insert(out.end(), results.begin(), results.end());
    return out;
  };
  ArraysFunction outer = first;
  if (program_.derivatives == 2) {
    outer = [&](const Arrays& in) {
      auto [values, gradients] = value_and_grad(first, sources)(in);
      Arrays out{scalar_of(gradients)};
      out.insert(out.end(), gradients.begin(), gradients.end());
      return out;
    };
  }
  auto [values, gradients] = value_and_grad(outer, sources)(inputs);
  written_.assign(inputs_.size(), Array());
  for (size_t i = 0; i < sources.size(); ++i) {
    auto source = static_cast<size_t>(sources[i]);
    const Input& input = program_.values[static_cast<size_t>(inputs_[source])].input;
    if (input.cell && input.written >= 0) written_[source] = gradients[i];
  }
  if (!program_.keeps_value) return gradients;
  Arrays results = std::move(values);
  results.insert(results.end(), gradients.begin(), gradients.end());
  return results;
}

Outcome run(const Program& program, const Way& way, const Arrays& inputs) {
  struct Settings {
    bool fused = fusion_enabled();
    PendingBudget budget = pending_budget();
    ~Settings() {
      set_fusion_enabled(fused);
      set_pending_budget(budget);
    }
  } settings;
  set_fusion_enabled(way.fused);
  set_pending_budget({way.budget, 0});
  random::seed(program.seed);
  Outcome outcome;
  Arrays given = way.own_inputs ? input_arrays(program) : inputs;
  Callable callable(program, way, given);
  Arrays unread;
  for (int call = 0; call < 2; ++call) {
    Arrays arguments = callable.arguments(given);
    if (way.own_inputs) given.clear();
    try {
      Arrays results = callable(std::move(arguments));
      arguments.clear();
      if (way.waits) {
        outcome.add(std::move(results));
      } else {
        unread.insert(unread.end(), results.begin(), results.end());
      }
    } catch (const Error& error) {
      outcome.add(error);
    }
    if (way.own_inputs && call == 0) given = input_arrays(program);
  }
  outcome.add(std::move(unread));
  size_t before_cells = outcome.arrays.size();
  outcome.add(callable.cell_values());
  outcome.cells = outcome.arrays.size() - before_cells;
  return outcome;
}

bool Outcome::failed() const {
  return std::any_of(errors.begin(), errors.end(),
                     [](const std::string& error) { return !error.empty(); });
}

void Outcome::add(Arrays results) {
  try {
    eval(results);
  } catch (const Error&) {
    // Which of them have failed is asked one by one.
  }
  for (Array& result : results) {
    std::string error;
    try {
      result.eval();
    } catch (const Error& thrown) {
      error = thrown.what();
      result = Array();
    }
    arrays.push_back(std::move(result));
    errors.push_back(std::move(error));
  }
}

void Outcome::add(const Error& error) {
  arrays.emplace_back();
  errors.emplace_back(error.what());
}

}  // namespace lazulite::fuzz
