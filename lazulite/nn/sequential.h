#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/nn/module.h"

namespace lazulite::nn {

/// Layers applied one after another; their parameters are named "layers.0.weight" and so on.
/// Anything that maps an Array to an Array can be a layer: modules and plain functions. Copies
/// share the layers.
class Sequential : public Module {
 public:
  template <class... Layers>
  explicit Sequential(Layers... layers) {
    (add(std::move(layers)), ...);
  }
  // Moving copies, as of any module.
  Sequential(const Sequential&) = default;
  Sequential& operator=(const Sequential&) = default;

  template <class Layer>
  void add(Layer layer) {
    if constexpr (std::is_base_of_v<Module, Layer>) {
      module("layers." + std::to_string(size()), layer);
    }
    std::function<Array(const Array&)> function(std::move(layer));
    if (!function) throw Error("Sequential: an empty function was given as a layer");
    layers_->push_back(std::move(function));
  }

  Array operator()(Array x) const {
    expect_array("Sequential", x);
    Array out = std::move(x);
    for (const auto& layer : *layers_) out = layer(out);
    return out;
  }
  size_t size() const { return layers_->size(); }

 private:
  using Functions = std::vector<std::function<Array(const Array&)>>;
  std::shared_ptr<Functions> layers_ = std::make_shared<Functions>();
};

}  // namespace lazulite::nn
