#include "scenario.h"

namespace lazulite::faults {
namespace {

// A classifier, its optimizer and a batch; a step may be compiled.
class Training : public Case {
 public:
  enum class Kind { plain, compiled, warm };

  Training(Kind kind, nn::Sequential network, Shape input)
      : kind_(kind), exact_(input.size() == 2), network_(std::move(network)) {
    x_ = random::normal(input).eval();
    y_ = random::randint(0, 3, {input[0]}).eval();
    step_ = [this](const Array& x, const Array& y) {
      auto loss = [this](const Array& a, const Array& b) {
        return nn::cross_entropy(network_(a), b);
      };
      auto [value, gradients] = nn::value_and_grad(network_, loss)(x, y);
      optimizer_.update(network_, gradients);
      return value;
    };
    if (kind != Kind::plain) step_ = compile(step_);
    // The first call makes the optimizer's cells, the second is traced with them.
    for (int i = 0; i < 2 && kind == Kind::warm; ++i) step_(x_, y_).eval();
    for (const Array& array : state()) array.eval();
  }

  Arrays run() override {
    Arrays out{step_(x_, y_)};
    for (const Array& array : state()) out.push_back(array);
    eval(out);
    return out;
  }
  Arrays state() override {
    Arrays out;
    for (const auto& [name, cell] : network_.parameters()) out.push_back(cell.get());
    out.push_back(optimizer_.step());
    return out;
  }
  bool changes_together() const override { return kind_ != Kind::plain; }
  bool exact() const override { return exact_; }

 private:
  Kind kind_;
  bool exact_;
  nn::Sequential network_;
  optim::SGD optimizer_{1e-2, {.momentum = 0.9}};
  Array x_, y_;
  std::function<Array(const Array&, const Array&)> step_;
};

nn::Sequential dense() {
  random::seed(1);
  return nn::Sequential{nn::Linear(6, 5), nn::ReLU(), nn::Linear(5, 3)};
}

nn::Sequential convolutional() {
  random::seed(1);
  return nn::Sequential{nn::Conv2d(1, 4, 3, {.padding = 1}), nn::ReLU(), nn::MaxPool2d(2),
                        nn::Flatten(), nn::Linear(64, 3)};
}

nn::Sequential normalised() {
  random::seed(1);
  return nn::Sequential{nn::BatchNorm(6)};
}

Scenario training(const char* name, Training::Kind kind, nn::Sequential (*network)(), Shape input) {
  return {name, [=] { return std::make_unique<Training>(kind, network(), input); }};
}

Arrays adam() {
  nn::Linear layer(3, 2, false);
  optim::AdamW optimizer(1e-2);
  layer.update({{"weight", ones({2, 3})}});
  optimizer.update(layer, {{"weight", full({2, 3}, 0.5f)}});
  Arrays out{layer.weight.get()};
  for (const auto& [name, array] : optimizer.state()) out.push_back(array);
  eval(out);
  return out;
}

// The optimizer's state goes through `state` and `load_state` into another one.
class OptimizerState : public Case {
 public:
  OptimizerState() {
    const nn::NamedArrays gradients{{"weight", ones({3, 4})}, {"bias", ones({3})}};
    first_.update(layer_, gradients);
    for (const auto& [name, array] : first_.state()) array.eval();
  }
  Arrays run() override {
    optim::SGD second(0.1, {.momentum = 0.9});
    second.load_state(first_.state());
    Arrays out;
    for (const auto& [name, array] : second.state()) out.push_back(array);
    eval(out);
    return out;
  }

 private:
  nn::Linear layer_{4, 3};
  optim::SGD first_{0.1, {.momentum = 0.9}};
};

}  // namespace

std::vector<Scenario> training_scenarios() {
  using Kind = Training::Kind;
  return {
      function("network",
               [] {
                 nn::Sequential network = convolutional();
                 Arrays out{network(ones({2, 8, 8, 1}))};
                 for (const auto& [name, cell] : network.parameters()) out.push_back(cell.get());
                 eval(out);
                 return out;
               }),
      function("dropout",
               [] {
                 random::seed(2);
                 Arrays out{nn::Dropout(0.3)(ones({4, 5})), random::state().get()};
                 eval(out);
                 return out;
               }),
      training("step", Kind::plain, dense, {4, 6}),
      training("first_compiled_step", Kind::compiled, dense, {4, 6}),
      training("compiled_step", Kind::warm, dense, {4, 6}),
      training("convolutional_step", Kind::plain, convolutional, {4, 8, 8, 1}),
      training("compiled_convolutional_step", Kind::warm, convolutional, {4, 8, 8, 1}),
      training("normalised_step", Kind::plain, normalised, {4, 6}),
      training("compiled_normalised_step", Kind::warm, normalised, {4, 6}),
      function("adam", adam),
      {"optimizer_state", [] { return std::make_unique<OptimizerState>(); }},
  };
}

}  // namespace lazulite::faults
