#pragma once

#include <cstdint>
#include <span>

// Two-dimensional float32 convolution of stride 1 with bias, ReLU and 2x2 max-pooling in one pass,
// forward and backward, on raw pointers. Every buffer belongs to the caller, who asks for its size;
// nothing here allocates. Buffers start at multiples of 64 bytes.
//
// Packed images. Sixteen images lie side by side as the lanes of vectors:
//     [ceil(n / 16)][channels][height][width][16]
// Sixteen on every machine, so that a layout does not depend on the instruction set: narrower
// vectors take a group in halves or quarters. No channel is ever padded, and pooling and transforms
// work lane by lane. Where n is no multiple of 16, the lanes left over hold anything finite in
// activations; in gradients they hold zeros.
//
// Weights are [c_out][kernel][kernel][c_in], gradients of weights too.
//
// Same plan, same inputs: same bits.
namespace lazulite::cpu {

inline constexpr int images_per_group = 16;

struct ConvShape {
  int64_t n = 1, h = 1, w = 1;
  int64_t c_in = 1, c_out = 1;
  int64_t kernel = 1;  // height and width
  int64_t pad = 0;     // zeros on each side, less than kernel

  // Before pooling.
  int64_t out_h() const { return h + 2 * pad - kernel + 1; }
  int64_t out_w() const { return w + 2 * pad - kernel + 1; }
  int64_t groups() const { return (n + images_per_group - 1) / images_per_group; }

  bool operator==(const ConvShape&) const = default;
};

struct ConvOptions {
  bool relu = false;
  // 2x2, stride 2: an odd last row or column is left out. A NaN in a window is its maximum, the
  // last of several; otherwise the first maximum in row-major order is. Elements are compared
  // before the bias is added.
  bool pool = false;
  // Winograd's algorithm differs from the exact result by at most 4e-5 of the output's standard
  // deviation; without it the error is 5e-6 at most.
  bool winograd = true;
  // For how many workers the work is divided, which sets the order of sums; 0: as many as it is
  // worth for packed images.
  int threads = 0;

  bool operator==(const ConvOptions&) const = default;
};

// How a convolution is done: plain values, decided once by plan_conv.
struct ConvPlan {
  ConvShape shape;
  ConvOptions options;  // threads is at least 1 here
  int64_t tile = 0;     // side of a Winograd tile of outputs; 0: the direct algorithm

  // Of the output as it is stored: pooled, if the plan pools.
  int64_t height() const { return options.pool ? shape.out_h() / 2 : shape.out_h(); }
  int64_t width() const { return options.pool ? shape.out_w() / 2 : shape.out_w(); }

  int64_t input_floats() const;   // packed images, and the gradient of the input
  int64_t output_floats() const;  // packed images, and the gradient of the output
  // One byte for each output: which of its window's elements, in row-major order, takes the
  // gradient, or blocked_gradient where the ReLU passes none (no element is above zero or NaN).
  // Zero without ReLU and pooling.
  int64_t residual_bytes() const;
  int64_t weight_gradient_floats() const;  // as the weights

  bool operator==(const ConvPlan&) const = default;
};

inline constexpr uint8_t blocked_gradient = 255;

// Throws std::invalid_argument if a size is below 1, pad is not in [0, kernel), or the output is
// empty.
ConvPlan plan_conv(const ConvShape& shape, const ConvOptions& options);

// For how many workers the work on so many images is worth dividing: at most thread_count().
int useful_threads(const ConvPlan& plan, int64_t images);

// From n channels-last images [n][h][w][c] to packed ones, zeros in the lanes left over; and back.
void pack_images(const float* images, int64_t n, int64_t h, int64_t w, int64_t c, float* packed);
void unpack_images(const float* packed, int64_t n, int64_t h, int64_t w, int64_t c, float* images);

// Weights as the kernels read them: once for each change of the weights.
int64_t forward_weights_floats(const ConvPlan& plan);
void prepare_forward_weights(const ConvPlan& plan, const float* weights, float* prepared);
int64_t backward_weights_floats(const ConvPlan& plan);
void prepare_backward_weights(const ConvPlan& plan, const float* weights, float* prepared);

// output = pool(relu(conv(input) + bias)). bias [c_out] and residual may be null; input and output
// are packed images.
int64_t forward_workspace_floats(const ConvPlan& plan);
void conv_forward(const ConvPlan& plan, const float* input, const float* prepared_weights,
                  const float* bias, float* output, uint8_t* residual, float* workspace);

// What a backward pass reads and writes. Gradients that are null are not computed, nor are the
// operands read that only they need.
struct ConvBackward {
  const float* input = nullptr;             // as in the forward pass; for weight_gradient
  const float* prepared_weights = nullptr;  // by prepare_backward_weights; for input_gradient
  const float* output_gradient = nullptr;   // packed images
  const uint8_t* residual = nullptr;        // null if residual_bytes() is 0
  float* input_gradient = nullptr;          // packed images
  float* weight_gradient = nullptr;
  float* bias_gradient = nullptr;  // [c_out]
};
int64_t backward_workspace_floats(const ConvPlan& plan);
void conv_backward(const ConvPlan& plan, const ConvBackward& call, float* workspace);

// Inference through several layers, each group of sixteen images at a time, so that what lies
// between two layers stays in the cache. Channels-last images in and out; each layer's input has
// the shape of the output before it.
struct ConvLayer {
  ConvPlan plan;
  const float* prepared_weights = nullptr;  // by prepare_forward_weights
  const float* bias = nullptr;              // may be null
};
int64_t stack_workspace_floats(std::span<const ConvLayer> layers);
void conv_stack_forward(std::span<const ConvLayer> layers, const float* images, float* output,
                        float* workspace);

// Inference of few images, one after the other: the channels are the lanes. Channels-last images in
// and out, of the plan's shape; faster than the above for fewer than about eight images.
int64_t image_weights_floats(const ConvPlan& plan);
void prepare_image_weights(const ConvPlan& plan, const float* weights, float* prepared);
int64_t image_workspace_floats(const ConvPlan& plan);
void conv_image_forward(const ConvPlan& plan, const float* images, const float* prepared_weights,
                        const float* bias, float* output, float* workspace);

}  // namespace lazulite::cpu
