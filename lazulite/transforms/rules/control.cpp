#include "lazulite/ops/primitives/control.h"

#include <fmt/format.h>

#include <mutex>

#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/views.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/transforms/rules/helpers.h"
#include "lazulite/transforms/vmap.h"

namespace lazulite {

Gradients vjp(const Depends& p, const VjpRequest& r) {
  Gradients out(r.inputs.size());
  for (size_t i = 0; i < p.count; ++i) out[i] = r.cotangents[i];
  return out;
}

Tangents jvp(const Depends& p, const JvpRequest& r) {
  return Tangents(r.tangents.begin(), r.tangents.begin() + static_cast<int64_t>(p.count));
}

Mapped vmap(const Depends& p, const VmapRequest& r) {
  SmallVector<Array, 2> inputs;
  for (size_t i = 0; i < r.inputs.size(); ++i) {
    inputs.push_back(i < p.count ? every(r, i) : r.inputs[i]);
  }
  return remake(make_primitive(p), std::move(inputs));
}

namespace {

Arrays first(std::span<const Array> arrays, size_t count) {
  return Arrays(arrays.begin(), arrays.begin() + static_cast<int64_t>(count));
}
Arrays rest(std::span<const Array> arrays, size_t from) {
  return Arrays(arrays.begin() + static_cast<int64_t>(from), arrays.end());
}
Arrays joined(const Arrays& a, const Arrays& b) {
  Arrays out = a;
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

Gradients as_gradients(const Arrays& arrays, size_t inputs) {
  Gradients out(arrays.begin(), arrays.end());
  out.resize(inputs);
  return out;
}

// Rules for many: the same, mapped over those arguments that are.
std::shared_ptr<const CustomRules> mapped(const std::shared_ptr<const CustomRules>& rules,
                                          std::vector<bool> is_mapped) {
  if (rules->follows_graph) return rules;
  MapAxes arguments;
  for (bool one : is_mapped) arguments.push_back(one ? std::optional(0) : std::nullopt);
  auto axes = [arguments](size_t others) {
    MapAxes all = arguments;
    all.resize(arguments.size() + others, 0);
    return all;
  };
  auto out = std::make_shared<CustomRules>();
  if (rules->vjp) {
    out->vjp = [=](const Arrays& primals, const Arrays& cotangents, const Arrays& outputs) {
      size_t n = primals.size(), m = cotangents.size();
      auto one = [&](const Arrays& x) {
        Arrays given = rest(x, n), arguments_of_one = first(x, n);
        Arrays gradients = rules->vjp(arguments_of_one, first(given, m), rest(given, m));
        fit_rule("custom_function", "vjp", gradients, arguments_of_one, true);
        for (size_t i = 0; i < n; ++i) {
          if (!gradients[i].valid()) gradients[i] = zeros_like(x[i]);
        }
        return gradients;
      };
      Arrays gradients =
          vmap(ArraysFunction(one), axes(2 * m))(joined(primals, joined(cotangents, outputs)));
      // What is the same for all has an effect on each.
      for (size_t i = 0; i < n; ++i) {
        if (!is_mapped[i]) gradients[i] = sum(gradients[i], 0);
      }
      return gradients;
    };
  }
  if (rules->jvp) {
    out->jvp = [=](const Arrays& primals, const Arrays& tangents) {
      size_t n = primals.size();
      auto one = [&](const Arrays& x) { return rules->jvp(first(x, n), rest(x, n)); };
      MapAxes all = arguments;
      all.insert(all.end(), arguments.begin(), arguments.end());
      return vmap(ArraysFunction(one), all)(joined(primals, tangents));
    };
  }
  return out;
}

}  // namespace

Gradients vjp(const CustomTransforms& p, const VjpRequest& r) {
  Gradients out(r.inputs.size());
  if (!p.rules->vjp) {
    for (size_t i = 0; i < r.outputs.size(); ++i) out[p.arguments + i] = r.cotangents[i];
    return out;
  }
  Arrays arguments = first(r.inputs, p.arguments), cotangents;
  for (size_t i = 0; i < r.outputs.size(); ++i) {
    cotangents.push_back(or_zeros(r.cotangents[i], r.outputs[i]));
  }
  // Outputs that the rule uses have the rule again where its gradients are differentiated, as in
  // MLX; not where the rule itself goes by what is behind them.
  const Arrays outputs = p.rules->follows_graph ? rest(r.inputs, p.arguments)
                                                : Arrays(r.outputs.begin(), r.outputs.end());
  Arrays gradients = p.rules->vjp(arguments, cotangents, outputs);
  fit_rule("custom_function", "vjp", gradients, arguments, true);
  return as_gradients(gradients, r.inputs.size());
}

Tangents jvp(const CustomTransforms& p, const JvpRequest& r) {
  if (!p.rules->jvp) {
    Arrays through = rest(r.tangents, p.arguments);
    return Tangents(through.begin(), through.end());
  }
  Arrays arguments = first(r.inputs, p.arguments), tangents;
  for (size_t i = 0; i < p.arguments; ++i) tangents.push_back(or_zeros(r.tangents[i], r.inputs[i]));
  Arrays out = p.rules->jvp(arguments, tangents);
  fit_rule("custom_function", "jvp", out, r.outputs, false);
  return Tangents(out.begin(), out.end());
}

namespace {

// The axis that was moved to the front last, and the array before: as the user has given it.
std::pair<Array, int> before_the_move(const Array& x) {
  std::lock_guard lock(graph_mutex());
  const Node& node = *x.node();
  const auto* move = node.primitive ? node.primitive->get_if<Transpose>() : nullptr;
  if (!move || node.inputs.empty()) return {x, 0};
  Axes order = move->axes;
  const int axis = order.front();
  order.erase(order.begin());
  order.insert(order.begin() + axis, axis);
  for (size_t i = 0; i < order.size(); ++i) {
    if (order[i] != static_cast<int>(i)) return {x, 0};
  }
  return {node.inputs[0], axis};
}

}  // namespace

Mapped vmap(const CustomTransforms& p, const VmapRequest& r) {
  if (p.rules->vmap) {
    Arrays arguments = first(r.inputs, p.arguments);
    MapAxes axes(p.arguments);
    for (size_t i = 0; i < p.arguments; ++i) {
      if (r.mapped[i]) std::tie(arguments[i], axes[i]) = before_the_move(arguments[i]);
    }
    auto [out, out_axes] = p.rules->vmap(arguments, axes);
    if (out.size() != r.outputs.size() || out_axes.size() != out.size()) {
      throw Error(
          fmt::format("custom_function: vmap gave {} arrays and {} axes where {} are expected",
                      out.size(), out_axes.size(), r.outputs.size()));
    }
    expect_array("custom_function", out);
    Mapped in_front;
    for (size_t i = 0; i < out.size(); ++i) {
      in_front.push_back(out_axes[i] ? moveaxis(out[i], *out_axes[i], 0)
                                     : broadcast_to(out[i], with_front(r.size, out[i].shape())));
    }
    fit_mapped("custom_function", in_front, r);
    return in_front;
  }
  std::vector<bool> is_mapped(r.mapped.begin(),
                              r.mapped.begin() + static_cast<int64_t>(p.arguments));
  SmallVector<Array, 2> inputs;
  for (size_t i = 0; i < r.inputs.size(); ++i) {
    inputs.push_back(i < p.arguments ? r.inputs[i] : every(r, i));
  }
  CustomTransforms many{p.arguments, mapped(p.rules, std::move(is_mapped))};
  return remake(make_primitive(std::move(many)), std::move(inputs));
}

LAZULITE_RULES(Depends);
LAZULITE_RULES(CustomTransforms);

}  // namespace lazulite
