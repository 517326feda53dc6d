#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lazulite/data/archive.h"
#include "lazulite/data/image_set.h"

// The two layouts of the CIFAR distributions (https://www.cs.toronto.edu/~kriz/cifar.html), shared
// by the two data sets.

namespace lazulite::data {

constexpr int64_t cifar_side = 32;
constexpr int64_t cifar_channels = 3;
constexpr int64_t cifar_plane = cifar_side * cifar_side;
constexpr int64_t cifar_image_bytes = cifar_channels * cifar_plane;

/// One kind of label and where each layout keeps it.
struct CifarColumn {
  int64_t num_classes;
  /// Key of the labels in a pickled file.
  std::string pickle_key;
  /// Key of the class names in the pickled file of names.
  std::string pickle_names_key;
  /// Text file of the class names in the binary layout.
  std::string names_file;
};

/// What CIFAR-10 and CIFAR-100 differ in: the labels that each record has, in the order of the
/// binary layout, and the one to use.
struct CifarKind {
  std::string name;
  std::vector<CifarColumn> columns;
  size_t used;
};

/// Appends one image, given as planes of red, green and blue whose bytes lie `stride` apart.
void append_cifar_image(ImageSet& set, const uint8_t* planes, int64_t stride);

/// Appends the images of a file in the binary layout: records of one byte for each label, then
/// the three planes. `where` is the file's name for messages.
void append_cifar_binary(ImageSet& set, const CifarKind& kind, const std::vector<uint8_t>& bytes,
                         const std::string& where);

/// Appends the images of a pickled file: a dict with lists of labels and `data`, an array of
/// uint8 with one row of 3072 bytes an image.
void append_cifar_pickle(ImageSet& set, const CifarKind& kind, std::vector<uint8_t> bytes,
                         const std::string& where);

/// Class names of the used column, one a line.
std::vector<std::string> cifar_binary_names(const std::vector<uint8_t>& bytes);

/// Class names of the used column, from the pickled file of names.
std::vector<std::string> cifar_pickle_names(const CifarKind& kind, std::vector<uint8_t> bytes,
                                            const std::string& where);

}  // namespace lazulite::data
