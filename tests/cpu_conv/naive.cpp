#include "naive.h"

#include <cmath>

namespace lazulite::cpu {
namespace {

// function(output index, image index, weight index) for every product of the convolution, where the
// channels are left out: indices are those of the first channels.
template <class Function>
void for_taps(const ConvShape& s, Function&& function) {
  for (int64_t n = 0; n < s.n; ++n) {
    for (int64_t y = 0; y < s.out_h(); ++y) {
      for (int64_t x = 0; x < s.out_w(); ++x) {
        for (int64_t ky = 0; ky < s.kernel; ++ky) {
          for (int64_t kx = 0; kx < s.kernel; ++kx) {
            const int64_t iy = y + ky - s.pad, ix = x + kx - s.pad;
            if (iy < 0 || ix < 0 || iy >= s.h || ix >= s.w) continue;
            function(((n * s.out_h() + y) * s.out_w() + x) * s.c_out,
                     ((n * s.h + iy) * s.w + ix) * s.c_in, (ky * s.kernel + kx) * s.c_in);
          }
        }
      }
    }
  }
}

}  // namespace

Doubles naive_conv(const ConvShape& s, const Floats& images, const Floats& weights) {
  Doubles output(s.n * s.out_h() * s.out_w() * s.c_out);
  const int64_t out_stride = s.kernel * s.kernel * s.c_in;
  for_taps(s, [&](int64_t to, int64_t image, int64_t weight) {
    for (int64_t o = 0; o < s.c_out; ++o) {
      double sum = 0;
      for (int64_t c = 0; c < s.c_in; ++c) {
        sum += double(images[image + c]) * weights[o * out_stride + weight + c];
      }
      output[to + o] += sum;
    }
  });
  return output;
}

Doubles naive_input_gradient(const ConvShape& s, const Floats& weights,
                             const Doubles& output_gradient) {
  Doubles gradient(s.n * s.h * s.w * s.c_in);
  const int64_t out_stride = s.kernel * s.kernel * s.c_in;
  for_taps(s, [&](int64_t from, int64_t image, int64_t weight) {
    for (int64_t o = 0; o < s.c_out; ++o) {
      const double value = output_gradient[from + o];
      if (value == 0) continue;
      for (int64_t c = 0; c < s.c_in; ++c) {
        gradient[image + c] += value * weights[o * out_stride + weight + c];
      }
    }
  });
  return gradient;
}

Doubles naive_weight_gradient(const ConvShape& s, const Floats& images,
                              const Doubles& output_gradient) {
  const int64_t out_stride = s.kernel * s.kernel * s.c_in;
  Doubles gradient(s.c_out * out_stride);
  for_taps(s, [&](int64_t from, int64_t image, int64_t weight) {
    for (int64_t o = 0; o < s.c_out; ++o) {
      const double value = output_gradient[from + o];
      if (value == 0) continue;
      for (int64_t c = 0; c < s.c_in; ++c) {
        gradient[o * out_stride + weight + c] += value * images[image + c];
      }
    }
  });
  return gradient;
}

Doubles naive_bias_gradient(const ConvShape& s, const Doubles& output_gradient) {
  Doubles gradient(s.c_out);
  for (size_t i = 0; i < output_gradient.size(); ++i) gradient[i % s.c_out] += output_gradient[i];
  return gradient;
}

double deviation(const Doubles& values) {
  double sum = 0, squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  const double mean = sum / double(values.size());
  return std::sqrt(squares / double(values.size()) - mean * mean);
}

}  // namespace lazulite::cpu
