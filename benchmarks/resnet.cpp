// ResNet-18 for images of 32 by 32: a training step by SGD with momentum, and inference, of a
// batch. Prints JSON lines {"what": …, "ms": […]}. usage: resnet [BATCH [REPEATS]]
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <optional>

#include "lazulite/lazulite.h"

using namespace lazulite;

namespace {

constexpr int64_t side = 32, classes = 10;

nn::Conv2d convolution(int64_t in, int64_t out, int taps, int stride) {
  return {in, out, taps, {.stride = stride, .padding = taps / 2, .bias = false}};
}

// He et al., "Deep residual learning for image recognition", 2016.
class Block : public nn::Module {
 public:
  Block(int64_t in, int64_t out, int stride)
      : first_(convolution(in, out, 3, stride)),
        second_(convolution(out, out, 3, 1)),
        norm_first_(out),
        norm_second_(out) {
    modules({{"first", first_},
             {"second", second_},
             {"norm_first", norm_first_},
             {"norm_second", norm_second_}});
    if (in == out && stride == 1) return;
    shortcut_.emplace(convolution(in, out, 1, stride));
    norm_shortcut_.emplace(out);
    modules({{"shortcut", *shortcut_}, {"norm_shortcut", *norm_shortcut_}});
  }

  Array operator()(const Array& x) const {
    const Array inner = nn::relu(norm_first_(first_(x)));
    const Array past = shortcut_ ? (*norm_shortcut_)((*shortcut_)(x)) : x;
    return nn::relu(norm_second_(second_(inner)) + past);
  }

 private:
  nn::Conv2d first_, second_;
  nn::BatchNorm norm_first_, norm_second_;
  std::optional<nn::Conv2d> shortcut_;
  std::optional<nn::BatchNorm> norm_shortcut_;
};

class ResNet : public nn::Module {
 public:
  ResNet() : stem_(convolution(3, 64, 3, 1)), norm_(64), out_(512, classes) {
    modules({{"stem", stem_}, {"norm", norm_}, {"out", out_}});
    int64_t in = 64;
    for (int64_t channels : {64, 128, 256, 512}) {
      for (int stride : {channels == 64 ? 1 : 2, 1}) {
        blocks_.emplace_back(in, channels, stride);
        modules({{fmt::format("block{}", blocks_.size()), blocks_.back()}});
        in = channels;
      }
    }
  }

  Array operator()(const Array& images) const {
    Array x = nn::relu(norm_(stem_(images)));
    for (const Block& block : blocks_) x = block(x);
    return out_(mean(x, {1, 2}));
  }

 private:
  nn::Conv2d stem_;
  nn::BatchNorm norm_;
  std::vector<Block> blocks_;
  nn::Linear out_;
};

template <class Run>
void measure(const char* what, int repeats, const Run& run) {
  constexpr int warmup = 5;
  std::vector<double> times;
  for (int i = -warmup; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    if (i >= 0) times.push_back(time.count());
  }
  fmt::print("{{\"what\": \"{}\", \"ms\": [{:.6f}]}}\n", what, fmt::join(times, ", "));
  std::fflush(stdout);
}

void measure_all(int64_t batch, int repeats) {
  ResNet network;
  optim::SGD optimizer(0.1, {.momentum = 0.9, .weight_decay = 5e-4});
  const Array images = random::uniform({batch, side, side, 3}).eval();
  const Array labels = random::randint(Scalar(0), Scalar(classes), {batch}).eval();
  const std::function<Array(Array, Array)> step =
      compile(std::function<Array(Array, Array)>([&](Array x, Array y) {
        auto loss = [&](const Array& a, const Array& b) {
          return nn::cross_entropy(network(a), b);
        };
        auto [value, gradients] = nn::value_and_grad(network, loss)(x, y);
        optimizer.update(network, gradients);
        return value;
      }));
  measure("step", repeats, [&] {
    Arrays results{step(images, labels)};
    for (const auto& [name, cell] : network.parameters()) results.push_back(cell.get());
    for (const auto& [name, array] : optimizer.state()) results.push_back(array);
    eval(results);
  });
  network.eval();
  const std::function<Array(Array)> forward =
      compile(std::function<Array(Array)>([&](Array x) { return network(x); }));
  measure("inference", repeats, [&] { eval(forward(images)); });
}

}  // namespace

int main(int argc, char** argv) {
  try {
    measure_all(argc > 1 ? std::atoi(argv[1]) : 128, argc > 2 ? std::atoi(argv[2]) : 30);
  } catch (const std::exception& error) {
    fmt::print(stderr, "resnet: {}\n", error.what());
    return 1;
  }
}
