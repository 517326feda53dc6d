#include "lazulite/backends/cpu/conv/backward.h"

#include <cstring>

#include "lazulite/backends/cpu/conv/chunks.h"
#include "lazulite/backends/cpu/conv/conv.h"
#include "lazulite/backends/cpu/conv/direct.h"
#include "lazulite/backends/cpu/conv/geometry.h"

namespace lazulite::cpu {
namespace {

// Where there are fewer parts of the output channels than threads, the groups are divided too.
int64_t group_chunks(const ConvPlan& plan) {
  return std::min(plan.shape.groups(), divide_up(plan.options.threads, parts_of(plan.shape.c_out)));
}

int64_t direct_scratch(const ConvPlan& plan) {
  return round_up(
      std::max(direct_input_gradient_scratch(plan), direct_weight_gradient_scratch(plan)),
      images_per_group);
}

// Sums the parts' gradients [chunk][part][channel][c_in][tap], then [channel] of the bias.
void collect_parts(const ConvPlan& plan, const float* partial, const ConvBackward& call) {
  const ConvShape& shape = plan.shape;
  const int64_t taps = shape.kernel * shape.kernel, channels = channels_per_part(shape.c_out);
  const int64_t part_floats = direct_part_floats(plan);
  const int64_t chunks = group_chunks(plan), chunk_floats = parts_of(shape.c_out) * part_floats;
  const auto total = [&](int64_t at) {
    float sum = partial[at];
    for (int64_t chunk = 1; chunk < chunks; ++chunk) sum += partial[chunk * chunk_floats + at];
    return sum;
  };
  for (int64_t c = 0; c < shape.c_out; ++c) {
    const int64_t part = c / channels * part_floats, channel = c % channels;
    if (call.weight_gradient != nullptr) {
      float* to = call.weight_gradient + c * taps * shape.c_in;
      for (int64_t tap = 0; tap < taps; ++tap) {
        for (int64_t k = 0; k < shape.c_in; ++k) {
          *to++ = total(part + (channel * shape.c_in + k) * taps + tap);
        }
      }
    }
    if (call.bias_gradient != nullptr) {
      call.bias_gradient[c] = total(part + channels * shape.c_in * taps + channel);
    }
  }
}

void direct_backward(const ConvPlan& plan, const ConvBackward& call, const OutputGradient& gradient,
                     float* workspace) {
  const int64_t scratch = direct_scratch(plan), threads = plan.options.threads;
  if (call.input_gradient != nullptr) {
    for_chunks(plan.shape.groups() * direct_input_gradient_rows(plan), threads,
               [&](int64_t begin, int64_t end, int64_t chunk) {
                 direct_input_gradient(plan, gradient, call.prepared_weights, begin, end,
                                       call.input_gradient, workspace + chunk * scratch);
               });
  }
  if (call.weight_gradient == nullptr && call.bias_gradient == nullptr) return;
  const float* input = call.weight_gradient != nullptr ? call.input : nullptr;
  float* partial = workspace + threads * scratch;
  const int64_t chunks = group_chunks(plan), parts = parts_of(plan.shape.c_out);
  const int64_t groups = plan.shape.groups();
  for_chunks(chunks * parts, threads, [&](int64_t begin, int64_t end, int64_t chunk) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t some = item / parts;
      direct_weight_gradient(
          plan, input, gradient, item % parts, groups * some / chunks, groups * (some + 1) / chunks,
          partial + item * direct_part_floats(plan), workspace + chunk * scratch);
    }
  });
  collect_parts(plan, partial, call);
}

}  // namespace

int64_t backward_workspace_floats(const ConvPlan& plan) {
  if (plan.tile > 0) return winograd_backward_workspace(plan);
  return plan.options.threads * direct_scratch(plan) +
         group_chunks(plan) * parts_of(plan.shape.c_out) * direct_part_floats(plan);
}

void conv_backward(const ConvPlan& plan, const ConvBackward& call, float* workspace) {
  const OutputGradient gradient{call.output_gradient, call.residual, plan.options.pool,
                                plan.shape.c_out,     plan.height(), plan.width()};
  if (plan.tile > 0) {
    winograd_backward(plan, call, gradient, workspace);
  } else {
    direct_backward(plan, call, gradient, workspace);
  }
}

}  // namespace lazulite::cpu
