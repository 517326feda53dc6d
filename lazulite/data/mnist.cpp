#include "lazulite/data/mnist.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lazulite/core/errors.h"
#include "lazulite/data/byte_source.h"
#include "lazulite/data/idx.h"

namespace lazulite::data {

namespace {

namespace fs = std::filesystem;

// `stem` is for instance "train-images", `kind` "idx3-ubyte".
fs::path find_file(const fs::path& folder, const std::string& stem, const std::string& kind) {
  std::vector<std::string> names;
  for (const char* separator : {"-", "."}) {
    for (const char* ending : {"", ".gz"})
      names.push_back(fmt::format("{}{}{}{}", stem, separator, kind, ending));
  }
  for (const std::string& name : names) {
    std::error_code ignored;
    if (fs::is_regular_file(folder / name, ignored)) return folder / name;
  }
  throw Error(fmt::format("The folder '{}' has no file of {}; looked for: {}.", folder.string(),
                          stem, fmt::join(names, ", ")));
}

}  // namespace

ImageSet read_mnist(const fs::path& folder, Split split, std::vector<std::string> class_names) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw Error(fmt::format("'{}' is not a folder; a folder with MNIST's files was expected.",
                            folder.string()));
  }
  const std::string prefix = split == Split::train ? "train" : "t10k";
  const fs::path image_path = find_file(folder, prefix + "-images", "idx3-ubyte");
  const fs::path label_path = find_file(folder, prefix + "-labels", "idx1-ubyte");
  IdxFile images = read_idx(image_path, 3);
  const IdxFile labels = read_idx(label_path, 1);
  if (images.shape[0] != labels.shape[0]) {
    throw Error(fmt::format("'{}' has {} images, but '{}' has {} labels.", image_path.string(),
                            images.shape[0], label_path.string(), labels.shape[0]));
  }

  ImageSet set;
  set.num_classes = static_cast<int64_t>(class_names.size());
  for (size_t i = 0; i < labels.data.size(); ++i) {
    if (labels.data[i] >= set.num_classes) {
      fail_at(label_path.string(), labels.header_bytes() + i,
              fmt::format("label {} of image {} is out of range: labels are 0 to {}.",
                          labels.data[i], i, set.num_classes - 1));
    }
  }
  set.shape = {images.shape[0], images.shape[1], images.shape[2], 1};
  set.pixels = std::move(images.data);
  set.labels.assign(labels.data.begin(), labels.data.end());
  set.class_names = std::move(class_names);
  return set;
}

std::vector<std::string> mnist_class_names() {
  return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
}

std::vector<std::string> fashion_mnist_class_names() {
  return {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
          "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
}

}  // namespace lazulite::data
