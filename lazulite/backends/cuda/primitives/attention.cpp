#include "lazulite/backends/cuda/primitives/attention.h"

#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/attention_text.h"
#include "lazulite/backends/cuda/kernels/fused.h"

namespace lazulite::cuda {
namespace {

constexpr int64_t most_features = 128, tile = 16, warps = 4;
// Of fewer rows the products are read once, and tiles would stay empty.
constexpr int64_t least_rows = 16;

bool fills_tiles(int64_t features) { return features % tile == 0 && features <= most_features; }

// Rows are read by sixteen bytes where they can be; their features lie one after another.
Operand readable(const Operand& x, Recipe& recipe) {
  if (x.strides.back() == 1) return x;
  Operand copy = take_array(x.shape, x.dtype, recipe);
  add_copy(x, copy, recipe);
  return copy;
}

void add_strides(const Operand& x, KernelText& text) {
  for (size_t axis = 0; axis < 3; ++axis) text.add_constant(int64_t{x.strides[axis]});
}

}  // namespace

bool can_run_attention(const Call& call, const Launch& launch) {
  if (call.id != CallId::attention) return false;
  const Shape &q = launch.inputs[0].shape, &v = launch.inputs[2].shape;
  // What is not scaled before it is compared must keep its order.
  return fills_tiles(q[3]) && fills_tiles(v[3]) && q[2] >= least_rows &&
         call.attribute<double>(0) > 0 && launch.outputs[0].size() <= most_elements &&
         v[2] <= most_elements / 2 && q[2] <= most_elements / 2;
}

void add_attention(const Call& call, const Launch& launch, Recipe& recipe) {
  const Operand q = readable(launch.inputs[0], recipe), k = readable(launch.inputs[1], recipe);
  const Operand v = readable(launch.inputs[2], recipe);
  const Operand* mask = launch.inputs.size() > 3 ? &launch.inputs[3] : nullptr;
  const int64_t features = q.shape[3], of_value = v.shape[3], heads = q.shape[1];
  const int64_t rows = q.shape[2], columns = v.shape[2], at_once = 64;
  const bool causal = call.attribute<int64_t>(1) != 0;
  const int kind_of_mask = !mask ? 0 : mask->dtype == Dtype::bool_ ? 1 : 2;
  const int64_t tiles = rows <= warps * tile ? 1 : 2, rows_of_block = warps * tile * tiles;
  KernelText text{
      .name = "attention",
      .source = fmt::format(
          "#define D {}\n#define DV {}\n#define TILES {}\n#define COLUMNS {}\n#define BRAIN {:d}\n"
          "#define CAUSAL {:d}\n#define MASK {}\n#define SCALED {:d}\ntypedef {} MaskType;\n{}{}",
          features, of_value, tiles, at_once, q.dtype == Dtype::bfloat16, causal, kind_of_mask,
          mask || (causal && rows > columns), kind_of_mask == 1 ? "bool" : "unsigned short",
          warp_source, attention_source),
      .block = static_cast<unsigned>(warps * 32)};
  // As the text has them: rows of q and k, then of v, each 8 elements longer.
  text.shared_bytes = static_cast<unsigned>(
      ((rows_of_block + at_once) * (features + 8) + at_once * (of_value + 8)) * 2);
  text.add_pointers({pointer_to(q), pointer_to(k), pointer_to(v), pointer_to(mask ? *mask : q),
                     result_at(launch.outputs[0])});
  for (const Operand* x : {&q, &k, &v}) add_strides(*x, text);
  for (size_t axis = 0; axis < 4; ++axis) {
    text.add_constant(mask ? int64_t{mask->strides[axis]} : int64_t{0});
  }
  const int64_t blocks = ceil_div(rows, rows_of_block);
  for (int64_t number : {rows, columns, heads, heads / k.shape[1], blocks}) {
    text.add_constant(static_cast<uint32_t>(number));
  }
  text.add_constant(static_cast<float>(call.attribute<double>(0)));
  text.grid[0] = static_cast<unsigned>(blocks * heads * q.shape[0]);
  recipe.steps.emplace_back(std::move(text));
}

int needed_architecture(const Launch& launch) {
  const Call* call = launch.primitive ? launch.primitive->get_if<Call>() : nullptr;
  return call && call->id == CallId::attention ? 80 : 0;
}

}  // namespace lazulite::cuda
