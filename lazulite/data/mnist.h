#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lazulite/data/image_set.h"

namespace lazulite::data {

/// Reads a data set in MNIST's layout from `folder`: `train-images-idx3-ubyte` and
/// `train-labels-idx1-ubyte`, or `t10k-…` for Split::test; also spelled with a dot
/// (`train-images.idx3-ubyte`), and plain or gzip (`.gz`). They may lie in the folders that
/// torchvision makes (`raw`, `MNIST/raw`). Where there are none of these but
/// EMNIST's files, a part of EMNIST is read, digits first, with that part's classes. The images
/// have one channel; their count and size come from the files. Labels must lie below the number of
/// `class_names`.
/// Throws Error if a file is missing (and lists what was looked for), damaged or mislabelled, if
/// the two files disagree in their counts, or a label is out of range.
ImageSet read_mnist(const std::filesystem::path& folder, Split split,
                    std::vector<std::string> class_names);

/// Fashion-MNIST in the same way, also in torchvision's `FashionMNIST/raw`.
ImageSet read_fashion_mnist(const std::filesystem::path& folder, Split split);

/// The parts of EMNIST: different choices and groupings of the same characters.
enum class EmnistPart { byclass, bymerge, balanced, letters, digits, mnist };

/// Reads a part of EMNIST, `emnist-letters-train-images-idx3-ubyte.gz` and the like, in the same
/// way. Labels count from 0, also of the letters, whose files count from 1. The images are as the
/// files have them: transposed, compared with MNIST's.
ImageSet read_emnist(const std::filesystem::path& folder, EmnistPart part, Split split);

/// The names of MNIST's classes: "0" to "9".
std::vector<std::string> mnist_class_names();

/// The names of Fashion-MNIST's classes, as its authors give them
/// (https://github.com/zalandoresearch/fashion-mnist).
std::vector<std::string> fashion_mnist_class_names();

}  // namespace lazulite::data
