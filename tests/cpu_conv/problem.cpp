#include "problem.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "lazulite/backends/cpu/simd.h"
#include "lazulite/core/threads.h"
// After simd.h, which limits the targets.
#include "hwy/highway.h"

namespace lazulite::cpu {

void for_targets(const std::function<void()>& test) {
  become_executor_thread();  // or the kernels would run on one thread
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    const testing::ScopedTrace trace(__FILE__, __LINE__, hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    test();
    hwy::SetSupportedTargetsForTest(0);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

Floats random_floats(int64_t count, uint32_t seed, float scale) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> distribution(-scale, scale);
  Floats values(count);
  for (float& value : values) value = distribution(engine);
  return values;
}

Problem::Problem(const ConvShape& shape, const ConvOptions& options)
    : plan(plan_conv(shape, options)),
      images(random_floats(shape.n * shape.h * shape.w * shape.c_in, 1)),
      weights(random_floats(plan.weight_gradient_floats(), 2,
                            1 / std::sqrt(float(shape.c_in * shape.kernel * shape.kernel)))),
      bias(random_floats(shape.c_out, 3, 0.1f)),
      output_gradient(random_floats(shape.n * plan.height() * plan.width() * shape.c_out, 4)) {}

Forward run_forward(const Problem& problem) {
  const ConvPlan& plan = problem.plan;
  const ConvShape& s = plan.shape;
  const Aligned input = aligned(plan.input_floats()), output = aligned(plan.output_floats());
  const Aligned weights = aligned(forward_weights_floats(plan));
  const Aligned workspace = aligned(forward_workspace_floats(plan));
  const auto residual = hwy::AllocateAligned<uint8_t>(plan.residual_bytes() + 1);
  pack_images(problem.images.data(), s.n, s.h, s.w, s.c_in, input.get());
  prepare_forward_weights(plan, problem.weights.data(), weights.get());
  conv_forward(plan, input.get(), weights.get(), problem.bias.data(), output.get(), residual.get(),
               workspace.get());
  Forward result;
  result.output.resize(s.n * plan.height() * plan.width() * s.c_out);
  unpack_images(output.get(), s.n, plan.height(), plan.width(), s.c_out, result.output.data());
  result.residual.assign(residual.get(), residual.get() + plan.residual_bytes());
  return result;
}

Gradients run_backward(const Problem& problem, const Forward& forward) {
  const ConvPlan& plan = problem.plan;
  const ConvShape& s = plan.shape;
  const Aligned input = aligned(plan.input_floats()), gradient = aligned(plan.output_floats());
  const Aligned input_gradient = aligned(plan.input_floats());
  const Aligned weights = aligned(backward_weights_floats(plan));
  const Aligned workspace = aligned(backward_workspace_floats(plan));
  const auto residual = hwy::AllocateAligned<uint8_t>(plan.residual_bytes() + 1);
  std::copy(forward.residual.begin(), forward.residual.end(), residual.get());
  pack_images(problem.images.data(), s.n, s.h, s.w, s.c_in, input.get());
  pack_images(problem.output_gradient.data(), s.n, plan.height(), plan.width(), s.c_out,
              gradient.get());
  prepare_backward_weights(plan, problem.weights.data(), weights.get());
  Gradients result{Floats(problem.images.size()), Floats(problem.weights.size()),
                   Floats(problem.bias.size())};
  conv_backward(plan,
                {.input = input.get(),
                 .prepared_weights = weights.get(),
                 .output_gradient = gradient.get(),
                 .residual = plan.residual_bytes() > 0 ? residual.get() : nullptr,
                 .input_gradient = input_gradient.get(),
                 .weight_gradient = result.weights.data(),
                 .bias_gradient = result.bias.data()},
                workspace.get());
  unpack_images(input_gradient.get(), s.n, s.h, s.w, s.c_in, result.input.data());
  return result;
}

uint8_t residual_at(const ConvPlan& plan, const std::vector<uint8_t>& residual, int64_t index) {
  const int64_t c_out = plan.shape.c_out, pixels = plan.height() * plan.width();
  const int64_t channel = index % c_out, pixel = index / c_out % pixels;
  const int64_t image = index / c_out / pixels;
  const int64_t group = image / images_per_group;
  return residual[((group * c_out + channel) * pixels + pixel) * images_per_group +
                  image % images_per_group];
}

Doubles expand_gradient(const Problem& problem, const std::vector<uint8_t>& residual) {
  const ConvPlan& plan = problem.plan;
  const ConvShape& s = plan.shape;
  const int64_t step = plan.options.pool ? 2 : 1;
  Doubles expanded(s.n * s.out_h() * s.out_w() * s.c_out);
  for (size_t i = 0; i < problem.output_gradient.size(); ++i) {
    const int taken = residual.empty() ? 0 : residual_at(plan, residual, i);
    if (taken == blocked_gradient) continue;
    const int64_t channel = i % s.c_out, x = i / s.c_out % plan.width();
    const int64_t y = i / s.c_out / plan.width() % plan.height();
    const int64_t image = i / s.c_out / plan.width() / plan.height();
    const int64_t row = image * s.out_h() + y * step + taken / 2;
    expanded[(row * s.out_w() + x * step + taken % 2) * s.c_out + channel] =
        problem.output_gradient[i];
  }
  return expanded;
}

std::string describe(const Problem& problem) {
  const ConvShape& s = problem.plan.shape;
  const ConvOptions& o = problem.plan.options;
  std::ostringstream text;
  text << s.n << " images of " << s.h << "x" << s.w << "x" << s.c_in << " to " << s.c_out
       << " channels, kernel " << s.kernel << ", pad " << s.pad << (o.relu ? ", relu" : "")
       << (o.pool ? ", pool" : "") << ", tile " << problem.plan.tile << ", " << o.threads
       << " threads";
  return text.str();
}

}  // namespace lazulite::cpu
