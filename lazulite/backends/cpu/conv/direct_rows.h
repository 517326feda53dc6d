#pragma once

#include "lazulite/backends/cpu/conv/conv.h"
#include "lazulite/backends/cpu/conv/geometry.h"

namespace lazulite::cpu {

// A convolution as the direct kernel does it, two rows of outputs at a time: forward, or of the
// gradient of the output with the reversed kernel.
struct DirectRows {
  static DirectRows forward(const ConvPlan& plan) {
    const ConvShape& s = plan.shape;
    const bool pool = plan.options.pool;
    return {s.c_in,
            s.c_out,
            s.h,
            s.w,
            pool ? s.out_h() / 2 * 2 : s.out_h(),
            pool ? s.out_w() / 2 * 2 : s.out_w(),
            s.kernel,
            s.pad};
  }
  static DirectRows input_gradient(const ConvPlan& plan) {
    const ConvShape& s = plan.shape;
    return {s.c_out, s.c_in, s.out_h(), s.out_w(), s.h, s.w, s.kernel, s.kernel - 1 - s.pad};
  }

  int64_t row_pairs() const { return divide_up(out_h, 2); }
  int64_t result_width() const { return round_up(out_w, 2); }
  int64_t staged_width() const { return result_width() + kernel - 1; }
  int64_t staged_floats() const { return depth * (kernel + 1) * staged_width() * images_per_group; }

  int64_t scratch_floats() const {
    return staged_floats() + 2 * most_channels_per_part * result_width() * images_per_group;
  }

  int64_t depth, channels;
  int64_t height, width;  // of what is read
  int64_t out_h, out_w;   // of what is computed
  int64_t kernel, pad;
};

}  // namespace lazulite::cpu
