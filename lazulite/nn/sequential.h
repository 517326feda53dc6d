#pragma once

#include <functional>
#include <string>

#include "lazulite/nn/module.h"

namespace lazulite::nn {

/// Layers applied one after another; their parameters are named "layers.0.weight" and so on.
/// Anything that maps an Array to an Array can be a layer: modules and plain functions.
class Sequential : public Module {
 public:
  template <class... Layers>
  explicit Sequential(Layers... layers) {
    (add(std::move(layers)), ...);
  }

  template <class Layer>
  void add(Layer layer) {
    if constexpr (std::is_base_of_v<Module, Layer>) {
      module("layers." + std::to_string(layers_.size()), layer);
    }
    layers_.push_back([layer = std::move(layer)](Array x) mutable { return layer(std::move(x)); });
  }

  Array operator()(Array x) const {
    Array out = std::move(x);
    for (const auto& layer : layers_) out = layer(out);
    return out;
  }
  size_t size() const { return layers_.size(); }

 private:
  std::vector<std::function<Array(const Array&)>> layers_;
};

}  // namespace lazulite::nn
