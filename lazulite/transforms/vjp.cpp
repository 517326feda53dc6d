#include "lazulite/transforms/vjp.h"

#include <fmt/format.h>

#include <algorithm>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/core/trace.h"
#include "lazulite/ops/ops.h"
#include "lazulite/ops/primitives/views.h"
#include "lazulite/transforms/rules.h"
#include "lazulite/transforms/tape.h"

namespace lazulite {
namespace {

// Adds what arrives at an array to what has arrived before.
void accumulate(Notes& cotangents, const Array& array, const Array& gradient) {
  Array& sum = cotangents[array];
  sum = sum.valid() ? add(sum, gradient) : gradient;
}

void carry_back(Node* node, const Tape& tape, Notes& cotangents, bool integers) {
  std::vector<Array> outputs, arriving;
  bool any = false;
  for (uint32_t output = 0; output < node->outputs.size(); ++output) {
    outputs.emplace_back(node, output);
    arriving.push_back(cotangents.get(node, output));
    any |= arriving.back().valid();
  }
  if (!any) return;
  size_t count = node->inputs.size();
  auto wanted = std::make_unique<bool[]>(count);
  for (size_t i = 0; i < count; ++i) {
    wanted[i] = tape.position.count(node->inputs[i].node()) &&
                (integers || is_inexact(node->inputs[i].dtype()));
  }
  std::vector<Array> inputs(node->inputs.begin(), node->inputs.end());
  VjpRequest request{inputs, outputs, arriving, {wanted.get(), count}};
  PrimitivePtr primitive = node->primitive;
  StreamScope scope(node->stream);
  OriginAt origin(derivative_origin(node->origin));
  Gradients gradients = rules_of(*primitive).vjp(*primitive, request);
  for (size_t i = 0; i < gradients.size(); ++i) {
    if (!wanted[i] || !gradients[i].valid()) continue;
    const Dtype own = inputs[i].dtype();
    accumulate(cotangents, inputs[i], is_inexact(own) ? gradients[i] : astype(gradients[i], own));
  }
}

}  // namespace

Array differentiable(const Array& array) {
  expect_array("differentiable", array);
  Array source = make(make_primitive(Alias{}), {array});
  source.node()->token = retain_token();
  return source;
}

Arrays backward(const Arrays& results, const Arrays& given, const Arrays& sources,
                IntegerSources integers) {
  for (const Arrays* arrays : {&results, &given, &sources}) expect_array("backward", *arrays);
  if (results.size() != given.size()) {
    throw Error(
        fmt::format("vjp: {} cotangents were given for {} results", given.size(), results.size()));
  }
  Tape tape = record(results, sources);
  Notes cotangents;
  const bool any_integers = integers == IntegerSources::differentiable &&
                            std::any_of(sources.begin(), sources.end(),
                                        [](const Array& s) { return !is_inexact(s.dtype()); });
  for (size_t i = 0; i < results.size(); ++i) {
    if (!(given[i].shape() == results[i].shape())) {
      throw Error(
          fmt::format("vjp: the cotangent of result {} has shape {} where the result has {}", i,
                      to_string(given[i].shape()), to_string(results[i].shape())));
    }
    if (tape.position.count(results[i].node())) accumulate(cotangents, results[i], given[i]);
  }
  for (size_t i = tape.nodes.size(); i-- > 0;) {
    carry_back(tape.nodes[i].node(), tape, cotangents, any_integers);
  }
  Arrays gradients;
  for (const Array& source : sources) {
    Array gradient = cotangents.get(source.node(), source.output());
    gradients.push_back(gradient.valid() ? gradient : zeros_like(source));
  }
  return gradients;
}

std::pair<Arrays, Arrays> vjp(const ArraysFunction& function, const Arrays& primals,
                              const Arrays& cotangents, IntegerSources integers) {
  detail::expect_function("vjp", function);
  RetainScope scope;
  expect_array("vjp", primals);
  expect_array("vjp", cotangents);
  Arrays sources;
  for (const Array& primal : primals) sources.push_back(differentiable(primal));
  Arrays results = function(sources);
  expect_array("vjp", results);
  Arrays gradients = backward(results, cotangents, sources, integers);
  return {std::move(results), std::move(gradients)};
}

namespace {

std::vector<size_t> positions(const std::vector<int>& argnums, size_t count) {
  std::vector<size_t> out;
  for (int argnum : argnums) {
    int n = static_cast<int>(count);
    if (argnum < -n || argnum >= n) {
      throw Error(fmt::format("grad: there is no argument {} among {}", argnum, n));
    }
    const auto position = static_cast<size_t>(argnum < 0 ? argnum + n : argnum);
    if (std::find(out.begin(), out.end(), position) != out.end()) {
      throw ValueError(fmt::format("grad: the argument {} is given twice", position));
    }
    out.push_back(position);
  }
  return out;
}

}  // namespace

std::function<std::pair<Arrays, Arrays>(const Arrays&)> detail::value_and_grad(
    ArraysFunction function, std::vector<int> argnums, IntegerSources integers) {
  return [function = std::move(function), argnums = std::move(argnums),
          integers](const Arrays& arguments) {
    RetainScope scope;
    expect_array("grad", arguments);
    Arrays inputs = arguments, sources;
    for (size_t position : positions(argnums, arguments.size())) {
      if (integers == IntegerSources::constant && !is_inexact(arguments[position].dtype())) {
        throw Error(fmt::format("grad: argument {} has dtype {}, through which no derivative flows",
                                position, name_of(arguments[position].dtype())));
      }
      sources.push_back(differentiable(arguments[position]));
      inputs[position] = sources.back();
    }
    Arrays results = function(inputs);
    expect_array("grad", results);
    if (results.empty() || results[0].size() != 1 || results[0].ndim() != 0) {
      throw Error(
          fmt::format("grad: the function's first result must be a scalar, not an array of "
                      "shape {}",
                      results.empty() ? "nothing" : to_string(results[0].shape())));
    }
    Arrays first{results[0]};
    Arrays gradients = backward(first, {ones_like(results[0])}, sources, integers);
    return std::pair(std::move(results), std::move(gradients));
  };
}

std::function<std::pair<Array, Array>(const Array&)> detail::value_and_grad(
    std::function<Array(const Array&)> function) {
  auto both = value_and_grad(ArraysFunction([function = std::move(function)](const Arrays& x) {
                               return Arrays{function(x[0])};
                             }),
                             {0});
  return [both](const Array& x) {
    auto [values, gradients] = both({x});
    return std::pair(values[0], gradients[0]);
  };
}

}  // namespace lazulite
