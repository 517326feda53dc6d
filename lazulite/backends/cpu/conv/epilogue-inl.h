#if defined(LAZULITE_BACKENDS_CPU_CONV_EPILOGUE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_BACKENDS_CPU_CONV_EPILOGUE_INL_H_
#undef LAZULITE_BACKENDS_CPU_CONV_EPILOGUE_INL_H_
#else
#define LAZULITE_BACKENDS_CPU_CONV_EPILOGUE_INL_H_
#endif

#include <algorithm>

#include "lazulite/backends/cpu/conv/calls.h"
#include "lazulite/backends/cpu/conv/vectors-inl.h"

// What follows a convolution: bias, ReLU, pooling, and the byte that tells the backward pass where
// the gradient goes.
HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {

using IndexTag = hn::RebindToSigned<FloatTag>;
using IndexVec = hn::Vec<IndexTag>;
using ByteTag = hn::Rebind<uint8_t, FloatTag>;

HWY_INLINE void take_larger(FloatVec candidate, int index, FloatVec& largest, IndexVec& taken) {
  const auto larger = hn::Or(hn::Gt(candidate, largest), hn::IsNaN(candidate));
  largest = hn::IfThenElse(larger, candidate, largest);
  taken = hn::IfThenElse(hn::RebindMask(IndexTag(), larger), hn::Set(IndexTag(), index), taken);
}

HWY_INLINE void finish_vector(const Epilogue& e, FloatVec bias, FloatVec value, IndexVec taken,
                              float* output, uint8_t* residual) {
  value = hn::Add(value, bias);
  if (e.relu) {
    // Not a maximum: a NaN stays one.
    const auto blocked = hn::Le(value, zero());
    value = hn::IfThenZeroElse(blocked, value);
    taken = hn::IfThenElse(hn::RebindMask(IndexTag(), blocked),
                           hn::Set(IndexTag(), blocked_gradient), taken);
  }
  store(value, output);
  if (residual != nullptr) {
    hn::Store(hn::DemoteTo(ByteTag(), taken), ByteTag(), residual);
  }
}

HWY_INLINE FloatVec bias_of(const Epilogue& e, int64_t channel) {
  return e.bias != nullptr ? hn::Set(FloatTag(), e.bias[channel]) : zero();
}

// Finishes the output at `to`, counted in floats, from the result at `from`, or from it and its
// three neighbours if there is a pool.
HWY_INLINE void finish_output(const Epilogue& e, FloatVec bias, const float* from,
                              int64_t row_floats, int64_t to) {
  for (int l = 0; l < images_per_group; l += lanes) {
    FloatVec value = load(from + l);
    IndexVec taken = hn::Zero(IndexTag());
    if (e.pool) {
      take_larger(load(from + images_per_group + l), 1, value, taken);
      take_larger(load(from + row_floats + l), 2, value, taken);
      take_larger(load(from + row_floats + images_per_group + l), 3, value, taken);
    }
    finish_vector(e, bias, value, taken, e.output + to + l,
                  e.residual != nullptr ? e.residual + to + l : nullptr);
  }
}

// Finishes rows x columns results of the convolution, the first of them at (y, x) of the image
// before pooling, and stores what lies in the image.
HWY_INLINE void finish_patch(const Epilogue& e, const float* values, int64_t row_floats, int64_t y,
                             int64_t x, int64_t rows, int64_t columns, int64_t group,
                             int64_t channel) {
  const int64_t plane = (group * e.channels + channel) * e.height * e.width;
  const FloatVec bias = bias_of(e, channel);
  const int step = e.pool ? 2 : 1;
  const int64_t y_end = std::min(e.height, (y + rows) / step);
  const int64_t x_end = std::min(e.width, (x + columns) / step);
  for (int64_t oy = y / step; oy < y_end; ++oy) {
    const float* from = values + (oy * step - y) * row_floats;
    for (int64_t ox = x / step; ox < x_end; ++ox, from += step * images_per_group) {
      finish_output(e, bias, from, row_floats, (plane + oy * e.width + ox) * images_per_group);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#endif
