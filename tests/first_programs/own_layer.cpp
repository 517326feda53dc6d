// A layer of one's own with a parameter, and a step written by hand.
#include <iostream>

#include "lazulite/lazulite.h"

using namespace lazulite;

class Bias : public nn::Module {
 public:
  explicit Bias(size_t features) { parameter("value", value, zeros(features)); }
  Array operator()(const Array& x) const { return x + value; }

  Cell value;
};

int main() {
  size_t features = 3;
  Bias layer(features);
  optim::SGD sgd(0.5);
  Array x = ones({4, features});
  for (int i = 0; i < 50; ++i) {
    auto [value, gradients] = nn::value_and_grad(
        layer, [&](const Array& input) { return (layer(input) * layer(input)).mean(); })(x);
    sgd.update(layer, gradients);
  }
  layer.value += 2;
  layer.value *= 2.f;
  std::cout << layer.value.get().round(3).max() << " " << layer.parameter_count() << "\n";
  for (const auto& [name, cell] : layer.parameters())
    std::cout << name << cell.get().size() << "\n";
}
