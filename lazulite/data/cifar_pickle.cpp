#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lazulite/data/cifar_layout.h"
#include "lazulite/data/pickle.h"

namespace lazulite::data {

namespace {

// The labels of one column, checked.
std::vector<int32_t> read_labels(const Pickle& pickle, const CifarColumn& column, int64_t count) {
  const PickleValue& value = pickle.entry(pickle.root(), column.pickle_key);
  const std::vector<Pickle::Integer> items = pickle.integers(value);
  if (static_cast<int64_t>(items.size()) != count) {
    pickle.fail(value.offset, fmt::format("'{}' has {} labels, but 'data' has {} images.",
                                          column.pickle_key, items.size(), count));
  }
  std::vector<int32_t> labels;
  labels.reserve(items.size());
  for (const auto& [label, offset] : items) {
    if (label < 0 || label >= column.num_classes) {
      pickle.fail(offset,
                  fmt::format("label {} of image {} is out of range: '{}' are 0 to {}.", label,
                              labels.size(), column.pickle_key, column.num_classes - 1));
    }
    labels.push_back(static_cast<int32_t>(label));
  }
  return labels;
}

}  // namespace

void append_cifar_pickle(ImageSet& set, const CifarKind& kind, std::vector<uint8_t> bytes,
                         const std::string& where) {
  const Pickle pickle(std::move(bytes), where);
  const PickleValue& value = pickle.entry(pickle.root(), "data");
  const PickleArray& array = pickle.byte_array(value);
  // Rows of one image each; their planes may have been written out as axes.
  const std::vector<int64_t> planes(array.shape.begin() + !array.shape.empty(), array.shape.end());
  const bool rows = planes == std::vector<int64_t>{cifar_image_bytes};
  const bool axes = planes == std::vector<int64_t>{cifar_channels, cifar_side, cifar_side};
  if ((!rows && !(axes && !array.column_major)) || array.shape[0] == 0) {
    pickle.fail(
        value.offset,
        fmt::format("'data' has the shape ({}), but one row of {} bytes an image was expected.",
                    fmt::join(array.shape, ", "), cifar_image_bytes));
  }
  const int64_t count = array.shape[0];
  for (size_t column = 0; column < kind.columns.size(); ++column) {
    const std::vector<int32_t> labels = read_labels(pickle, kind.columns[column], count);
    if (column == kind.used) set.labels.insert(set.labels.end(), labels.begin(), labels.end());
  }
  const auto* data = reinterpret_cast<const uint8_t*>(array.data.data());
  const int64_t row = array.column_major ? 1 : cifar_image_bytes;
  const int64_t stride = array.column_major ? count : 1;
  for (int64_t i = 0; i < count; ++i) append_cifar_image(set, data + i * row, stride);
}

std::vector<std::string> cifar_pickle_names(const CifarKind& kind, std::vector<uint8_t> bytes,
                                            const std::string& where) {
  const Pickle pickle(std::move(bytes), where);
  std::vector<std::string> names;
  const std::string& key = kind.columns[kind.used].pickle_names_key;
  for (PickleRef item : pickle.list(pickle.entry(pickle.root(), key))) {
    names.emplace_back(pickle.string(*item));
  }
  return names;
}

}  // namespace lazulite::data
