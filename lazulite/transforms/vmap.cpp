#include "lazulite/transforms/vmap.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/core/trace.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/program/linearize.h"
#include "lazulite/transforms/rules.h"
#include "lazulite/transforms/tape.h"

namespace lazulite {
namespace {

// The axes that belong to `count` arguments or results: axis 0 for all if none are given.
MapAxes complete(const MapAxes& axes, size_t count, const char* what) {
  if (axes.empty()) return MapAxes(count, 0);
  if (axes.size() == count) return axes;
  throw Error(fmt::format("vmap: {} axes were given for {} {}s", axes.size(), count, what));
}

struct Arguments {
  Arrays in_front;      // the arguments, those that are mapped with their axis moved to the front
  Arrays placeholders;  // one slice of each; the argument itself where it is not mapped
  int64_t size = -1;
};

Arguments arguments_of(const Arrays& given, const MapAxes& in_axes) {
  Arguments out;
  MapAxes axes = complete(in_axes, given.size(), "argument");
  for (size_t i = 0; i < given.size(); ++i) {
    if (!axes[i]) {
      out.in_front.push_back(given[i]);
      out.placeholders.push_back(given[i]);
      continue;
    }
    Array moved = moveaxis(given[i], normalize_axis(*axes[i], given[i].ndim(), "vmap"), 0);
    const Shape& shape = moved.shape();
    if (out.size >= 0 && shape[0] != out.size) {
      throw Error(
          fmt::format("vmap: axis {} of argument {} of shape {} has size {}, others have {}",
                      *axes[i], i, to_string(given[i].shape()), shape[0], out.size));
    }
    out.size = shape[0];
    Output slice{Shape(shape.begin() + 1, shape.end()), moved.dtype()};
    Array placeholder(new Node(Node::State::placeholder, std::move(slice)), 0);
    out.placeholders.push_back(std::move(placeholder));
    out.in_front.push_back(std::move(moved));
  }
  if (out.size < 0) throw Error("vmap: there is no argument to map over");
  return out;
}

// What a node does, noted down while no thread can evaluate it.
struct Step {
  Array array;
  PrimitivePtr primitive;
  Arrays inputs;
};

// What the results are computed by, inputs first.
std::vector<Step> steps_of(const Arrays& results) {
  std::lock_guard lock(graph_mutex());
  std::vector<Node*> roots;
  for (const Array& result : results) roots.push_back(result.node());
  std::vector<Step> steps;
  for (Node* node : topological_order(roots)) {
    steps.push_back({Array(node, 0), node->primitive, {node->inputs.begin(), node->inputs.end()}});
  }
  return steps;
}

// Does one step for all slices, if it depends on them.
void map_step(const Step& step, int64_t size, Notes& many) {
  Node* node = step.array.node();
  Arrays inputs;
  size_t count = step.inputs.size();
  auto mapped = std::make_unique<bool[]>(count);
  bool any = false;
  for (size_t i = 0; i < count; ++i) {
    const Array& input = step.inputs[i];
    Array found = many.get(input.node(), input.output());
    mapped[i] = found.valid();
    any |= mapped[i];
    inputs.push_back(mapped[i] ? found : input);
  }
  if (!any) return;
  std::vector<ArrayTypeRef> types;
  for (const Output& output : node->outputs) types.emplace_back(output.shape, output.dtype);
  StreamScope scope(node->stream);
  Mapped outputs =
      rules_of(*step.primitive).vmap(*step.primitive, {inputs, {mapped.get(), count}, size, types});
  for (uint32_t i = 0; i < outputs.size(); ++i) many[Array(node, i)] = outputs[i];
}

Shape stacked_shape(const Shape& shape, int64_t size, size_t axis) {
  Shape out = shape;
  out.insert(out.begin() + axis, size);
  return out;
}

}  // namespace

Arrays detail::map_once(const ArraysFunction& function, const Arrays& given, const MapAxes& in_axes,
                        const MapAxes& out_axes) {
  // Keeps what is built inside from being evaluated to keep the graph small: placeholders have no
  // value.
  RetainScope scope;
  expect_array("vmap", given);
  Arguments arguments = arguments_of(given, in_axes);
  Arrays results = function(arguments.placeholders);
  expect_array("vmap", results);
  Notes many;
  for (size_t i = 0; i < given.size(); ++i) {
    bool is_mapped = !arguments.placeholders[i].is_same(given[i]);
    if (is_mapped) many[arguments.placeholders[i]] = arguments.in_front[i];
  }
  // Of no slices at all there are only shapes.
  if (arguments.size > 0) {
    for (const Step& step : steps_of(results)) map_step(step, arguments.size, many);
  }
  MapAxes axes = complete(out_axes, results.size(), "result");
  Arrays out;
  for (size_t i = 0; i < results.size(); ++i) {
    const Array& result = results[i];
    Array mapped = many.get(result.node(), result.output());
    if (!axes[i]) {
      if (mapped.valid() || arguments.size == 0) {
        throw Error(
            fmt::format("vmap: result {} differs from slice to slice and needs an axis", i));
      }
      out.push_back(result);
      continue;
    }
    int axis = normalize_axis(*axes[i], result.ndim() + 1, "vmap");
    Shape shape = stacked_shape(result.shape(), arguments.size, static_cast<size_t>(axis));
    if (arguments.size == 0) {
      out.push_back(zeros(shape, result.dtype()));
    } else if (mapped.valid()) {
      out.push_back(moveaxis(mapped, 0, axis));
    } else {
      out.push_back(broadcast_to(expand_dims(result, axis), shape));
    }
  }
  return out;
}

ArraysFunction detail::vmap(ArraysFunction function, MapAxes in_axes, MapAxes out_axes) {
  return [function = std::move(function), in_axes = std::move(in_axes),
          out_axes = std::move(out_axes)](const Arrays& arguments) {
    return map_once(function, arguments, in_axes, out_axes);
  };
}

}  // namespace lazulite
