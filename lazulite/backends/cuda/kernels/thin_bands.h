#pragma once

#include <string>

#include "lazulite/backends/cuda/kernels/windows.h"

// What kernels for images of few channels have in common: a block has a band of an image, with its
// padding, in shared memory, and a thread what belongs to one output channel in registers.
namespace lazulite::cuda {

/// Images of up to four channels, of float32, with steps of 1, and windows that fit in registers.
bool is_thin(const ConvGeometry& geometry, const ConvOperands& operands);

/// Output channels of a block.
int64_t thin_width(int64_t channels);

/// How images are cut into bands of rows of windows of 2 by 2 outputs.
struct ThinBands {
  int64_t padding, columns;  ///< of the band, with padding
  int64_t pitch, rows, count;

  /// `down` rows of windows in an image.
  ThinBands(const ConvOperands& operands, int64_t padding, int64_t down, int64_t columns);
  /// The parameter Image.
  void add_image(KernelText& text, const Operand& x) const;
  /// The blocks: bands, images, channels.
  void set_grid(KernelText& text, int64_t images, int64_t channels, int64_t width) const;
};

/// Text with WIDTH channels of a block, the constants of the windows, load_band, add_four_outputs
/// and store_part.
std::string thin_head(const Operand& w, int64_t width);

}  // namespace lazulite::cuda
