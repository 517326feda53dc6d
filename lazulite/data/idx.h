#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace lazulite::data {

/// The content of an IDX file of unsigned bytes, the format of MNIST's distribution
/// (http://yann.lecun.com/exdb/mnist): a big-endian header, then the elements in row-major order.
struct IdxFile {
  std::vector<int64_t> shape;
  std::vector<uint8_t> data;
  /// Bytes before the first element, for error messages: element i lies at header_bytes() + i.
  int64_t header_bytes() const { return 4 + 4 * static_cast<int64_t>(shape.size()); }
};

/// Reads an IDX file, plain or gzip, with exactly `dimensions` dimensions: 1 for labels, 3 for
/// grey-scale images (count, rows, columns). Throws Error, naming the file and the byte, if the
/// magic number is another one (and says what the file looks like), the header is cut off, a
/// dimension of the image is 0, or the content is shorter or longer than the header claims. A false
/// claim never costs memory.
IdxFile read_idx(const std::filesystem::path& path, int dimensions);

}  // namespace lazulite::data
