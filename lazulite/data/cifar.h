#pragma once

#include <filesystem>

#include "lazulite/data/image_set.h"

namespace lazulite::data {

/// Which of CIFAR-100's two labels to use: 100 fine classes or 20 coarse ones.
enum class Cifar100Labels { fine, coarse };

/// Reads CIFAR-10 in one of its two official layouts, binary (`data_batch_1.bin`, …) or pickled for
/// Python (`data_batch_1`, …; also written again by Python 3). `path` is the folder with these
/// files, a folder that holds `cifar-10-batches-bin`, `cifar-10-batches-py` or the official
/// archives, or such an archive itself (tar, plain or gzip, or zip). Images are 32 x 32 with three
/// channels, channels last; their number comes from the files. Class names are read if the file of
/// names is there. Throws Error if files are missing (and lists what was looked for), cut off,
/// damaged or of another data set, or a label is out of range.
ImageSet read_cifar10(const std::filesystem::path& path, Split split);

/// The same for CIFAR-100: `train.bin` and `test.bin`, or `train` and `test`, in `cifar-100-binary`
/// or `cifar-100-python`.
ImageSet read_cifar100(const std::filesystem::path& path, Split split,
                       Cifar100Labels labels = Cifar100Labels::fine);

}  // namespace lazulite::data
