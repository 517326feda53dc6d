#include "lazulite/backends/cpu/conv/forward.h"

#include "lazulite/backends/cpu/conv/chunks.h"
#include "lazulite/backends/cpu/conv/conv.h"
#include "lazulite/backends/cpu/conv/direct.h"
#include "lazulite/backends/cpu/conv/geometry.h"
#include "lazulite/backends/cpu/conv/winograd.h"

namespace lazulite::cpu {
namespace {

int64_t prepared_floats(const ConvPlan& plan, bool backward) {
  const ConvShape& s = plan.shape;
  const int64_t taps = plan.tile > 0 ? WinogradGeometry(plan).points : s.kernel * s.kernel;
  const int64_t depth = backward ? s.c_out : s.c_in, channels = backward ? s.c_in : s.c_out;
  return taps * depth * parts_of(channels) * channels_per_part(channels);
}

void prepare(const ConvPlan& plan, bool backward, const float* weights, float* prepared) {
  const int64_t parts = parts_of(backward ? plan.shape.c_in : plan.shape.c_out);
  for_chunks(parts, plan.options.threads, [&](int64_t begin, int64_t end, int64_t) {
    const auto run = plan.tile > 0 ? winograd_prepare_weights : direct_prepare_weights;
    run(plan, backward, weights, begin, end, prepared);
  });
}

// Where there are fewer blocks of tiles than threads, each is divided along the output channels.
int64_t slices_of(const ConvPlan& plan) {
  const int64_t blocks = plan.shape.groups() * WinogradGeometry(plan).blocks;
  return std::min(parts_of(plan.shape.c_out), divide_up(plan.options.threads, blocks));
}

int64_t scratch_floats(const ConvPlan& plan) {
  const int64_t floats =
      plan.tile > 0 ? winograd_forward_scratch(plan) : direct_forward_scratch(plan);
  return round_up(floats, images_per_group);
}

}  // namespace

int64_t forward_weights_floats(const ConvPlan& plan) { return prepared_floats(plan, false); }
int64_t backward_weights_floats(const ConvPlan& plan) { return prepared_floats(plan, true); }

void prepare_forward_weights(const ConvPlan& plan, const float* weights, float* prepared) {
  prepare(plan, false, weights, prepared);
}

void prepare_backward_weights(const ConvPlan& plan, const float* weights, float* prepared) {
  prepare(plan, true, weights, prepared);
}

int64_t forward_workspace_floats(const ConvPlan& plan) {
  return plan.options.threads * scratch_floats(plan);
}

int64_t forward_group_scratch(const ConvPlan& plan) { return scratch_floats(plan); }

void conv_forward_group(const ConvPlan& plan, const float* input, const float* prepared_weights,
                        const float* bias, float* output, float* scratch) {
  const ForwardCall call{plan, input, prepared_weights, epilogue_of(plan, bias, output, nullptr)};
  if (plan.tile > 0) {
    winograd_forward(call, 1, 0, WinogradGeometry(plan).blocks, scratch);
  } else {
    direct_forward(call, 0, direct_forward_rows(plan), scratch);
  }
}

void conv_forward(const ConvPlan& plan, const float* input, const float* prepared_weights,
                  const float* bias, float* output, uint8_t* residual, float* workspace) {
  const ForwardCall call{plan, input, prepared_weights, epilogue_of(plan, bias, output, residual)};
  const int64_t scratch = scratch_floats(plan);
  const int64_t threads = plan.options.threads;
  if (plan.tile > 0) {
    const int64_t slices = slices_of(plan);
    const int64_t items = plan.shape.groups() * WinogradGeometry(plan).blocks * slices;
    for_chunks(items, threads, [&](int64_t begin, int64_t end, int64_t chunk) {
      winograd_forward(call, slices, begin, end, workspace + chunk * scratch);
    });
  } else {
    const int64_t items = plan.shape.groups() * direct_forward_rows(plan);
    for_chunks(items, threads, [&](int64_t begin, int64_t end, int64_t chunk) {
      direct_forward(call, begin, end, workspace + chunk * scratch);
    });
  }
}

}  // namespace lazulite::cpu
