#include <fmt/format.h>

#include <optional>
#include <set>

#include "lazulite/core/release.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/linear/equation.h"

namespace lazulite {
namespace {

using LabelSet = std::set<Label>;

// Costs are counts that may well be beyond any integer.
double size_of_all(const LabelSet& labels, const Equation& equation) {
  double out = 1;
  for (Label label : labels) out *= static_cast<double>(equation.sizes.at(label));
  return out;
}

// What becomes of some operands that are contracted at once.
struct Contraction {
  std::vector<size_t> operands;
  LabelSet all, result;
  double flops = 0;
  double saved = 0;  ///< how much smaller the result is than the operands together
};

Contraction contract(const std::vector<size_t>& operands, const std::vector<LabelSet>& sets,
                     const Equation& equation) {
  Contraction out{operands, {}, {}};
  LabelSet needed(equation.output.begin(), equation.output.end());
  size_t next = 0;
  for (size_t i = 0; i < sets.size(); ++i) {
    const bool taken = next < operands.size() && operands[next] == i;
    next += taken;
    (taken ? out.all : needed).insert(sets[i].begin(), sets[i].end());
    if (taken) out.saved += size_of_all(sets[i], equation);
  }
  for (Label label : out.all) {
    if (needed.contains(label)) out.result.insert(label);
  }
  out.saved -= size_of_all(out.result, equation);
  // A product for each operand but one, and an addition where axes are summed over.
  const double factor = static_cast<double>(std::max<size_t>(operands.size() - 1, 1)) +
                        (out.result.size() < out.all.size() ? 1 : 0);
  out.flops = size_of_all(out.all, equation) * factor;
  return out;
}

std::vector<LabelSet> label_sets(const Equation& equation) {
  std::vector<LabelSet> sets;
  for (const Labels& labels : equation.inputs) sets.emplace_back(labels.begin(), labels.end());
  return sets;
}

std::vector<size_t> all_of(const std::vector<LabelSet>& sets) {
  std::vector<size_t> out(sets.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = i;
  return out;
}

bool share_a_label(const LabelSet& a, const LabelSet& b) {
  return std::any_of(a.begin(), a.end(), [&](Label label) { return b.contains(label); });
}

// The list of operands after a step.
void replace(std::vector<LabelSet>& sets, const Contraction& step) {
  for (auto i = step.operands.rbegin(); i != step.operands.rend(); ++i) {
    sets.erase(sets.begin() + static_cast<int64_t>(*i));
  }
  sets.push_back(step.result);
}

// Chooses pairs one by one.
class Search {
 public:
  explicit Search(const Equation& equation) : equation_(equation), sets_(label_sets(equation)) {
    largest_ = size_of_all({equation.output.begin(), equation.output.end()}, equation);
    for (const LabelSet& set : sets_) largest_ = std::max(largest_, size_of_all(set, equation));
    at_once_ = contract(all_of(sets_), sets_, equation).flops;
  }

  std::vector<std::vector<size_t>> run() {
    std::vector<std::vector<size_t>> path;
    while (sets_.size() > 1) {
      std::optional<Contraction> best = choose(true);
      if (!best) best = choose(false);
      if (!best) {
        path.push_back(all_of(sets_));
        break;
      }
      flops_ += best->flops;
      path.push_back(best->operands);
      replace(sets_, *best);
    }
    return path;
  }

 private:
  std::optional<Contraction> choose(bool sharing) const {
    std::optional<Contraction> best;
    for (size_t i = 0; i < sets_.size(); ++i) {
      for (size_t k = i + 1; k < sets_.size(); ++k) {
        if (sharing && !share_a_label(sets_[i], sets_[k])) continue;
        Contraction one = contract({i, k}, sets_, equation_);
        if (size_of_all(one.result, equation_) > largest_ || flops_ + one.flops > at_once_) {
          continue;
        }
        const bool better = !best || one.saved > best->saved ||
                            (one.saved == best->saved && one.flops < best->flops);
        if (better) best = std::move(one);
      }
    }
    return best;
  }

  const Equation& equation_;
  std::vector<LabelSet> sets_;
  double largest_ = 0, at_once_ = 0, flops_ = 0;
};

}  // namespace

std::vector<std::vector<size_t>> contraction_path(const Equation& equation) {
  if (equation.inputs.size() == 1) return {{0}};
  if (equation.inputs.size() == 2) return {{0, 1}};
  return Search(equation).run();
}

EinsumPath einsum_path(const std::string& subscripts, std::vector<Array> operands) {
  const ReleaseOnReturn release(operands);
  const Equation equation = parse_equation(subscripts, operands);
  EinsumPath out{contraction_path(equation), ""};
  std::vector<LabelSet> sets = label_sets(equation);
  const Contraction at_once = contract(all_of(sets), sets, equation);
  double flops = 0;
  size_t scaling = 0;
  for (const std::vector<size_t>& step : out.steps) {
    const Contraction done = contract(step, sets, equation);
    flops += done.flops;
    scaling = std::max(scaling, done.all.size());
    replace(sets, done);
  }
  out.text = fmt::format(
      "  Complete contraction:  {}\n         Naive scaling:  {}\n     Optimized scaling:  {}\n"
      "      Naive FLOP count:  {:.0f}\n  Optimized FLOP count:  {:.0f}\n",
      subscripts, at_once.all.size(), scaling, at_once.flops, flops);
  return out;
}

}  // namespace lazulite
