#pragma once

#include <algorithm>
#include <cstdint>

#include "lazulite/backends/cpu/conv/calls.h"
#include "lazulite/backends/cpu/conv/geometry.h"

// Convolution of a single channels-last image, whose channels are the lanes of vectors.
namespace lazulite::cpu {

// The output channels of the weights are rounded up, so that they fill vectors of any width.
inline int64_t image_channels(const ConvPlan& plan) {
  return round_up(plan.shape.c_out, images_per_group);
}

struct ImageCall {
  const ConvPlan& plan;
  const float* image;
  const float* weights;  // [point or tap][c_in][image_channels]
  Epilogue epilogue;     // the output is a channels-last image; there is no residual
};

// How an image is divided among the threads: into bands of rows, and where these are too few, into
// slices of output channels too. An item is one slice of one band.
struct ImageBands {
  explicit ImageBands(const ConvPlan& plan);

  int64_t rows(int64_t band) const {
    return std::min(rows_per_band, total_rows - band * rows_per_band);
  }
  int64_t items() const { return bands * slices; }

  int64_t total_rows;  // of tiles; of pairs of outputs in the direct algorithm
  int64_t rows_per_band;
  int64_t bands;
  int64_t slices;
};

// Items [begin, end) of one image.
int64_t image_winograd_scratch(const ConvPlan& plan);
void image_winograd(const ImageCall& call, int64_t begin, int64_t end, float* scratch);
int64_t image_direct_scratch(const ConvPlan& plan);
void image_direct(const ImageCall& call, int64_t begin, int64_t end, float* scratch);

}  // namespace lazulite::cpu
