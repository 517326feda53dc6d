#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lazulite::data {

/// Which part of a data set to read.
enum class Split { train, test };

/// Images with one label each, as plain bytes: what the readers of files return.
struct ImageSet {
  /// Number of images, height, width, channels.
  std::vector<int64_t> shape;
  /// The pixels in the order of `shape` (channels last), 0 to 255.
  std::vector<uint8_t> pixels;
  /// One label an image, 0 to num_classes - 1.
  std::vector<int32_t> labels;
  int64_t num_classes = 0;
  /// One name a class, or empty if the files give none.
  std::vector<std::string> class_names;
};

}  // namespace lazulite::data
