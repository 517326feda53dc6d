// Trains a small network on MNIST, or on any data set in its four IDX files:
//
//     train_mnist FOLDER

#include <fmt/format.h>

#include "lazulite/lazulite.h"

namespace lz = lazulite;
namespace nn = lazulite::nn;

struct Net : nn::Module {
  nn::Linear hidden, out;

  explicit Net(int64_t pixels) : hidden(pixels, 128), out(128, 10) {
    modules({{"hidden", hidden}, {"out", out}});
  }
  lz::Array operator()(const lz::Array& x) const { return out(nn::relu(hidden(x.flatten(1)))); }
};

void train(const std::string& folder) {
  auto training = lz::data::mnist(folder, lz::data::Split::train);
  auto test = lz::data::mnist(folder, lz::data::Split::test);
  lz::data::DataLoader training_loader(training, {.batch_size = 128, .shuffle = true});
  lz::data::DataLoader test_loader(test, {.batch_size = 500});

  Net net(training->height() * training->width());
  lz::optim::Adam adam(1e-3);
  auto loss = [&](const lz::Array& x, const lz::Array& y) { return nn::cross_entropy(net(x), y); };
  // One plan computes the loss, its gradients and the new weights.
  auto step = lz::compile([&](lz::Array x, lz::Array y) -> lz::Array {
    auto [value, gradients] = nn::value_and_grad(net, loss)(x, y);
    adam.update(net, gradients);
    return value;
  });

  for (int epoch = 1; epoch <= 5; ++epoch) {
    lz::Array last_loss;
    for (const auto& batch : training_loader) last_loss = step(batch.images, batch.labels);
    int64_t right = 0;
    for (const auto& batch : test_loader) {
      lz::Array best = lz::argmax(net(batch.images), -1).astype(batch.labels.dtype());
      right += lz::sum(best == batch.labels).item<int64_t>();
    }
    fmt::print("epoch {}: loss {:.4f}, test accuracy {:.2f}%\n", epoch, last_loss.item<float>(),
               100.0 * double(right) / double(test->size()));
  }
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: train_mnist FOLDER, with MNIST's four IDX files in it\n");
    return 2;
  }
  try {
    train(argv[1]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "train_mnist: {}\n", error.what());
    return 1;
  }
}
