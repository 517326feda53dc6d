#pragma once

#include <cstdint>
#include <limits>

#include "lazulite/backends/cpu/primitives/pooling/pool_shape.h"

// The channels of one pixel of a pooling. `x`, `dy` and `positions` point to an image, whose pixels
// have `channels` elements each.
namespace lazulite::cpu {

// The maximum of the taps, and its place in the window as a Position; without taps the least value.
// Either may be null.
template <class T, class Position>
void max_pixel(const T* x, const Tap* taps, int64_t count, int64_t channels, T* y,
               Position* positions) {
  using Limits = std::numeric_limits<T>;
  const T lowest = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  for (int64_t c = 0; c < channels; ++c) {
    T best = count > 0 ? x[taps[0].pixel * channels + c] : lowest;
    int64_t place = count > 0 ? taps[0].place : 0;
    for (int64_t i = 1; i < count; ++i) {
      const T value = x[taps[i].pixel * channels + c];
      const bool worse = value <= best;  // false if one is NaN
      if (!worse && best == best) {
        best = value;
        place = taps[i].place;
      }
    }
    if (y) y[c] = best;
    if (positions) positions[c] = static_cast<Position>(place);
  }
}

// The sum of those taps of dy whose position names this pixel.
template <class T, class Position>
void max_grad_pixel(const T* dy, const Position* positions, const Tap* taps, int64_t count,
                    int64_t channels, T* dx) {
  for (int64_t c = 0; c < channels; ++c) {
    T sum = 0;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t at = taps[i].pixel * channels + c;
      if (positions[at] == static_cast<Position>(taps[i].place)) sum += dy[at];
    }
    dx[c] = sum;
  }
}

// The sum of the taps, divided.
template <class T>
void mean_pixel(const T* x, const Tap* taps, int64_t count, int64_t channels, T divisor, T* y) {
  for (int64_t c = 0; c < channels; ++c) {
    T sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += x[taps[i].pixel * channels + c];
    y[c] = sum / divisor;
  }
}

// The same in vectors, for float32 and windows of at most 256 elements.
void max_pixel(const float* x, const Tap* taps, int64_t count, int64_t channels, float* y,
               uint8_t* positions);
void max_grad_pixel(const float* dy, const uint8_t* positions, const Tap* taps, int64_t count,
                    int64_t channels, float* dx);
void mean_pixel(const float* x, const Tap* taps, int64_t count, int64_t channels, float divisor,
                float* y);

}  // namespace lazulite::cpu
