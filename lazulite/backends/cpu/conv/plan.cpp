#include <algorithm>
#include <limits>
#include <stdexcept>

#include "lazulite/backends/cpu/conv/conv.h"
#include "lazulite/backends/cpu/conv/geometry.h"
#include "lazulite/backends/cpu/parallel.h"

namespace lazulite::cpu {
namespace {

void check(const ConvShape& s) {
  if (s.n < 1 || s.h < 1 || s.w < 1 || s.c_in < 1 || s.c_out < 1 || s.kernel < 1) {
    throw std::invalid_argument("plan_conv: every size of a convolution is at least 1");
  }
  if (s.pad < 0 || s.pad >= s.kernel) {
    throw std::invalid_argument("plan_conv: padding lies between 0 and the kernel's size - 1");
  }
  if (s.out_h() < 1 || s.out_w() < 1) {
    throw std::invalid_argument("plan_conv: the kernel is larger than the padded image");
  }
}

// How many taps along one side do not fall on padding, over all outputs.
int64_t useful_taps(int64_t side, int64_t outputs, int64_t kernel, int64_t pad) {
  int64_t count = 0;
  for (int64_t y = 0; y < outputs; ++y) {
    count += std::min(kernel, side + pad - y) - std::max<int64_t>(0, pad - y);
  }
  return count;
}

// Both in multiplications; a transform of a point costs as much as some products with it (measured
// on x86 with AVX2 and AVX-512).
double direct_cost(const ConvPlan& plan) {
  const ConvShape& s = plan.shape;
  const int64_t step = plan.options.pool ? 2 : 1;
  return static_cast<double>(useful_taps(s.h, s.out_h() / step * step, s.kernel, s.pad)) *
         static_cast<double>(useful_taps(s.w, s.out_w() / step * step, s.kernel, s.pad)) *
         static_cast<double>(s.c_in * s.c_out);
}

double winograd_cost(const ConvPlan& plan) {
  const WinogradGeometry geometry(plan);
  constexpr double input_transform = 8, output_transform = 6;
  const auto c_in = static_cast<double>(plan.shape.c_in);
  const auto c_out = static_cast<double>(plan.shape.c_out);
  return static_cast<double>(geometry.tiles * geometry.points) *
         (c_in * c_out + input_transform * c_in + output_transform * c_out);
}

// How the plan's convolution is best done.
int64_t choose_tile(const ConvPlan& plan) {
  const ConvShape& shape = plan.shape;
  const bool indexable =
      plan.weight_gradient_floats() <= std::numeric_limits<int32_t>::max();  // by vectors of int32
  if (!plan.options.winograd || !indexable || (shape.kernel != 3 && shape.kernel != 5)) return 0;
  int64_t best = 0;
  double least = direct_cost(plan);
  for (const int64_t tile : {4, 3}) {
    if (shape.kernel == 3 && tile != 4) continue;
    ConvPlan candidate = plan;
    candidate.tile = tile;
    const WinogradGeometry geometry(candidate);
    if (geometry.joins_tiles(plan.options.pool) && geometry.blocks > 1) continue;
    const double cost = winograd_cost(candidate);
    if (cost < least) {
      least = cost;
      best = tile;
    }
  }
  return best;
}

}  // namespace

int64_t ConvPlan::input_floats() const {
  return shape.groups() * shape.c_in * shape.h * shape.w * images_per_group;
}

int64_t ConvPlan::output_floats() const {
  return shape.groups() * shape.c_out * height() * width() * images_per_group;
}

int64_t ConvPlan::residual_bytes() const {
  return options.relu || options.pool ? output_floats() : 0;
}

int64_t ConvPlan::weight_gradient_floats() const {
  return shape.c_out * shape.kernel * shape.kernel * shape.c_in;
}

int useful_threads(const ConvPlan& plan, int64_t images) {
  constexpr double nanoseconds = 0.012;  // of a multiplication with AVX-512
  const double each = nanoseconds * (plan.tile ? winograd_cost(plan) : direct_cost(plan));
  const double useful = each * static_cast<double>(images) / nanoseconds_per_worker;
  return static_cast<int>(std::clamp<double>(useful, 1, thread_count()));
}

ConvPlan plan_conv(const ConvShape& shape, const ConvOptions& options) {
  check(shape);
  ConvPlan plan{shape, options};
  if (plan.height() < 1 || plan.width() < 1) {
    throw std::invalid_argument("plan_conv: the output is smaller than a window of the pool");
  }
  plan.tile = choose_tile(plan);
  if (options.threads < 1) {
    plan.options.threads = useful_threads(plan, shape.groups() * images_per_group);
  }
  return plan;
}

}  // namespace lazulite::cpu
