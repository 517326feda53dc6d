// layer_parity FOLDER: writes a file for each layer, loss, optimizer and schedule: its weights and
// inputs, and what it gives. tests/python/nn/test_parity.py computes the same in Python.
#include <functional>
#include <iostream>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

std::string folder;

// A case's arrays by name, and its file.
class Case {
 public:
  explicit Case(std::string name) : name_(std::move(name)) { random::seed(17); }
  ~Case() { io::save_safetensors(folder + "/" + name_ + ".safetensors", arrays_); }
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;

  void add(const std::string& name, const Array& array) {
    arrays_.emplace_back(name, copy(array).eval());
  }
  void add(const std::string& prefix, const nn::NamedArrays& arrays) {
    for (const auto& [name, array] : arrays) add(prefix + name, array);
  }
  void add_weights(const std::string& prefix, const nn::Module& module) {
    for (const auto& [name, cell] : module.parameters()) add(prefix + name, cell.get());
  }

 private:
  std::string name_;
  nn::NamedArrays arrays_;
};

Array scalar_of(const Array& y) { return sum(sin(y)); }

// The layer's results in training, what that changes, results in evaluation, and gradients by the
// input and by the parameters, all of the sum of the result's sines.
template <class Layer>
void layer(const std::string& name, Layer layer, const Shape& shape) {
  Case out(name);
  const Array x = random::normal(shape).eval();
  out.add("x", x);
  out.add_weights("weights/", layer);
  random::seed(3);
  out.add("trained", layer(x));
  out.add_weights("after/", layer);
  layer.eval();
  out.add("evaluated", layer(x));
  layer.train();
  random::seed(3);
  out.add("gradient", grad([&](const Array& in) { return scalar_of(layer(in)); })(x));
  if (layer.trainable_parameters().empty()) return;
  random::seed(3);
  out.add(
      "gradients/",
      nn::value_and_grad(layer, [&](const Array& in) { return scalar_of(layer(in)); })(x).second);
}

struct Network : nn::Module {
  nn::Conv2d conv{1, 3, 3};
  nn::BatchNorm norm{3};
  nn::Linear out{27, 4};
  Network() { modules({{"conv", conv}, {"norm", norm}, {"out", out}}); }
  Array operator()(const Array& x) const {
    const Array y = max_pool2d(nn::relu(norm(conv(x))), 2);
    return out(y.flatten(1));
  }
};

void layers() {
  const Shape matrix{5, 6}, images{2, 9, 8, 4};
  layer("Linear", nn::Linear(6, 3), matrix);
  layer("Linear_without_bias", nn::Linear(6, 3, false), matrix);
  layer("Conv2d", nn::Conv2d(4, 6, 3), images);
  layer("Conv2d_with_options",
        nn::Conv2d(4, 6, {3, 2},
                   {.stride = {2, 1}, .padding = {1, 0}, .dilation = {1, 2}, .groups = 2}),
        images);
  layer("BatchNorm", nn::BatchNorm(4), images);
  layer("BatchNorm_with_options",
        nn::BatchNorm(6, {.epsilon = 1e-3, .momentum = 0.3, .affine = false}), matrix);
  layer("BatchNorm_untracked", nn::BatchNorm(6, {.track_running_stats = false}), matrix);
  layer("Dropout", nn::Dropout(0.3), matrix);
  layer("MaxPool2d", nn::MaxPool2d(2), images);
  layer("MaxPool2d_with_options", nn::MaxPool2d({3, 2}, {.stride = nn::Size2(2, 1), .padding = 1}),
        images);
  layer("AvgPool2d", nn::AvgPool2d(2), images);
  layer("AvgPool2d_with_options", nn::AvgPool2d({3, 2}, {.stride = nn::Size2(2, 1), .padding = 1}),
        images);
  layer("Sequential", nn::Sequential(nn::Linear(6, 5), nn::Tanh(), nn::Linear(5, 2)), matrix);
  layer("Identity", nn::Identity(), matrix);
  layer("ReLU", nn::ReLU(), matrix);
  layer("ReLU6", nn::ReLU6(), matrix);
  layer("LeakyReLU", nn::LeakyReLU(), matrix);
  layer("ELU", nn::ELU(), matrix);
  layer("SELU", nn::SELU(), matrix);
  layer("CELU", nn::CELU(), matrix);
  layer("GELU", nn::GELU(), matrix);
  layer("SiLU", nn::SiLU(), matrix);
  layer("Mish", nn::Mish(), matrix);
  layer("Softplus", nn::Softplus(), matrix);
  layer("Softsign", nn::Softsign(), matrix);
  layer("Hardswish", nn::Hardswish(), matrix);
  layer("LogSigmoid", nn::LogSigmoid(), matrix);
  layer("Sigmoid", nn::Sigmoid(), matrix);
  layer("Tanh", nn::Tanh(), matrix);
  layer("Softmax", nn::Softmax(), matrix);
  layer("LogSoftmax", nn::LogSoftmax(), matrix);
  layer("Network", Network(), {6, 8, 8, 1});
}

void losses() {
  Case out("losses");
  const Array logits = random::normal({5, 4}).eval(), other = random::normal({5, 4}).eval();
  const Array classes = Array(std::vector<int32_t>{0, 3, 2, 1, 3}), shares = softmax(other, -1);
  const Array logarithms = log_softmax(logits, -1);
  out.add("logits", logits);
  out.add("other", other);
  out.add("classes", classes);
  out.add("shares", shares);
  out.add("logarithms", logarithms);
  const std::pair<const char*, nn::Reduction> reductions[] = {
      {"none", nn::Reduction::none}, {"mean", nn::Reduction::mean}, {"sum", nn::Reduction::sum}};
  for (const auto& [name, reduction] : reductions) {
    const std::string end = std::string("/") + name;
    out.add("cross_entropy_of_classes" + end, nn::cross_entropy(logits, classes, reduction));
    out.add("cross_entropy_of_shares" + end, nn::cross_entropy(logits, shares, reduction));
    out.add("nll_loss" + end, nn::nll_loss(logarithms, classes, reduction));
    out.add("mse_loss" + end, nn::mse_loss(logits, other, reduction));
  }
}

// Three steps of a small network.
template <class Optimizer>
void optimizer(const std::string& name, Optimizer optimizer) {
  Case out("optimizer_" + name);
  nn::Sequential net(nn::Linear(6, 5), nn::Tanh(), nn::Linear(5, 2));
  const Array x = random::normal({8, 6}).eval();
  out.add("x", x);
  out.add_weights("weights/", net);
  auto step = nn::value_and_grad(net, [&](const Array& in) { return scalar_of(net(in)); });
  for (int i = 0; i < 3; ++i) {
    auto [loss, gradients] = step(x);
    optimizer.update(net, gradients);
    out.add("loss/" + std::to_string(i), loss);
  }
  out.add_weights("after/", net);
}

void optimizers() {
  using namespace optim;
  optimizer("SGD", SGD(0.1));
  optimizer("SGD_with_momentum",
            SGD(0.1, {.momentum = 0.9, .weight_decay = 0.01, .dampening = 0.1}));
  optimizer("SGD_nesterov", SGD(0.1, {.momentum = 0.9, .nesterov = true}));
  optimizer("Adam", Adam(0.01));
  optimizer("Adam_without_correction", Adam(0.01, {.beta1 = 0.8, .bias_correction = false}));
  optimizer("AdamW", AdamW(0.01, 0.1));
  optimizer("Adam_with_schedule", Adam(cosine_decay(0.1, 10)));
  Case out("schedules");
  const std::pair<const char*, Schedule> schedules[] = {
      {"exponential_decay", exponential_decay(0.1, 0.9)},
      {"step_decay", step_decay(0.1, 0.5, 3)},
      {"cosine_decay", cosine_decay(0.1, 10, 0.01)},
      {"linear_schedule", linear_schedule(0, 0.1, 7)},
      {"join_schedules", join_schedules({linear_schedule(0, 0.1, 4), cosine_decay(0.1, 6)}, {4})}};
  for (const auto& [name, schedule] : schedules) {
    Arrays rates;
    for (int i = 0; i < 12; ++i) rates.push_back(schedule(Array(Scalar(i), Dtype::uint64)));
    out.add(name, stack(rates, 0));
  }
}

}  // namespace
}  // namespace lazulite

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: layer_parity FOLDER\n";
    return 2;
  }
  lazulite::folder = argv[1];
  lazulite::layers();
  lazulite::losses();
  lazulite::optimizers();
}
