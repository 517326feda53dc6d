#include "lazulite/ops/primitives/pooling.h"

#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/primitives/primitives.h"

namespace lazulite::cuda {
namespace {

constexpr size_t most_spatial = 3;

// The array that windows slide over and that of the windows, with three spatial axes: those that
// an array lacks have size 1.
constexpr const char* geometry_source = R"cuda(
struct Geometry { Axis outer[3], channels; int window[3], stride[3], padding[3], size[3], count[3]; };
struct Place { unsigned c, image; int at[3]; };
DEVICE Place place_of(unsigned i, const Geometry& g) {
  Place out;
  unsigned rest = quotient(i, g.channels);
  out.c = i - rest * g.channels.size;
  for (int axis = 2; axis >= 0; --axis) {
    const unsigned next = quotient(rest, g.outer[axis]);
    out.at[axis] = int(rest - next * g.outer[axis].size);
    rest = next;
  }
  out.image = rest;
  return out;
}
DEVICE long long number(const int* size, const Geometry& g, unsigned image, int a, int b, int c,
                        unsigned channel) {
  return ((((long long)image * size[0] + a) * size[1] + b) * size[2] + c) * g.channels.size +
         channel;
}
// The windows along an axis that hold element `at`.
DEVICE int first_window(const Geometry& g, int axis, int at) {
  const int reach = at + g.padding[axis] - g.window[axis] + 1;
  return reach <= 0 ? 0 : (reach + g.stride[axis] - 1) / g.stride[axis];
}
DEVICE int end_window(const Geometry& g, int axis, int at) {
  const int end = (at + g.padding[axis]) / g.stride[axis] + 1;
  return end < g.count[axis] ? end : g.count[axis];
}
#define FOR(i, from, to) for (int i = from; i < to; ++i)
)cuda";

struct Geometry {
  Axis outer[3], channels;
  int32_t window[3], stride[3], padding[3], size[3], count[3];
};

Geometry geometry(const PoolGeometry& g, const Shape& x, const Shape& y, bool over_windows) {
  Geometry out;
  const size_t spatial = g.window.size(), missing = most_spatial - spatial;
  for (size_t k = 0; k < most_spatial; ++k) {
    const bool has = k >= missing;
    const size_t axis = k - missing;
    out.window[k] = has ? g.window[axis] : 1;
    out.stride[k] = has ? g.stride[axis] : 1;
    out.padding[k] = has ? g.padding[axis] : 0;
    out.size[k] = has ? static_cast<int32_t>(x[axis + 1]) : 1;
    out.count[k] = has ? static_cast<int32_t>(y[axis + 1]) : 1;
    out.outer[k] = Axis(over_windows ? out.count[k] : out.size[k]);
  }
  out.channels = Axis(x.back());
  return out;
}

std::string wide_type(Dtype dtype) { return fold_of(ReduceOp::sum, dtype).type; }

std::string head(Dtype dtype) {
  return fmt::format("{}{}{}{}typedef {} T;\ntypedef {} V;\ntypedef {} W;\n", prelude,
                     dtype == Dtype::complex64 ? complex_prelude : "", places_prelude,
                     geometry_source, type_of(dtype), register_type(dtype), wide_type(dtype));
}

bool accepts_pool(const PoolGeometry& g, const Launch& launch) {
  bool accepted = g.window.size() <= most_spatial;
  for (const Operand& input : launch.inputs) {
    accepted &= can_view(input) && input.dtype != Dtype::complex64;
  }
  for (const Operand& output : launch.outputs) accepted &= output.size() <= most_elements;
  return accepted;
}

void finish(KernelText text, int64_t elements, Recipe& recipe) {
  text.add_constant(static_cast<uint32_t>(elements));
  text.grid[0] = static_cast<unsigned>(ceil_div(elements, text.block));
  recipe.steps.emplace_back(std::move(text));
}

constexpr const char* max_source = R"cuda(
struct Parameters { View x; Geometry g; unsigned elements; };
extern "C" __global__ void lazulite_kernel(const T* x, T* out, I* positions, const Parameters p) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.elements) return;
  const Place at = place_of(i, p.g);
  T best = Store<T>::of(Cast<T>::of(-INFINITY));
  int position = -1;
  FOR(a, 0, p.g.window[0]) FOR(b, 0, p.g.window[1]) FOR(c, 0, p.g.window[2]) {
    const int d = at.at[0] * p.g.stride[0] - p.g.padding[0] + a;
    const int e = at.at[1] * p.g.stride[1] - p.g.padding[1] + b;
    const int f = at.at[2] * p.g.stride[2] - p.g.padding[2] + c;
    if (d < 0 || e < 0 || f < 0 || d >= p.g.size[0] || e >= p.g.size[1] || f >= p.g.size[2])
      continue;
    const T element = x[place(p.x, unsigned(number(p.g.size, p.g, at.image, d, e, f, at.c)))];
    const V value = load(element), so_far = load(best);
    const bool beats = !dialect::ISNAN(so_far) &&
                       (dialect::ISNAN(value) || dialect::GREATER(value, so_far));
    if (position < 0 || beats) {
      best = element;
      position = (a * p.g.window[1] + b) * p.g.window[2] + c;
    }
  }
  if (WRITES_OUT) out[i] = best;
  if (WRITES_POSITIONS) positions[i] = I(position < 0 ? 0 : position);
}
)cuda";

bool accepts(const MaxPool& p, const Launch& launch) { return accepts_pool(p, launch); }
void make(const MaxPool& p, const Launch& launch, Recipe& recipe) {
  const Operand& x = launch.inputs[0];
  const Operand &out = launch.outputs[0], &positions = launch.outputs[1];
  if (out.size() == 0) return;
  KernelText text{
      .name = "max_pool",
      .source = head(x.dtype) + row_source(Row::isnan, x.dtype) +
                row_source(Row::greater, x.dtype) +
                fmt::format("#define ISNAN {}\n#define GREATER {}\ntypedef {} I;\n"
                            "#define WRITES_OUT {}\n#define WRITES_POSITIONS {}\n",
                            row_function(Row::isnan, x.dtype), row_function(Row::greater, x.dtype),
                            type_of(positions.dtype), out.used, positions.used) +
                max_source};
  text.add_pointers({pointer_to(x), result_at(out), result_at(positions)});
  text.add_constant(view_of(x));
  text.add_constant(geometry(p, x.shape, out.shape, true));
  finish(std::move(text), out.size(), recipe);
}

constexpr const char* max_grad_source = R"cuda(
struct Parameters { View dy, positions; Geometry g; unsigned elements; };
extern "C" __global__ void lazulite_kernel(const T* dy, const I* positions, T* out,
                                           const Parameters p) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.elements) return;
  const Place at = place_of(i, p.g);
  W sum = 0;
  FOR(a, first_window(p.g, 0, at.at[0]), end_window(p.g, 0, at.at[0]))
  FOR(b, first_window(p.g, 1, at.at[1]), end_window(p.g, 1, at.at[1]))
  FOR(c, first_window(p.g, 2, at.at[2]), end_window(p.g, 2, at.at[2])) {
    const int d = at.at[0] + p.g.padding[0] - a * p.g.stride[0];
    const int e = at.at[1] + p.g.padding[1] - b * p.g.stride[1];
    const int f = at.at[2] + p.g.padding[2] - c * p.g.stride[2];
    const unsigned from = unsigned(number(p.g.count, p.g, at.image, a, b, c, at.c));
    const unsigned own = unsigned((d * p.g.window[1] + e) * p.g.window[2] + f);
    if (positions[place(p.positions, from)] == own) sum = sum + W(load(dy[place(p.dy, from)]));
  }
  out[i] = Store<T>::of(Cast<T>::of(sum));
}
)cuda";

bool accepts(const MaxPoolGrad& p, const Launch& launch) { return accepts_pool(p, launch); }
void make(const MaxPoolGrad& p, const Launch& launch, Recipe& recipe) {
  const Operand &dy = launch.inputs[0], &positions = launch.inputs[1], &out = launch.outputs[0];
  if (out.size() == 0) return;
  KernelText text{.name = "max_pool_grad",
                  .source = head(dy.dtype) +
                            fmt::format("typedef {} I;\n", type_of(positions.dtype)) +
                            max_grad_source};
  text.add_pointers({pointer_to(dy), pointer_to(positions), result_at(out)});
  text.add_constant(view_of(dy));
  text.add_constant(view_of(positions));
  text.add_constant(geometry(p, out.shape, dy.shape, false));
  finish(std::move(text), out.size(), recipe);
}

constexpr const char* average_source = R"cuda(
struct Parameters { View x; Geometry g; unsigned elements; };
extern "C" __global__ void lazulite_kernel(const T* x, T* out, const Parameters p) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.elements) return;
  const Place at = place_of(i, p.g);
  W sum = 0;
  FOR(a, 0, p.g.window[0]) FOR(b, 0, p.g.window[1]) FOR(c, 0, p.g.window[2]) {
    const int d = at.at[0] * p.g.stride[0] - p.g.padding[0] + a;
    const int e = at.at[1] * p.g.stride[1] - p.g.padding[1] + b;
    const int f = at.at[2] * p.g.stride[2] - p.g.padding[2] + c;
    if (d < 0 || e < 0 || f < 0 || d >= p.g.size[0] || e >= p.g.size[1] || f >= p.g.size[2])
      continue;
    const unsigned from = unsigned(number(p.g.size, p.g, at.image, d, e, f, at.c));
    sum = sum + W(load(x[place(p.x, from)]));
  }
  out[i] = Store<T>::of(Cast<T>::of(sum / W(p.g.window[0] * p.g.window[1] * p.g.window[2])));
}
)cuda";

bool accepts(const AvgPool& p, const Launch& launch) { return accepts_pool(p, launch); }
void make(const AvgPool& p, const Launch& launch, Recipe& recipe) {
  const Operand &x = launch.inputs[0], &out = launch.outputs[0];
  if (out.size() == 0) return;
  KernelText text{.name = "avg_pool", .source = head(x.dtype) + average_source};
  text.add_pointers({pointer_to(x), result_at(out)});
  text.add_constant(view_of(x));
  text.add_constant(geometry(p, x.shape, out.shape, true));
  finish(std::move(text), out.size(), recipe);
}

constexpr const char* average_grad_source = R"cuda(
struct Parameters { View dy; Geometry g; unsigned elements; };
extern "C" __global__ void lazulite_kernel(const T* dy, T* out, const Parameters p) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.elements) return;
  const Place at = place_of(i, p.g);
  W sum = 0;
  FOR(a, first_window(p.g, 0, at.at[0]), end_window(p.g, 0, at.at[0]))
  FOR(b, first_window(p.g, 1, at.at[1]), end_window(p.g, 1, at.at[1]))
  FOR(c, first_window(p.g, 2, at.at[2]), end_window(p.g, 2, at.at[2])) {
    const unsigned from = unsigned(number(p.g.count, p.g, at.image, a, b, c, at.c));
    sum = sum + W(load(dy[place(p.dy, from)]));
  }
  out[i] = Store<T>::of(Cast<T>::of(sum / W(p.g.window[0] * p.g.window[1] * p.g.window[2])));
}
)cuda";

bool accepts(const AvgPoolGrad& p, const Launch& launch) { return accepts_pool(p, launch); }
void make(const AvgPoolGrad& p, const Launch& launch, Recipe& recipe) {
  const Operand &dy = launch.inputs[0], &out = launch.outputs[0];
  if (out.size() == 0) return;
  KernelText text{.name = "avg_pool_grad", .source = head(dy.dtype) + average_grad_source};
  text.add_pointers({pointer_to(dy), result_at(out)});
  text.add_constant(view_of(dy));
  text.add_constant(geometry(p, out.shape, dy.shape, false));
  finish(std::move(text), out.size(), recipe);
}

}  // namespace

LAZULITE_CUDA_KERNEL(MaxPool);
LAZULITE_CUDA_KERNEL(MaxPoolGrad);
LAZULITE_CUDA_KERNEL(AvgPool);
LAZULITE_CUDA_KERNEL(AvgPoolGrad);

}  // namespace lazulite::cuda
