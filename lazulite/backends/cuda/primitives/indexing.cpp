#include "lazulite/ops/primitives/indexing.h"

#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/fused.h"
#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/kernels/targets.h"
#include "lazulite/backends/cuda/primitives/primitives.h"
#include "lazulite/backends/cuda/runtime/status.h"

namespace lazulite::cuda {
namespace {

std::string head(Dtype element, Dtype index) {
  return fmt::format("{}{}{}typedef {} T;\ntypedef {} I;\n", prelude, places_prelude, status_source,
                     type_of(element), type_of(index));
}

// Elements are numbered (before, one for each index, after), or (before, size, after) in x.
struct Sizes {
  int64_t before, size, count, after;
};
Sizes sizes_of(const Launch& launch, int axis_, bool along) {
  const Shape& shape = launch.inputs[0].shape;
  const Operand& indices = launch.inputs[1];
  const auto axis = static_cast<size_t>(axis_);
  return {element_count(std::span(shape.begin(), axis)), shape[axis],
          along ? indices.shape[axis] : indices.size(),
          element_count(std::span(shape.begin() + axis + 1, shape.end()))};
}

constexpr const char* check_source = R"cuda(
struct Parameters { View indices; long long size; unsigned count, number, blocks; int wrap, clamp; };
DEVICE void reject(const T* indices, Status* status, const Parameters& p, unsigned first) {
  if (first == ~0u || status->stop) return;
  status->stop = 1;
  status->check = p.number;
  status->index = (long long)indices[place(p.indices, first)];
}
)cuda";

constexpr const char* check_each_source = R"cuda(
extern "C" __global__ void lazulite_kernel(const T* indices, I* out, unsigned* rejected,
                                           Status* status, const Parameters p) {
  __shared__ unsigned first;
  if (threadIdx.x == 0) first = ~0u;
  __syncthreads();
  for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < p.count;
       i += gridDim.x * blockDim.x) {
    const T index = indices[place(p.indices, i)];
    long long value = (long long)index, position = value;
    bool good;
    if (T(-1) > T(0) && (unsigned long long)index >= (unsigned long long)p.size) {
      position = p.size - 1;
      good = p.clamp;
    } else {
      if (value < 0 && p.wrap) value += p.size;
      position = value < 0 ? 0 : value >= p.size ? p.size - 1 : value;
      good = p.clamp || position == value;
    }
    out[i] = I(position < 0 ? 0 : position);
    if (!good) atomicMin(&first, i);
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  if (gridDim.x > 1) {
    rejected[blockIdx.x] = first;
  } else {
    reject(indices, status, p, first);
  }
}
)cuda";

// The first that any block has rejected.
constexpr const char* check_ends_source = R"cuda(
extern "C" __global__ void lazulite_kernel(const T* indices, const unsigned* rejected,
                                           Status* status, const Parameters p) {
  __shared__ unsigned first;
  if (threadIdx.x == 0) first = ~0u;
  __syncthreads();
  for (unsigned i = threadIdx.x; i < p.blocks; i += blockDim.x) atomicMin(&first, rejected[i]);
  __syncthreads();
  if (threadIdx.x == 0) reject(indices, status, p, first);
}
)cuda";

bool accepts(const CheckIndex&, const Launch& launch) { return can_view(launch.inputs[0]); }
void make(const CheckIndex& p, const Launch& launch, Recipe& recipe) {
  const Operand& indices = launch.inputs[0];
  recipe.checks.push_back([p, dtype = indices.dtype](int64_t index) {
    p.reject(dtype == Dtype::uint64 ? std::to_string(static_cast<uint64_t>(index))
                                    : std::to_string(index));
  });
  if (indices.size() == 0) return;
  constexpr int64_t threads = 1024, most_blocks = 264, least_of_thread = 4;
  const int64_t blocks =
      std::clamp<int64_t>(indices.size() / (threads * least_of_thread), 1, most_blocks);
  const Pointer rejected = recipe.take_workspace(static_cast<size_t>(blocks) * sizeof(uint32_t));
  for (bool ends : {false, true}) {
    if (ends && blocks == 1) break;
    KernelText text{.name = ends ? "check_index_ends" : "check_index",
                    .source = head(indices.dtype, launch.outputs[0].dtype) + check_source +
                              (ends ? check_ends_source : check_each_source),
                    .block = static_cast<unsigned>(threads)};
    text.add_pointers({pointer_to(indices)});
    if (!ends) text.add_pointers({result_at(launch.outputs[0])});
    text.add_pointers({ends ? rejected : rejected.as_result(), status_pointer.as_result()});
    text.add_constant(view_of(indices));
    text.add_constant(p.size);
    text.add_constant(static_cast<uint32_t>(indices.size()));
    text.add_constant(static_cast<uint32_t>(recipe.checks.size()));
    text.add_constant(static_cast<uint32_t>(blocks));
    text.add_constant(int32_t{p.wrap});
    text.add_constant(int32_t{p.clamp});
    text.grid[0] = ends ? 1 : static_cast<unsigned>(blocks);
    recipe.steps.emplace_back(std::move(text));
  }
}

constexpr const char* position_source = R"cuda(
DEVICE unsigned position_of(I index, unsigned size) {
  long long position = (long long)index;
  if (position < 0) position += size;
  return position < 0 ? 0 : position >= size ? size - 1 : (unsigned)position;
}
)cuda";

constexpr const char* gather_source = R"cuda(
struct Parameters { View x, indices; Axis count, after; unsigned size, elements, along; };
extern "C" __global__ void lazulite_kernel(const T* x, const I* indices, T* out,
                                           const Parameters p) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.elements) return;
  const unsigned rest = quotient(i, p.after), a = i - rest * p.after.size;
  const unsigned before = quotient(rest, p.count), j = rest - before * p.count.size;
  const unsigned position = position_of(indices[place(p.indices, p.along ? i : j)], p.size);
  out[i] = x[place(p.x, (before * p.size + position) * p.after.size + a)];
}
)cuda";

bool can_gather(const Launch& launch) {
  return can_view(launch.inputs[0]) && can_view(launch.inputs[1]) &&
         launch.outputs[0].size() <= most_elements;
}

void gather(const Launch& launch, int axis, bool along, Recipe& recipe) {
  const Operand &x = launch.inputs[0], &indices = launch.inputs[1], &out = launch.outputs[0];
  if (out.size() == 0) return;
  Sizes sizes = sizes_of(launch, axis, along);
  // Whole elements of any kind are moved as they are.
  KernelText text{.name = "gather",
                  .source = head(x.dtype, indices.dtype) + position_source + gather_source};
  text.add_pointers({pointer_to(x), pointer_to(indices), result_at(out)});
  text.add_constant(view_of(x));
  text.add_constant(view_of(indices));
  text.add_constant(Axis(sizes.count));
  text.add_constant(Axis(sizes.after));
  text.add_constant(static_cast<uint32_t>(sizes.size));
  text.add_constant(static_cast<uint32_t>(out.size()));
  text.add_constant(uint32_t{along});
  text.grid[0] = static_cast<unsigned>(ceil_div(out.size(), text.block));
  recipe.steps.emplace_back(std::move(text));
}

bool accepts(const Gather&, const Launch& launch) { return can_gather(launch); }
void make(const Gather& p, const Launch& launch, Recipe& recipe) {
  gather(launch, p.axis, false, recipe);
}
bool accepts(const GatherAlong&, const Launch& launch) { return can_gather(launch); }
void make(const GatherAlong& p, const Launch& launch, Recipe& recipe) {
  gather(launch, p.axis, true, recipe);
}

// Each element of the result looks for its updates, in their order: sums come out the same each
// time, and no two threads write to one place. Where there are many, they are sorted first.
constexpr const char* scatter_source = R"cuda(
struct Parameters {
  View x, indices, updates;
  Axis size, after;
  unsigned elements, count, along, add;
};
extern "C" __global__ void lazulite_kernel(const T* x, const I* indices, const unsigned* targets,
                                           const unsigned* order, const T* updates, T* out,
                                           const Status* status, const Parameters p) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.elements) return;
  const unsigned rest = quotient(i, p.after), a = i - rest * p.after.size;
  const unsigned before = quotient(rest, p.size), own = rest - before * p.size.size;
  T value = x[place(p.x, i)];
#if SORTED
  const long long line = p.along ? (long long)(before * p.after.size + a) * p.count : 0;
  targets += line;
  order += line;
  for (unsigned at = first_at(targets, p.count, own); at < p.count && targets[at] == own; ++at) {
    const unsigned number = (before * p.count + order[at]) * p.after.size + a;
#else
  for (unsigned j = 0; j < p.count; ++j) {
    const unsigned number = (before * p.count + j) * p.after.size + a;
    const I index = indices[place(p.indices, p.along ? number : j)];
    if (position_of(index, p.size.size) != own) continue;
#endif
    const T update = updates[place(p.updates, number)];
    value = p.add ? Store<T>::of(dialect::ADD(load(value), load(update))) : update;
  }
  if (!status->stop) out[i] = value;
}
)cuda";

// Where the updates of scatters go, for add_sort.
constexpr const char* target_source = R"cuda(
struct Source { View indices; Axis after; unsigned size, count, along; };
DEVICE Key key_at(const Source& s, const I* indices, unsigned line, unsigned k) {
  const unsigned before = quotient(line, s.after), at = line - before * s.after.size;
  const unsigned number = s.along ? (before * s.count + k) * s.after.size + at : k;
  return position_of(indices[place(s.indices, number)], s.size);
}
#define KEY_POINTERS const I* indices,
#define KEY_ARGUMENTS indices,
)cuda";

Sorting sorting_of(const Operand& indices, const Sizes& sizes, bool along) {
  Sorting sorting;
  sorting.lines = along ? sizes.before * sizes.after : 1;
  sorting.size = sizes.count;
  sorting.functions = fmt::format("{}typedef {} I;\n{}{}", places_prelude, type_of(indices.dtype),
                                  position_source, target_source);
  sorting.pointers = {pointer_to(indices)};
  KernelText source;
  source.add_constant(view_of(indices));
  source.add_constant(Axis(along ? sizes.after : 1));
  for (int64_t number : {sizes.size, sizes.count, int64_t{along}}) {
    source.add_constant(static_cast<uint32_t>(number));
  }
  sorting.source = std::move(source.constants);
  return sorting;
}

bool can_scatter(const Launch& launch) {
  return can_gather(launch) && can_view(launch.inputs[2]) &&
         launch.inputs[2].size() <= most_elements;
}

void scatter(const Launch& launch, int axis, bool along, bool add, Recipe& recipe) {
  const Operand &x = launch.inputs[0], &indices = launch.inputs[1], &out = launch.outputs[0];
  if (out.size() == 0) return;
  Sizes sizes = sizes_of(launch, axis, along);
  const bool sorted = pays_to_sort(sizes.count, out.size());
  Pointer targets = pointer_to(indices), order = targets;
  if (sorted) add_sorted_targets(sorting_of(indices, sizes, along), &targets, &order, recipe);
  std::string source = head(x.dtype, indices.dtype) + position_source + first_at_source;
  if (x.dtype == Dtype::complex64) source += complex_prelude;
  source += row_source(Row::add, x.dtype) +
            fmt::format("#define SORTED {:d}\n#define ADD {}\n", sorted,
                        row_function(Row::add, x.dtype)) +
            scatter_source;
  KernelText text{.name = "scatter", .source = std::move(source)};
  text.add_pointers({pointer_to(x), pointer_to(indices), targets, order,
                     pointer_to(launch.inputs[2]), result_at(out), status_pointer});
  text.add_constant(view_of(x));
  text.add_constant(view_of(indices));
  text.add_constant(view_of(launch.inputs[2]));
  text.add_constant(Axis(sizes.size));
  text.add_constant(Axis(sizes.after));
  text.add_constant(static_cast<uint32_t>(out.size()));
  text.add_constant(static_cast<uint32_t>(sizes.count));
  text.add_constant(uint32_t{along});
  text.add_constant(uint32_t{add});
  text.grid[0] = static_cast<unsigned>(ceil_div(out.size(), text.block));
  recipe.steps.emplace_back(std::move(text));
}

bool accepts(const ScatterAdd&, const Launch& launch) { return can_scatter(launch); }
void make(const ScatterAdd& p, const Launch& launch, Recipe& recipe) {
  scatter(launch, p.axis, false, true, recipe);
}
bool accepts(const ScatterAlong&, const Launch& launch) { return can_scatter(launch); }
void make(const ScatterAlong& p, const Launch& launch, Recipe& recipe) {
  scatter(launch, p.axis, true, p.add, recipe);
}

}  // namespace

LAZULITE_CUDA_KERNEL(CheckIndex);
LAZULITE_CUDA_KERNEL(Gather);
LAZULITE_CUDA_KERNEL(GatherAlong);
LAZULITE_CUDA_KERNEL(ScatterAdd);
LAZULITE_CUDA_KERNEL(ScatterAlong);

}  // namespace lazulite::cuda
