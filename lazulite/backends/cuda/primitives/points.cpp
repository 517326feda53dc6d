// Gathers and scatters by several arrays of indices.
#include <fmt/format.h>

#include <algorithm>

#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/kernels/targets.h"
#include "lazulite/backends/cuda/primitives/primitives.h"
#include "lazulite/backends/cuda/runtime/status.h"
#include "lazulite/ops/primitives/indexing.h"

namespace lazulite::cuda {
namespace {

// An array whose axes stand in the order: before the points, indexed, after the points. Its
// elements are then numbered (before, point, after).
struct PointView {
  PointView(const Operand& x, const Axes& axes, int place) : operand(x) {
    const Axes others = other_axes(x.shape.size(), axes);
    operand.shape.clear();
    operand.strides.clear();
    auto append = [&](int axis_) {
      const auto axis = static_cast<size_t>(axis_);
      operand.shape.push_back(x.shape[axis]);
      operand.strides.push_back(x.strides[axis]);
      return x.shape[axis];
    };
    for (int i = 0; i < place; ++i) append(others[static_cast<size_t>(i)]);
    for (int axis : axes) points *= append(axis);
    for (auto i = static_cast<size_t>(place); i < others.size(); ++i) after *= append(others[i]);
  }
  Operand operand;
  int64_t points = 1, after = 1;
};

constexpr size_t most_indices = 4;

bool can_index(const Launch& launch, const Axes& axes, int place) {
  if (axes.size() > most_indices || !can_view(PointView(launch.inputs[0], axes, place).operand)) {
    return false;
  }
  for (size_t i = 1; i <= axes.size(); ++i) {
    if (!can_view(launch.inputs[i])) return false;
  }
  return launch.inputs[0].size() <= most_elements && launch.outputs[0].size() <= most_elements;
}

constexpr const char* point_source = R"cuda(
template <class I>
DEVICE unsigned position_of(I index, unsigned size) {
  long long position = (long long)index;
  if (position < 0) position += size;
  return position < 0 ? 0 : position >= size ? size - 1 : (unsigned)position;
}
template <class P> DEVICE unsigned point_of(DECLARED const P& p, unsigned j) {
  unsigned point = 0;
  POINT
  return point;
}
)cuda";

constexpr const char* parameters_source = R"cuda(
struct Parameters {
  View x, out, updates, indices[INDICES];
  Axis count, points, after;
  unsigned elements, sizes[INDICES];
};
)cuda";

constexpr const char* target_source = R"cuda(
struct Source { View indices[INDICES]; unsigned sizes[INDICES]; };
DEVICE Key key_at(const Source& s, DECLARED unsigned line, unsigned k) {
  return point_of(PASSED s, k);
}
#define KEY_POINTERS DECLARED
#define KEY_ARGUMENTS PASSED
)cuda";

// What says which point number j of the indices means.
std::string points_text(const Launch& launch, size_t indices) {
  std::string declared, passed, steps;
  for (size_t i = 0; i < indices; ++i) {
    declared += fmt::format("const {}* i{}, ", type_of(launch.inputs[i + 1].dtype), i);
    passed += fmt::format("i{}, ", i);
    steps += fmt::format(
        "  point = point * p.sizes[{0}] + position_of(i{0}[place(p.indices[{0}], j)], "
        "p.sizes[{0}]);\n",
        i);
  }
  return fmt::format(
      "{}#define INDICES {}\n#define DECLARED {}\n#define PASSED {}\n#define POINT {}\n{}",
      places_prelude, indices, declared, passed,
      [&] {
        std::replace(steps.begin(), steps.end(), '\n', ' ');
        return steps;
      }(),
      point_source);
}

std::string head(const Launch& launch, size_t indices) {
  return fmt::format("{}{}typedef {} T;\n{}{}", prelude, status_source,
                     type_of(launch.inputs[0].dtype), points_text(launch, indices),
                     parameters_source);
}

constexpr const char* gather_source = R"cuda(
extern "C" __global__ void lazulite_kernel(const T* x, DECLARED T* out, const Parameters p) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.elements) return;
  const unsigned rest = quotient(i, p.after), a = i - rest * p.after.size;
  const unsigned before = quotient(rest, p.count), j = rest - before * p.count.size;
  const unsigned point = point_of(PASSED p, j);
  out[i] = x[place(p.x, (before * p.points.size + point) * p.after.size + a)];
}
)cuda";

// Each element of the result looks for its updates, in their order.
constexpr const char* scatter_source = R"cuda(
extern "C" __global__ void lazulite_kernel(const T* x, DECLARED const unsigned* targets,
                                           const unsigned* order, const T* updates, T* out,
                                           const Status* status, const Parameters p) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.elements) return;
  const unsigned rest = quotient(i, p.after), a = i - rest * p.after.size;
  const unsigned before = quotient(rest, p.points), own = rest - before * p.points.size;
  T value = x[place(p.x, i)];
#if SORTED
  for (unsigned at = first_at(targets, p.count.size, own);
       at < p.count.size && targets[at] == own; ++at) {
    const unsigned j = order[at];
#else
  for (unsigned j = 0; j < p.count.size; ++j) {
    if (point_of(PASSED p, j) != own) continue;
#endif
    const T update =
        updates[place(p.updates, (before * p.count.size + j) * p.after.size + a)];
    value = COMBINED(value, update);
  }
  if (!status->stop) out[place(p.out, i)] = value;
}
)cuda";

// Of integers, rounded towards zero, and wrapped around; 0 where y is 0.
constexpr const char* quotient_source = R"cuda(
DEVICE T truncated_quotient(T x, T y) {
  if (y == 0) return 0;
  if ((T)-1 < (T)0 && y == (T)-1) return (T)(0ull - (unsigned long long)x);
  return (T)(x / y);
}
#define COMBINED(x, y) truncated_quotient(x, y)
)cuda";

void add_parameters(KernelText& text, const Launch& launch, const PointView& x, const Operand& out,
                    const Operand& updates, const Axes& axes, int64_t elements) {
  text.add_constant(view_of(x.operand));
  text.add_constant(view_of(out));
  text.add_constant(view_of(updates));
  for (size_t i = 1; i <= axes.size(); ++i) text.add_constant(view_of(launch.inputs[i]));
  text.add_constant(Axis(std::max<int64_t>(launch.inputs[1].size(), 1)));
  text.add_constant(Axis(x.points));
  text.add_constant(Axis(x.after));
  text.add_constant(static_cast<uint32_t>(elements));
  for (int axis : axes) {
    text.add_constant(static_cast<uint32_t>(launch.inputs[0].shape[static_cast<size_t>(axis)]));
  }
  text.grid[0] = static_cast<unsigned>(ceil_div(elements, text.block));
}

bool accepts(const GatherPoints& p, const Launch& launch) {
  return can_index(launch, p.axes, p.place);
}

void make(const GatherPoints& p, const Launch& launch, Recipe& recipe) {
  const Operand &x = launch.inputs[0], &out = launch.outputs[0];
  if (out.size() == 0) return;
  KernelText text{.name = "gather_points", .source = head(launch, p.axes.size()) + gather_source};
  text.add_pointers({pointer_to(x)});
  for (size_t i = 1; i <= p.axes.size(); ++i) text.add_pointers({pointer_to(launch.inputs[i])});
  text.add_pointers({result_at(out)});
  const PointView view(x, p.axes, p.place);
  add_parameters(text, launch, view, view.operand, view.operand, p.axes, out.size());
  recipe.steps.emplace_back(std::move(text));
}

Sorting sorting_of(const Launch& launch, const Axes& axes) {
  Sorting sorting;
  sorting.lines = 1;
  sorting.size = launch.inputs[1].size();
  sorting.functions = points_text(launch, axes.size()) + target_source;
  KernelText source;
  for (size_t i = 1; i <= axes.size(); ++i) {
    sorting.pointers.push_back(pointer_to(launch.inputs[i]));
    source.add_constant(view_of(launch.inputs[i]));
  }
  for (int axis : axes) {
    source.add_constant(static_cast<uint32_t>(launch.inputs[0].shape[static_cast<size_t>(axis)]));
  }
  sorting.source = std::move(source.constants);
  sorting.source.resize((sorting.source.size() + 7) / 8 * 8);
  return sorting;
}

bool accepts(const ScatterPoints& p, const Launch& launch) {
  return can_index(launch, p.axes, p.place) && can_view(launch.inputs.back()) &&
         launch.inputs.back().size() <= most_elements && launch.inputs[1].size() > 0;
}

void make(const ScatterPoints& p, const Launch& launch, Recipe& recipe) {
  static constexpr Row rows[] = {Row::positive, Row::add,     Row::multiply,
                                 Row::divide,   Row::maximum, Row::minimum};
  const Operand &x = launch.inputs[0], &updates = launch.inputs.back(), &out = launch.outputs[0];
  if (out.size() == 0) return;
  const bool sorted = pays_to_sort(launch.inputs[1].size(), out.size());
  Pointer targets = pointer_to(launch.inputs[1]), order = targets;
  if (sorted) add_sorted_targets(sorting_of(launch, p.axes), &targets, &order, recipe);
  std::string source =
      head(launch, p.axes.size()) + first_at_source + fmt::format("#define SORTED {:d}\n", sorted);
  if (p.op == ScatterOp::assign) {
    source += "#define COMBINED(x, y) (y)\n";
  } else if (p.op == ScatterOp::divide && is_integer(x.dtype)) {
    source += quotient_source;
  } else {
    const Row row = rows[static_cast<size_t>(p.op)];
    if (x.dtype == Dtype::complex64) source += complex_prelude;
    source += row_source(row, x.dtype);
    source += fmt::format("#define COMBINED(x, y) Store<T>::of(dialect::{}(load(x), load(y)))\n",
                          row_function(row, x.dtype));
  }
  KernelText text{.name = "scatter_points", .source = source + scatter_source};
  text.add_pointers({pointer_to(x)});
  for (size_t i = 1; i <= p.axes.size(); ++i) text.add_pointers({pointer_to(launch.inputs[i])});
  text.add_pointers({targets, order, pointer_to(updates), result_at(out), status_pointer});
  add_parameters(text, launch, PointView(x, p.axes, p.place),
                 PointView(out, p.axes, p.place).operand, updates, p.axes, out.size());
  recipe.steps.emplace_back(std::move(text));
}

}  // namespace

LAZULITE_CUDA_KERNEL(GatherPoints);
LAZULITE_CUDA_KERNEL(ScatterPoints);

}  // namespace lazulite::cuda
