#include "lazulite/backends/cuda/kernels/fused.h"

#include <fmt/format.h>

#include <algorithm>

#include "lazulite/backends/cuda/kernels/kernel_printer.h"
#include "lazulite/core/errors.h"

namespace lazulite::cuda {
namespace {

// The operands that a sweep touches: all inputs, and the outputs of the kernel's own shape.
std::vector<Strides> swept_strides(const Launch& launch) {
  std::vector<Strides> strides;
  for (const Operand& input : launch.inputs) {
    strides.push_back(broadcast_strides(input.shape, input.strides, launch.fused->shape));
  }
  for (size_t i = 0; i < launch.fused->stores.size(); ++i) {
    strides.push_back(launch.outputs[i].strides);
  }
  return strides;
}

bool writes_in_place(const Launch& launch) {
  return std::any_of(launch.outputs.begin(), launch.outputs.end(),
                     [](const Operand& output) { return output.shares_input >= 0; });
}

// The rows that it computes, as far as they are few.
std::string name_of_kernel(const FusedKernel& kernel) {
  constexpr size_t longest = 60;
  std::string name;
  auto add = [&](const char* part) {
    if (name.size() < longest) name += (name.empty() ? "" : "_") + std::string(part);
  };
  for (const FusedOp& op : kernel.ops) add(op.is_cast ? "cast" : info(op.row).name);
  for (const FusedKernel::Reduction& reduction : kernel.reductions) {
    static constexpr const char* names[] = {"sum", "prod", "min", "max", "all", "any"};
    add(names[static_cast<size_t>(reduction.op)]);
  }
  return name.empty() ? "copy" : name;
}

// Few elements give more threads than vectors.
constexpr int64_t enough_for_vectors = int64_t{1} << 17;
constexpr size_t most_ops_for_vectors = 40;

int vector_width(const Launch& launch, const Joined& joined) {
  if (joined.shape.empty() || element_count(joined.shape) < enough_for_vectors ||
      launch.fused->ops.size() > most_ops_for_vectors) {
    return 1;
  }
  size_t largest = 1;
  for (const Operand& input : launch.inputs) largest = std::max(largest, size_of(input.dtype));
  for (const Operand& output : launch.outputs) largest = std::max(largest, size_of(output.dtype));
  auto width = static_cast<int64_t>(std::clamp<size_t>(16 / largest, 1, 8));
  while (joined.shape.size() > 1 && joined.shape.back() % width != 0) width /= 2;
  return static_cast<int>(width);
}

void add_elementwise(const Launch& launch, Recipe& recipe) {
  const FusedKernel& kernel = *launch.fused;
  if (element_count(kernel.shape) == 0) return;
  Joined joined = join_axes(kernel.shape, swept_strides(launch));
  if (joined.shape.empty()) {
    joined.shape.push_back(1);
    for (Strides& strides : joined.strides) strides.push_back(0);
  }
  const int width = vector_width(launch, joined);
  KernelPrinter printer(launch, joined, width, writes_in_place(launch));
  KernelText text{.name = name_of_kernel(kernel), .source = printer.elementwise()};
  for (const Operand& input : launch.inputs) text.pointers.push_back(pointer_to(input));
  for (const Operand& output : launch.outputs) text.pointers.push_back(result_at(output));
  if (writes_in_place(launch)) text.pointers.push_back(status_pointer);
  for (const Strides& strides : joined.strides) {
    for (int64_t stride : strides) text.add_constant(stride);
  }
  const int64_t inner = joined.shape.back();
  joined.shape.back() = ceil_div(inner, width);
  const int64_t threads = element_count(joined.shape);
  for (int64_t size : joined.shape) text.add_constant(Axis(size));
  text.add_constant(static_cast<uint32_t>(threads));
  text.add_constant(static_cast<uint32_t>(inner));
  text.grid[0] = static_cast<unsigned>(ceil_div(threads, text.block));
  recipe.steps.emplace_back(std::move(text));
}

// Of a shape, the axes that stay or those that are folded.
struct Axes2 {
  Shape shape;
  std::vector<Strides> strides;
};
Axes2 choose(const FusedKernel& kernel, const std::vector<Strides>& strides, bool folded) {
  Axes2 chosen{{}, std::vector<Strides>(strides.size())};
  for (size_t axis = 0; axis < kernel.shape.size(); ++axis) {
    const bool is = std::find(kernel.reduce_axes.begin(), kernel.reduce_axes.end(),
                              static_cast<int>(axis)) != kernel.reduce_axes.end();
    if (is != folded) continue;
    chosen.shape.push_back(kernel.shape[axis]);
    for (size_t i = 0; i < strides.size(); ++i) chosen.strides[i].push_back(strides[i][axis]);
  }
  return chosen;
}

// How a reduction is spread over threads; a function of the shape and the axes alone.
struct Spread {
  int tx, ty;     // threads of a block along what stays, and what is folded
  bool columns;   // neighbouring threads lie along what stays
  int64_t parts;  // that what is folded is cut into
};

constexpr int64_t block_threads = 256;
constexpr int64_t enough_blocks = 264;
constexpr int64_t least_values_of_thread = 8;

Spread spread_of(const FusedKernel& kernel, int64_t kept, int64_t folded) {
  Spread spread{1, 1, false, 1};
  // The innermost axis of more than one element says which way memory runs.
  for (size_t axis = kernel.shape.size(); axis-- > 0;) {
    if (kernel.shape[axis] == 1) continue;
    spread.columns = std::find(kernel.reduce_axes.begin(), kernel.reduce_axes.end(),
                               static_cast<int>(axis)) == kernel.reduce_axes.end();
    break;
  }
  if (spread.columns) {
    int tx = 32;
    while (tx > 1 && tx / 2 >= kept) tx /= 2;
    spread.ty = static_cast<int>(block_threads) / tx;
    if (folded <= least_values_of_thread) spread.ty = 1;
  } else {
    spread.ty = folded <= 4 ? 1 : folded <= 1024 ? 32 : 256;
  }
  spread.tx = static_cast<int>(block_threads) / spread.ty;
  const int64_t blocks = ceil_div(std::max<int64_t>(kept, 1), spread.tx);
  const int64_t most = folded / (spread.ty * least_values_of_thread);
  spread.parts =
      std::clamp<int64_t>(ceil_div(enough_blocks, blocks), 1, std::max<int64_t>(most, 1));
  if (spread.parts < 4) spread.parts = 1;
  return spread;
}

void add_reduction(const Launch& launch, Recipe& recipe) {
  const FusedKernel& kernel = *launch.fused;
  const std::vector<Strides> strides = swept_strides(launch);
  const Axes2 kept_axes = choose(kernel, strides, false),
              folded_axes = choose(kernel, strides, true);
  const int64_t kept = element_count(kept_axes.shape), folded = element_count(folded_axes.shape);
  if (kept == 0) return;
  const Joined stays = join_axes(kept_axes.shape, kept_axes.strides);
  const Joined folds = join_axes(folded_axes.shape, folded_axes.strides);
  Spread spread = spread_of(kernel, kept, folded);
  const int64_t chunk = std::max<int64_t>(ceil_div(folded, spread.parts), 1);
  spread.parts = std::max<int64_t>(ceil_div(folded, chunk), 1);
  const bool in_parts = spread.parts > 1;

  KernelPrinter printer(launch, stays, folds, writes_in_place(launch));
  KernelText text{.name = name_of_kernel(kernel),
                  .source = printer.reduction(spread.tx, spread.ty, spread.columns, in_parts)};
  KernelText last{.name = text.name + "_parts", .source = in_parts ? printer.last_reduction() : ""};
  for (const Operand& input : launch.inputs) text.pointers.push_back(pointer_to(input));
  for (size_t i = 0; i < launch.outputs.size(); ++i) {
    if (i < kernel.stores.size() || !in_parts) {
      text.pointers.push_back(result_at(launch.outputs[i]));
      continue;
    }
    constexpr size_t widest = 16;
    Pointer partial = recipe.take_workspace(static_cast<size_t>(kept * spread.parts) * widest);
    text.pointers.push_back(partial.as_result());
    last.pointers.push_back(partial);
  }
  if (writes_in_place(launch)) text.pointers.push_back(status_pointer);
  for (const Joined* joined : {&stays, &folds}) {
    for (const Strides& of_operand : joined->strides) {
      for (int64_t stride : of_operand) text.add_constant(stride);
    }
  }
  for (const Joined* joined : {&stays, &folds}) {
    for (int64_t size : joined->shape) text.add_constant(Axis(size));
  }
  for (int64_t number : {kept, folded, chunk}) text.add_constant(static_cast<uint32_t>(number));
  text.grid[0] = static_cast<unsigned>(ceil_div(kept, spread.tx));
  text.grid[1] = static_cast<unsigned>(spread.parts);
  recipe.steps.emplace_back(std::move(text));
  if (!in_parts) return;
  for (size_t i = kernel.stores.size(); i < launch.outputs.size(); ++i) {
    last.pointers.push_back(result_at(launch.outputs[i]));
  }
  for (int64_t number : {kept, spread.parts}) last.add_constant(static_cast<uint32_t>(number));
  last.grid[0] = static_cast<unsigned>(ceil_div(kept, 8));
  recipe.steps.emplace_back(std::move(last));
}

// Unsigned numbers of the same size, which copy any bits.
Dtype bits_of(Dtype dtype) {
  switch (size_of(dtype)) {
    case 1: return Dtype::uint8;
    case 2: return Dtype::uint16;
    case 4: return Dtype::uint32;
    default: return Dtype::uint64;
  }
}

}  // namespace

bool can_run_fused(const Launch& launch) {
  const FusedKernel& kernel = *launch.fused;
  // The parameters of a kernel end at 4 KB: pointers, and a stride for each axis of each operand.
  const size_t operands = launch.inputs.size() + launch.outputs.size();
  return has_values(kernel) && element_count(kernel.shape) <= most_elements &&
         operands * (2 + kernel.shape.size()) * 8 + kernel.shape.size() * sizeof(Axis) < 3500;
}

void add_fused(const Launch& launch, Recipe& recipe) {
  const FusedOp* missing = nullptr;
  if (!has_values(*launch.fused, &missing)) {
    throw Error(fmt::format("{}: there is no such operation on {}", info(missing->row).name,
                            name_of(compute_dtype(*launch.fused, *missing))));
  }
  if (launch.fused->reductions.empty()) {
    add_elementwise(launch, recipe);
  } else {
    add_reduction(launch, recipe);
  }
}

void add_copy(const Operand& from, const Operand& to, Recipe& recipe) {
  FusedKernel kernel;
  kernel.shape = to.shape;
  kernel.input_dtypes = {bits_of(to.dtype)};
  kernel.stores = {0};
  Launch launch;
  launch.fused = std::make_shared<FusedKernel>(std::move(kernel));
  launch.inputs = {from};
  launch.outputs = {to};
  launch.inputs[0].dtype = launch.outputs[0].dtype = bits_of(to.dtype);
  add_fused(launch, recipe);
}

}  // namespace lazulite::cuda
