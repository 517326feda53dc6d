#include "fuzz/minimise.h"

#include <algorithm>
#include <set>

#include "fuzz/operation.h"
#include "lazulite/core/errors.h"

namespace lazulite::fuzz {
namespace {

// The shapes and dtypes of all values; nothing where the program is none.
std::optional<Arrays> arrays_of(const Program& program) {
  Arrays out;
  try {
    for (const Value& value : program.values) {
      if (!value.operation) {
        out.push_back(zeros(value.input.shape, value.input.dtype));
        continue;
      }
      Arrays operands;
      for (int operand : value.operands) operands.push_back(out[static_cast<size_t>(operand)]);
      out.push_back(value.operation->apply(operands, value.numbers));
    }
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return out;
}

// Cells get values of their own shape and dtype.
bool is_whole(const Program& program) {
  auto arrays = arrays_of(program);
  if (!arrays || program.kept.empty()) return false;
  for (size_t i = 0; i < program.values.size(); ++i) {
    const Input& input = program.values[i].input;
    if (program.values[i].operation || input.written < 0) continue;
    const Array &x = (*arrays)[i], &y = (*arrays)[static_cast<size_t>(input.written)];
    if (x.dtype() != y.dtype() || !(x.shape() == y.shape())) return false;
  }
  return true;
}

// Without the values that no result needs.
Program trimmed(const Program& program) {
  std::vector<bool> needed(program.values.size(), false);
  for (int kept : program.kept) needed[static_cast<size_t>(kept)] = true;
  for (size_t i = program.values.size(); i-- > 0;) {
    const Value& value = program.values[i];
    if (!value.operation && value.input.cell && value.input.written >= 0) needed[i] = true;
  }
  for (const Value& value : program.values) {
    if (!value.operation && value.input.written >= 0) {
      needed[static_cast<size_t>(value.input.written)] = true;
    }
  }
  for (size_t i = program.values.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (int operand : program.values[i].operands) needed[static_cast<size_t>(operand)] = true;
  }
  Program out = program;
  out.values.clear();
  std::vector<int> position(program.values.size(), -1);
  for (size_t i = 0; i < needed.size(); ++i) {
    if (!needed[i]) continue;
    position[i] = static_cast<int>(out.values.size());
    out.values.push_back(program.values[i]);
    for (int& operand : out.values.back().operands)
      operand = position[static_cast<size_t>(operand)];
  }
  for (int& kept : out.kept) kept = position[static_cast<size_t>(kept)];
  for (Value& value : out.values) {
    if (value.input.written >= 0)
      value.input.written = position[static_cast<size_t>(value.input.written)];
  }
  return out;
}

class Minimiser {
 public:
  Minimiser(Program program, const std::function<bool(const Program&)>& fails)
      : program_(std::move(program)), fails_(fails) {}

  Program run() {
    for (bool changed = true; changed && tries_ < most_tries;) {
      changed = fewer_results() | without_extras() | without_steps() | smaller_shapes() |
                plainer_inputs();
    }
    return program_;
  }

 private:
  static constexpr int most_tries = 600;

  bool accept(Program candidate) {
    if (tries_ >= most_tries || !is_whole(candidate)) return false;
    candidate = trimmed(candidate);
    ++tries_;
    if (!fails_(candidate)) return false;
    program_ = std::move(candidate);
    return true;
  }

  bool fewer_results() {
    bool changed = false;
    for (size_t i = program_.kept.size(); i-- > 0 && program_.kept.size() > 1;) {
      if (i >= program_.kept.size()) continue;
      Program candidate = program_;
      candidate.kept.erase(candidate.kept.begin() + static_cast<std::ptrdiff_t>(i));
      changed |= accept(candidate);
    }
    return changed;
  }

  bool without_extras() {
    bool changed = false;
    if (program_.derivatives) {
      Program candidate = program_;
      --candidate.derivatives;
      changed |= accept(candidate);
    }
    for (size_t i = 0; i < program_.values.size(); ++i) {
      if (i < program_.values.size() && program_.values[i].input.written >= 0) {
        Program candidate = program_;
        candidate.values[i].input.written = -1;
        changed |= accept(candidate);
      }
      if (i < program_.values.size() && program_.values[i].input.cell) {
        Program candidate = program_;
        candidate.values[i].input.cell = false;
        candidate.values[i].input.written = -1;
        changed |= accept(candidate);
      }
    }
    return changed;
  }

  // A step gives its place to one of its operands, or becomes an input, or is no longer wanted as a
  // result in favour of its operands.
  bool without_steps() {
    bool changed = false;
    for (size_t i = program_.values.size(); i-- > 0;) {
      if (i >= program_.values.size() || !program_.values[i].operation) continue;
      auto arrays = arrays_of(program_);
      const Array& x = (*arrays)[i];
      bool done = false;
      std::vector<int> operands = program_.values[i].operands;
      for (int operand : operands) {
        if (done) break;
        Program candidate = program_;
        int here = static_cast<int>(i);
        for (Value& value : candidate.values) {
          std::replace(value.operands.begin(), value.operands.end(), here, operand);
          if (value.input.written == here) value.input.written = operand;
        }
        std::replace(candidate.kept.begin(), candidate.kept.end(), here, operand);
        bool kept_input = false;
        for (int kept : candidate.kept) {
          kept_input |= !candidate.values[static_cast<size_t>(kept)].operation;
        }
        if (!kept_input) done = accept(candidate);
      }
      if (!done && x.dtype() != Dtype::bool_ && !operands.empty()) {
        Program candidate = program_;
        Value& value = candidate.values[i];
        value.operation = nullptr;
        value.operands.clear();
        value.numbers.clear();
        value.input = Input{};
        value.input.shape = x.shape();
        value.input.dtype = x.dtype();
        value.input.seed = i;
        bool kept = std::count(candidate.kept.begin(), candidate.kept.end(), static_cast<int>(i));
        if (!kept) done = accept(candidate);
      }
      changed |= done;
    }
    return changed;
  }

  // Every size that occurs, made smaller wherever it occurs.
  bool smaller_shapes() {
    bool changed = false;
    std::set<int64_t, std::greater<>> sizes;
    for (const Value& value : program_.values) {
      for (int64_t size : value.input.shape) sizes.insert(size);
    }
    for (int64_t size : sizes) {
      for (int64_t less : {int64_t{1}, int64_t{2}, size / 2, size - 1}) {
        if (less >= size || less < 1) continue;
        bool done = false;
        for (bool numbers : {false, true}) {
          Program candidate = program_;
          for (Value& value : candidate.values) {
            for (int64_t& other : value.input.shape) other = other == size ? less : other;
            if (value.input.bound == size) value.input.bound = less;
            for (Numbers& list : value.numbers) {
              if (numbers) std::replace(list.begin(), list.end(), size, less);
            }
          }
          done = accept(candidate);
          if (done) break;
        }
        changed |= done;
        if (done) break;
      }
    }
    return changed;
  }

  bool plainer_inputs() {
    bool changed = false;
    for (size_t i = 0; i < program_.values.size(); ++i) {
      auto change = [&](auto&& edit) {
        if (i >= program_.values.size() || program_.values[i].operation) return;
        Program candidate = program_;
        if (edit(candidate.values[i].input)) changed |= accept(candidate);
      };
      change([](Input& input) {
        return std::exchange(input.layout, test::Layout::row_major) != test::Layout::row_major;
      });
      change([](Input& input) { return std::exchange(input.repeated, -1) >= 0; });
      change([](Input& input) {
        if (input.fill != Fill::wild) return false;
        input.fill = Fill::tame;
        return true;
      });
      change([](Input& input) {
        bool other = is_inexact(input.dtype) && input.dtype != Dtype::float32;
        if (other) input.dtype = Dtype::float32;
        return other;
      });
    }
    return changed;
  }

  Program program_;
  const std::function<bool(const Program&)>& fails_;
  int tries_ = 0;
};

}  // namespace

Program minimised(Program program, const std::function<bool(const Program&)>& fails) {
  return Minimiser(std::move(program), fails).run();
}

}  // namespace lazulite::fuzz
