#include <fmt/format.h>

#include "lazulite/data/byte_source.h"
#include "lazulite/data/cifar_layout.h"
#include "lazulite/data/sniff.h"

namespace lazulite::data {

void append_cifar_image(ImageSet& set, const uint8_t* planes, int64_t stride) {
  const size_t start = set.pixels.size();
  set.pixels.resize(start + cifar_image_bytes);
  uint8_t* out = set.pixels.data() + start;
  for (int64_t channel = 0; channel < cifar_channels; ++channel) {
    const uint8_t* plane = planes + channel * cifar_plane * stride;
    for (int64_t i = 0; i < cifar_plane; ++i) out[i * cifar_channels + channel] = plane[i * stride];
  }
}

void append_cifar_binary(ImageSet& set, const CifarKind& kind, const std::vector<uint8_t>& bytes,
                         const std::string& where) {
  const size_t label_bytes = kind.columns.size();
  const size_t record_bytes = label_bytes + cifar_image_bytes;
  const size_t count = bytes.size() / record_bytes;
  if (bytes.empty() || bytes.size() % record_bytes != 0) {
    fail_at(
        where, count * record_bytes,
        fmt::format("{} records of {} bytes each were expected, but the file has {} bytes, which "
                    "is not a whole number of them; it looks like {}.",
                    kind.name, record_bytes, bytes.size(), looks_like(bytes)));
  }
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* record = bytes.data() + i * record_bytes;
    for (size_t column = 0; column < label_bytes; ++column) {
      const int64_t num_classes = kind.columns[column].num_classes;
      if (record[column] >= num_classes) {
        fail_at(where, i * record_bytes + column,
                fmt::format("label {} of image {} is out of range: {} labels are 0 to {}.",
                            record[column], i, kind.name, num_classes - 1));
      }
    }
    set.labels.push_back(record[kind.used]);
    append_cifar_image(set, record + label_bytes, 1);
  }
}

std::vector<std::string> cifar_binary_names(const std::vector<uint8_t>& bytes) {
  std::vector<std::string> names;
  std::string line;
  for (size_t i = 0; i <= bytes.size(); ++i) {
    const char c = i < bytes.size() ? static_cast<char>(bytes[i]) : '\n';
    if (c == '\r') continue;
    if (c != '\n') {
      line += c;
    } else if (!line.empty()) {
      names.push_back(std::move(line));
      line.clear();
    }
  }
  return names;
}

}  // namespace lazulite::data
