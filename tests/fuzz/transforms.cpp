// Functions of functions: derivatives forward against derivatives back and against finite
// differences, and many slices at once against one after the other.
#include <algorithm>
#include <cmath>

#include "fuzz/bounds.h"
#include "fuzz/check.h"
#include "fuzz/operation.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/primitives.h"

namespace lazulite::fuzz {
namespace {

// The program in float64 where it is in other floating numbers, and on tame numbers alone, so that
// rounding does not matter.
Program widened(Program program) {
  for (Value& value : program.values) {
    if (is_floating(value.input.dtype)) value.input.dtype = Dtype::float64;
    if (value.input.fill == Fill::wild) value.input.fill = Fill::tame;
    if (!value.operation) continue;
    const std::string& source = value.operation->source;
    for (size_t at = 0; (at = source.find("#d", at)) != std::string::npos; at += 2) {
      Numbers& dtype = value.numbers[static_cast<size_t>(source[at + 2] - '0')];
      if (is_floating(to_dtype(dtype))) dtype = {static_cast<int64_t>(Dtype::float64)};
    }
  }
  return program;
}

bool has(const Program& program, std::initializer_list<const char*> names) {
  return std::any_of(program.values.begin(), program.values.end(), [&](const Value& value) {
    return value.operation && std::any_of(names.begin(), names.end(), [&](const char* name) {
             return value.operation->name == name;
           });
  });
}

bool draws_from_state(const Program& program) {
  return std::any_of(program.values.begin(), program.values.end(), [](const Value& value) {
    return value.operation && value.operation->name.ends_with("_state");
  });
}

Arrays kept_of(const Program& program, const Arrays& inputs) {
  Arrays all = values_of(program, inputs), out;
  for (int kept : program.kept) out.push_back(all[static_cast<size_t>(kept)]);
  return out;
}

// What the inputs that derivatives are taken by reach is in float64; so are they.
bool is_wide(const Program& program, const Arrays& inputs) {
  Arrays all = values_of(program, inputs);
  std::vector<bool> reached(all.size(), false);
  bool any = false;
  for (size_t i = 0; i < all.size(); ++i) {
    const Value& value = program.values[i];
    if (value.operation) {
      for (int operand : value.operands) reached[i] = reached[i] | reached[size_t(operand)];
    } else {
      reached[i] = is_inexact(all[i].dtype());
    }
    if (reached[i] && is_inexact(all[i].dtype()) && all[i].dtype() != Dtype::float64) return false;
    any |= reached[i];
  }
  return any;
}

Array scalar_of(const Arrays& results) {
  Array total = zeros({}, Dtype::float64);
  for (const Array& result : results) {
    if (result.dtype() == Dtype::float64) total = total + sum(sin(result));
  }
  return total;
}

struct Slopes {
  double back, sizes, forward;  // of the scalar, in one direction
};

std::optional<Failure> check_slopes(const Program& original, const std::string& only) {
  constexpr const char* both_ways = "derivatives forward against back";
  constexpr const char* differences = "derivatives against finite differences";
  auto wanted = [&](const char* name) { return only.empty() || only == name; };
  if (!wanted(both_ways) && !wanted(differences)) return std::nullopt;
  Program program = widened(original);
  Arrays inputs = input_arrays(program);
  if (!is_wide(program, inputs) || draws_from_state(program)) return std::nullopt;

  Random random(program.seed);
  std::vector<int> sources;
  Arrays directions;
  for (size_t i = 0; i < inputs.size(); ++i) {
    directions.emplace_back();
    if (!is_inexact(inputs[i].dtype())) continue;
    sources.push_back(static_cast<int>(i));
    directions.back() = test::uniform_array(inputs[i].shape(), Dtype::float64, random, -1, 1);
  }
  ArraysFunction function = [&](const Arrays& in) {
    return Arrays{scalar_of(kept_of(program, in))};
  };
  auto [values, gradients] = value_and_grad(function, sources)(inputs);
  auto [again, tangents] = jvp(function, inputs, directions);
  Array product = zeros({}, Dtype::float64), size = product;
  for (size_t i = 0; i < sources.size(); ++i) {
    Array part = gradients[i] * directions[static_cast<size_t>(sources[i])];
    product = product + sum(part);
    size = size + sum(abs(part));
  }
  eval({product, size, tangents[0], values[0], again[0]});
  double back = product.item<double>(), forward = tangents[0].item<double>(),
         scale = size.item<double>();
  if (!std::isfinite(back) || !std::isfinite(forward) || scale > 1e8) return std::nullopt;
  auto sentence = [&](const char* name, double value) {
    return std::string(name) + " " + std::to_string(value) + ", back " + std::to_string(back) +
           ", forward " + std::to_string(forward);
  };
  // Of several values put in one place each gets the gradient, and one the tangent.
  if (wanted(both_ways) && !has(program, {"put_along_axis"}) &&
      std::fabs(back - forward) > 1e-6 * (1 + scale)) {
    return Failure{both_ways, sentence("scale", scale)};
  }
  // The rest has a slope that is meant to be another, or none: of equal values that reach one place
  // each gets the gradient, also where they are one value, broadcast.
  if (!wanted(differences) || has(program, {"stop_gradient", "to_fp8", "put_along_axis",
                                            "index_maximum", "index_minimum"})) {
    return std::nullopt;
  }
  auto at = [&](double distance) {
    Arrays moved = inputs;
    for (int source : sources) {
      Array& x = moved[static_cast<size_t>(source)];
      x = x + Array(distance, Dtype::float64) * directions[static_cast<size_t>(source)];
    }
    return function(moved)[0].item<double>();
  };
  auto near = [&](double a, double b) {
    return std::fabs(a - b) <= 1e-4 * (std::fabs(a) + std::fabs(b)) + 1e-4 + 1e-6 * scale;
  };
  // Only where both sides agree at two distances, and so with the slope: not at steps and kinks.
  double here = at(0), slope = 0;
  for (double step : {1e-5, 1e-6}) {
    double above = (at(step) - here) / step, below = (here - at(-step)) / step;
    if (!near(above, below) || (step < 1e-5 && !near(above, slope))) return std::nullopt;
    slope = above;
  }
  if (std::fabs(slope - back) > 1e-2 * (1 + std::fabs(back) + 1e-3 * scale)) {
    return Failure{differences, sentence("difference", slope)};
  }
  return std::nullopt;
}

// Adds up, in an order that may depend on how many slices there are.
bool adds_up(const Record& record) {
  const Primitive& p = *record.primitive;
  bool inexact = is_inexact(record.outputs[0].dtype());
  return inexact &&
         (p.get_if<Reduce>() || p.get_if<CumulativeSum>() || p.get_if<Cumulative>() ||
          p.get_if<LinearRecurrence>() || p.get_if<Matmul>() || p.get_if<Convolution>() ||
          p.get_if<ConvolutionGradInput>() || p.get_if<ConvolutionGradWeight>() ||
          p.get_if<AvgPool>() || p.get_if<AvgPoolGrad>() || p.get_if<MaxPoolGrad>() ||
          p.get_if<ScatterAdd>() || p.get_if<ScatterAlong>() || p.get_if<Call>());
}

std::optional<Failure> check_slices(const Program& program, const std::string& only) {
  constexpr const char* name = "many slices against one after the other";
  if (!only.empty() && only != name) return std::nullopt;
  constexpr int many = 3;
  Random random(program.seed);
  std::vector<int> values = program.inputs();
  Arrays stacked;
  std::vector<Arrays> slices(many);
  MapAxes axes;
  bool any = false;
  for (size_t i = 0; i < values.size(); ++i) {
    Input input = program.values[static_cast<size_t>(values[i])].input;
    bool mapped = random() % 3 != 0 || (!any && i + 1 == values.size());
    Arrays parts;
    for (int k = 0; k < many; ++k) {
      if (mapped && k > 0) ++input.seed;
      parts.push_back(input_array(input));
      slices[static_cast<size_t>(k)].push_back(parts.back());
    }
    any |= mapped;
    if (mapped) {
      int axis = static_cast<int>(random() % (parts[0].ndim() + 1));
      axes.push_back(axis);
      stacked.push_back(stack(parts, axis));
    } else {
      axes.push_back(std::nullopt);
      stacked.push_back(parts[0]);
    }
  }
  auto function = [&](const Arrays& in) {
    random::seed(program.seed);
    return kept_of(program, in);
  };
  eval(stacked);
  PendingBudget budget = pending_budget();
  set_pending_budget({0, 0});
  for (const Record& record : recorded(function(slices[0]))) {
    if (adds_up(record)) any = false;
  }
  set_pending_budget(budget);
  if (!any) return std::nullopt;
  std::vector<Arrays> expected;
  for (const Arrays& slice : slices) expected.push_back(function(slice));
  Arrays got = vmap(function, axes)(stacked);
  // Indices of other slices may be out of range.
  auto refused = [](const Arrays& results) {
    try {
      eval(results);
      return false;
    } catch (const IndexError&) {
      return true;
    }
  };
  const bool any_refused = std::any_of(expected.begin(), expected.end(), refused);
  if (refused(got) != any_refused) {
    return Failure{name, any_refused ? "no error where a slice has one" : "an error"};
  }
  for (int k = 0; k < many && !any_refused; ++k) {
    for (size_t i = 0; i < got.size(); ++i) {
      std::string text = different_bits(take(got[i], int64_t{k}, 0), expected[size_t(k)][i]);
      if (text.empty()) continue;
      return Failure{
          name, "result " + std::to_string(i) + " of slice " + std::to_string(k) + ": " + text};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Failure> check_transforms(const Program& program, const std::string& only) {
  if (program.derivatives > 0) return check_slopes(program, only);
  return check_slices(program, only);
}

}  // namespace lazulite::fuzz
