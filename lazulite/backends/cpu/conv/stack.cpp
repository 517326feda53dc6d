#include <algorithm>

#include "lazulite/backends/cpu/conv/chunks.h"
#include "lazulite/backends/cpu/conv/conv.h"
#include "lazulite/backends/cpu/conv/forward.h"
#include "lazulite/backends/cpu/conv/geometry.h"
#include "lazulite/backends/cpu/conv/layout.h"

namespace lazulite::cpu {
namespace {

// What one thread needs: two buffers between which the layers alternate, and scratch memory.
struct StackSizes {
  explicit StackSizes(std::span<const ConvLayer> layers) {
    for (const ConvLayer& layer : layers) {
      const ConvPlan& plan = layer.plan;
      const int64_t groups = plan.shape.groups();
      buffer = std::max({buffer, plan.input_floats() / groups, plan.output_floats() / groups});
      scratch = std::max(scratch, forward_group_scratch(plan));
    }
  }

  int64_t thread_floats() const { return 2 * buffer + scratch; }

  int64_t buffer = 0, scratch = 0;
};

}  // namespace

int64_t stack_workspace_floats(std::span<const ConvLayer> layers) {
  if (layers.empty()) return 0;
  return layers.front().plan.options.threads * StackSizes(layers).thread_floats();
}

void conv_stack_forward(std::span<const ConvLayer> layers, const float* images, float* output,
                        float* workspace) {
  if (layers.empty()) return;
  const StackSizes sizes(layers);
  const ConvPlan& first = layers.front().plan;
  const ConvPlan& last = layers.back().plan;
  const ConvShape& shape = first.shape;
  for_chunks(shape.groups(), first.options.threads, [&](int64_t begin, int64_t end, int64_t chunk) {
    float* from = workspace + chunk * sizes.thread_floats();
    float* to = from + sizes.buffer;
    float* scratch = to + sizes.buffer;
    for (int64_t group = begin; group < end; ++group) {
      const int64_t image = group * images_per_group;
      const int64_t count = std::min<int64_t>(images_per_group, shape.n - image);
      pack_group(images + image * shape.h * shape.w * shape.c_in, count, shape.h * shape.w,
                 shape.c_in, from);
      for (const ConvLayer& layer : layers) {
        conv_forward_group(layer.plan, from, layer.prepared_weights, layer.bias, to, scratch);
        std::swap(from, to);
      }
      const int64_t pixels = last.height() * last.width();
      unpack_group(from, count, pixels, last.shape.c_out,
                   output + image * pixels * last.shape.c_out);
    }
  });
}

}  // namespace lazulite::cpu
