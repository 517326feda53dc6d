// The convolution kernels of the cpu backend alone, on the layers of the article's network, beside
// oneDNN's. Usage: cpu_conv [BATCH [REPEATS]]

#include <fmt/format.h>
#include <hwy/aligned_allocator.h>

#include <cstdlib>
#include <random>
#include <vector>

#include "lazulite/backends/cpu/conv/conv.h"
#include "lazulite/core/threads.h"
#include "onednn.h"
#include "timing.h"

namespace {

using namespace lazulite::cpu;
using Floats = hwy::AlignedFreeUniquePtr<float[]>;

constexpr ConvOptions relu_pool{.relu = true, .pool = true};
constexpr int64_t inference_batch = 512;

Floats random_floats(int64_t count, float scale = 1) {
  static std::mt19937 engine(1);
  std::uniform_real_distribution<float> distribution(-scale, scale);
  Floats values = hwy::AllocateAligned<float>(count);
  for (int64_t i = 0; i < count; ++i) values[i] = distribution(engine);
  return values;
}

std::vector<ConvShape> layers_of_article(int64_t n) {
  return {{n, 28, 28, 1, 20, 5, 2}, {n, 14, 14, 20, 50, 5, 2}, {n, 7, 7, 50, 100, 5, 2}};
}

// As if every multiplication of the definition were done, those with padding too.
double gigaflops(const ConvShape& s, double ms) {
  const auto products =
      double(s.n * s.out_h() * s.out_w() * s.c_out) * double(s.kernel * s.kernel * s.c_in);
  return 2 * products / ms * 1e-6;
}

void print_pass(const char* name, const ConvShape& shape, double ms, double onednn) {
  fmt::print("  {:<16}{:8.3f} ms {:6.0f} GFLOP/s", name, ms, gigaflops(shape, ms));
  if (onednn > 0) fmt::print("   oneDNN {:8.3f} ms   ratio {:.1f}", onednn, onednn / ms);
  fmt::print("\n");
}

// Returns the layer's part of a training step; the first layer needs no gradient of its input.
double time_training(const ConvShape& shape, int repeats) {
  const ConvPlan plan = plan_conv(shape, relu_pool);
  const Floats input = random_floats(plan.input_floats());
  const Floats weights = random_floats(plan.weight_gradient_floats(), 0.1f);
  const Floats bias = random_floats(shape.c_out), output = random_floats(plan.output_floats());
  const Floats output_gradient = random_floats(plan.output_floats());
  const Floats input_gradient = random_floats(plan.input_floats());
  const Floats weight_gradient = random_floats(plan.weight_gradient_floats());
  const Floats bias_gradient = random_floats(shape.c_out);
  const Floats forward_weights = random_floats(forward_weights_floats(plan));
  const Floats backward_weights = random_floats(backward_weights_floats(plan));
  const Floats workspace =
      random_floats(std::max(forward_workspace_floats(plan), backward_workspace_floats(plan)));
  const auto residual = hwy::AllocateAligned<uint8_t>(plan.residual_bytes());

  const double prepare = least_ms(repeats, [&] {
    prepare_forward_weights(plan, weights.get(), forward_weights.get());
    prepare_backward_weights(plan, weights.get(), backward_weights.get());
  });
  const double forward = least_ms(repeats, [&] {
    conv_forward(plan, input.get(), forward_weights.get(), bias.get(), output.get(), residual.get(),
                 workspace.get());
  });
  const ConvBackward all{input.get(),        backward_weights.get(), output_gradient.get(),
                         residual.get(),     input_gradient.get(),   weight_gradient.get(),
                         bias_gradient.get()};
  ConvBackward to_input = all, to_weights = all;
  to_input.weight_gradient = to_input.bias_gradient = nullptr;
  to_weights.input_gradient = nullptr;
  const auto backward = [&](const ConvBackward& call) {
    return least_ms(repeats, [&] { conv_backward(plan, call, workspace.get()); });
  };
  const double input_ms = backward(to_input), weights_ms = backward(to_weights);
  const double both_ms = backward(all);
  const OnednnTimes onednn = time_onednn(shape, repeats);

  fmt::print("{}x{}x{} to {} channels, {} images ({})\n", shape.h, shape.w, shape.c_in, shape.c_out,
             shape.n, plan.tile > 0 ? fmt::format("Winograd, tile {}", plan.tile) : "direct");
  print_pass("forward", shape, forward, onednn.forward);
  print_pass("input gradient", shape, input_ms, onednn.input_gradient);
  print_pass("weight gradient", shape, weights_ms, onednn.weight_gradient);
  fmt::print("  {:<16}{:8.3f} ms\n", "both gradients", both_ms);
  fmt::print("  {:<16}{:8.3f} ms\n", "weights", prepare);
  return prepare + forward + (shape.c_in == 1 ? weights_ms : both_ms);
}

void time_stack(int repeats) {
  std::vector<Floats> kept;
  std::vector<ConvLayer> layers;
  for (const ConvShape& shape : layers_of_article(inference_batch)) {
    const ConvPlan plan = plan_conv(shape, relu_pool);
    const Floats weights = random_floats(plan.weight_gradient_floats(), 0.1f);
    kept.push_back(random_floats(shape.c_out));
    const float* bias = kept.back().get();
    kept.push_back(random_floats(forward_weights_floats(plan)));
    prepare_forward_weights(plan, weights.get(), kept.back().get());
    layers.push_back({plan, kept.back().get(), bias});
  }
  const Floats images = random_floats(inference_batch * 28 * 28);
  const Floats output = random_floats(inference_batch * 3 * 3 * 100);
  const Floats workspace = random_floats(stack_workspace_floats(layers));
  const double ms = least_ms(
      repeats, [&] { conv_stack_forward(layers, images.get(), output.get(), workspace.get()); });
  fmt::print("All layers forward, {} images: {:.2f} ms, or {:.0f} ms for 10,000\n", inference_batch,
             ms, ms * 10000 / double(inference_batch));
}

void time_single_image(int repeats) {
  double total = 0, onednn = 0;
  for (const ConvShape& shape : layers_of_article(1)) {
    const ConvPlan plan = plan_conv(shape, relu_pool);
    const Floats image = random_floats(shape.h * shape.w * shape.c_in);
    const Floats weights = random_floats(plan.weight_gradient_floats(), 0.1f);
    const Floats bias = random_floats(shape.c_out);
    const Floats output = random_floats(plan.height() * plan.width() * shape.c_out);
    const Floats prepared = random_floats(image_weights_floats(plan));
    const Floats workspace = random_floats(image_workspace_floats(plan));
    prepare_image_weights(plan, weights.get(), prepared.get());
    total += least_ms(10 * repeats, [&] {
      conv_image_forward(plan, image.get(), prepared.get(), bias.get(), output.get(),
                         workspace.get());
    });
    onednn += time_onednn(shape, 10 * repeats).forward;
  }
  fmt::print("All layers forward, one image: {:.1f} us", total * 1e3);
  if (onednn > 0) fmt::print("   oneDNN {:.1f} us   ratio {:.1f}", onednn * 1e3, onednn / total);
  fmt::print("\n");
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t batch = argc > 1 ? std::atoll(argv[1]) : 64;
  const int repeats = argc > 2 ? std::atoi(argv[2]) : 50;
  if (batch < 1 || repeats < 1) {
    fmt::print(stderr, "usage: cpu_conv [BATCH [REPEATS]]\n");
    return 2;
  }
  lazulite::become_executor_thread();
  fmt::print("{} threads\n", lazulite::num_threads());
  double step = 0;
  for (const ConvShape& shape : layers_of_article(batch)) step += time_training(shape, repeats);
  fmt::print("All convolutions of a training step: {:.2f} ms\n", step);
  time_stack(repeats);
  time_single_image(repeats);
}
