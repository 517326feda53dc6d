#include "define.h"
#include "lazulite/core/errors.h"
#include "lazulite/nn/losses.h"
#include "lazulite/ops/pooling.h"
#include "lazulite/ops/reduction.h"
#include "module.h"

// What layers in Python take from the library beyond MLX's operations.
namespace lazulite::python {
namespace {

using Sizes = std::vector<int>;

PoolGeometry geometry_of(const Sizes& window, const Sizes& stride, const Sizes& padding) {
  if (stride.size() != window.size() || padding.size() != window.size()) {
    throw ValueError("pooling: window, stride and padding need a size for each spatial axis");
  }
  PoolGeometry geometry;
  for (size_t i = 0; i < window.size(); ++i) {
    geometry.window.push_back(window[i]);
    geometry.stride.push_back(stride[i]);
    geometry.padding.push_back(padding[i]);
  }
  return geometry;
}

template <auto pool>
void bind_pool(nb::module_& m, const char* name, const char* doc) {
  def_op(
      m, name,
      [](const Array& x, const Sizes& window, const Sizes& stride, const Sizes& padding) {
        return pool(x, geometry_of(window, stride, padding));
      },
      "x"_a, "window"_a, "stride"_a, "padding"_a, kw(), doc);
}

}  // namespace

void bind_nn(nb::module_& parent) {
  nb::module_ m = parent.def_submodule("_nn", "What lazulite.nn is made of.");
  bind_pool<max_pool>(m, "max_pool",
                      "The largest element of each window of x (n, spatial..., channels); padding "
                      "counts as the lowest number.");
  bind_pool<avg_pool>(m, "avg_pool",
                      "The mean of each window of x (n, spatial..., channels); padding counts as "
                      "zeros.");
  def_op(
      m, "log_softmax", [](const Array& x, int axis) { return log_softmax(x, {axis}); }, "x"_a,
      "axis"_a, kw(), "x minus the logarithm of the sum of exp(x) along the axis.");
  def_op(
      m, "nll_loss",
      [](const Array& log_probabilities, const Array& targets) {
        return nn::nll_loss(log_probabilities, targets, nn::Reduction::none);
      },
      "log_probabilities"_a, "targets"_a, kw(),
      "Minus the log-probability of each target class; classes are along the last axis.");
}

}  // namespace lazulite::python
