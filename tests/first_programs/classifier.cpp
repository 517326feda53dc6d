// A network on made-up data: two clouds of points.
#include <iostream>

#include "lazulite/lazulite.h"

using namespace lazulite;

struct Net : nn::Module {
  nn::Linear hidden{2, 16}, out{16, 2};
  nn::BatchNorm norm{16};
  Net() { modules({{"hidden", hidden}, {"out", out}, {"norm", norm}}); }
  Array operator()(const Array& x) { return out(nn::relu(norm(hidden(x)))); }
};

int main() {
  random::seed(1);
  Array labels = (arange(200) % 2).astype(Dtype::int32);
  Array points =
      random::normal({200, 2}) * 0.5f + (labels * 4).astype(Dtype::float32).reshape({-1, 1});

  Net net;
  optim::Adam adam(1e-2);
  auto loss = [&](auto x, auto y) { return nn::cross_entropy(net(x), y); };
  auto step = compile([&](auto x, auto y) {
    auto [value, gradients] = nn::value_and_grad(net, loss)(x, y);
    adam.update(net, gradients);
    return value;
  });
  data::DataLoader loader(std::make_shared<data::ArrayDataset>(points, labels),
                          {.batch_size = 50, .shuffle = true});
  for (int epoch = 0; epoch < 20; ++epoch) {
    for (const auto& batch : loader) step(batch.images, batch.labels);
  }
  net.eval();
  auto accuracy = (net(points).argmax(1).astype(Dtype::int32) == labels).mean();
  std::cout << (accuracy > 0.98f) << "\n";
  net.save_weights("classifier.safetensors");
  Net other;
  other.load_weights("classifier.safetensors");
  other.eval();
  std::cout << array_equal(other(points), net(points)) << "\n";
}
