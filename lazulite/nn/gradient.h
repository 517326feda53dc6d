#pragma once

#include <concepts>
#include <functional>
#include <tuple>

#include "lazulite/nn/module.h"
#include "lazulite/transforms/compile.h"
#include "lazulite/transforms/vjp.h"

namespace lazulite::nn {

/// Runs `function` and returns its results with the gradients of the first, a scalar, with respect
/// to the module's trainable parameters. Lazy, like everything. Throws if the module has no
/// trainable parameters, and if the function empties one.
std::pair<Arrays, NamedArrays> gradient_of(const Module& module,
                                           const std::function<Arrays()>& function);

/// The function that computes `loss` and the gradients of its result with respect to the module's
/// trainable parameters: value_and_grad(model, loss)(x, y) returns {loss, gradients}. Where `loss`
/// returns a pair or tuple, its first array is differentiated and all are returned. Throws if a
/// member of the module that has something to train was never registered.
template <std::derived_from<Module> Net, class Loss>
auto value_and_grad(const Net& net, Loss loss) {
  lazulite::detail::expect_function("value_and_grad", loss);
  net.check_members(&net + 1);
  return [module = Module(net), loss = std::move(loss)](const auto&... arguments) {
    using Result = std::decay_t<decltype(loss(arguments...))>;
    auto [values, gradients] = gradient_of(module, [&] {
      Arrays out;
      detail::append(out, loss(arguments...));
      return out;
    });
    return std::pair<Result, NamedArrays>(detail::from_arrays<Result>(std::move(values)),
                                          std::move(gradients));
  };
}

}  // namespace lazulite::nn
