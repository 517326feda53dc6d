#include "lazulite/data/mnist.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

#include "lazulite/core/errors.h"
#include "lazulite/data/byte_source.h"
#include "lazulite/data/idx.h"
#include "lazulite/data/places.h"

namespace lazulite::data {

namespace {

namespace fs = std::filesystem;

// A layout of the four files: the start of their names, and the labels that they have.
struct Layout {
  std::string torchvision;  // the folder that torchvision keeps it in
  std::string train;
  std::string test;
  std::vector<std::string> class_names;
  int first_label = 0;

  const std::string& prefix(Split split) const { return split == Split::train ? train : test; }
};

struct Pair {
  fs::path images;
  fs::path labels;
};

std::vector<std::string> file_names(const std::string& stem, const std::string& kind) {
  std::vector<std::string> names;
  for (const char* separator : {"-", "."}) {
    for (const char* ending : {"", ".gz"})
      names.push_back(fmt::format("{}{}{}{}", stem, separator, kind, ending));
  }
  return names;
}

// `stem` is for instance "train-images", `kind` "idx3-ubyte". Some archives unpack each file into a
// folder of its name.
std::optional<fs::path> find_file(const fs::path& folder, const std::string& stem,
                                  const std::string& kind) {
  for (const std::string& name : file_names(stem, kind)) {
    for (const fs::path& path : {folder / name, folder / name / name}) {
      if (is_file(path)) return path;
    }
  }
  return std::nullopt;
}

// The folder itself and those below it that torchvision, or EMNIST's archive, makes.
std::vector<fs::path> folders_below(const fs::path& path, const std::string& torchvision) {
  std::vector<fs::path> folders = {path, path / "raw", path / torchvision,
                                   path / torchvision / "raw"};
  if (torchvision == "EMNIST") folders.push_back(path / "gzip");
  std::erase_if(folders, [](const fs::path& folder) { return !is_folder(folder); });
  return folders;
}

std::optional<Pair> find_pair(const fs::path& folder, const std::string& prefix) {
  auto images = find_file(folder, prefix + "-images", "idx3-ubyte");
  auto labels = find_file(folder, prefix + "-labels", "idx1-ubyte");
  if (!images && !labels) return std::nullopt;
  if (images && labels) return Pair{*images, *labels};
  throw Error(fmt::format("The folder '{}' has no file of {}-{}; looked for: {}.", folder.string(),
                          prefix, images ? "labels" : "images",
                          fmt::join(images ? file_names(prefix + "-labels", "idx1-ubyte")
                                           : file_names(prefix + "-images", "idx3-ubyte"),
                                    ", ")));
}

ImageSet read_pair(const Pair& pair, const Layout& layout) {
  IdxFile images = read_idx(pair.images, 3);
  const IdxFile labels = read_idx(pair.labels, 1);
  if (images.shape[0] != labels.shape[0]) {
    throw Error(fmt::format("'{}' has {} images, but '{}' has {} labels.", pair.images.string(),
                            images.shape[0], pair.labels.string(), labels.shape[0]));
  }

  ImageSet set;
  set.num_classes = static_cast<int64_t>(layout.class_names.size());
  set.labels.reserve(labels.data.size());
  for (size_t i = 0; i < labels.data.size(); ++i) {
    const int label = labels.data[i] - layout.first_label;
    if (label < 0 || label >= set.num_classes) {
      fail_at(
          pair.labels.string(), labels.header_bytes() + i,
          fmt::format("label {} of image {} is out of range: labels are {} to {}.", labels.data[i],
                      i, layout.first_label, layout.first_label + set.num_classes - 1));
    }
    set.labels.push_back(label);
  }
  set.shape = {images.shape[0], images.shape[1], images.shape[2], 1};
  set.pixels = std::move(images.data);
  set.class_names = layout.class_names;
  return set;
}

// The first of the layouts of which there are files, be they of the other split.
ImageSet read_first(const fs::path& path, Split split, const std::vector<Layout>& layouts) {
  require_path(path);
  if (!is_folder(path)) {
    throw Error(fmt::format("'{}' is not a folder; a folder with {}'s files was expected.",
                            path.string(), layouts[0].torchvision));
  }
  const Split other = split == Split::train ? Split::test : Split::train;
  const Layout* expected = &layouts[0];
  for (const Layout& layout : layouts) {
    bool has_other = false;
    for (const fs::path& folder : folders_below(path, layout.torchvision)) {
      if (auto pair = find_pair(folder, layout.prefix(split))) return read_pair(*pair, layout);
      has_other = has_other || find_file(folder, layout.prefix(other) + "-images", "idx3-ubyte");
    }
    if (!has_other) continue;
    expected = &layout;
    break;
  }
  const std::string images = expected->prefix(split) + "-images";
  throw Error(fmt::format(
      "The folder '{}' has no file of {}; looked for: {}, here and in '{}/raw'.", path.string(),
      images, fmt::join(file_names(images, "idx3-ubyte"), ", "), expected->torchvision));
}

std::vector<std::string> characters(char first, char last) {
  std::vector<std::string> names;
  for (char c = first; c <= last; ++c) names.emplace_back(1, c);
  return names;
}

std::vector<std::string> joined(std::vector<std::string> names,
                                const std::vector<std::string>& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

// Of Cohen et al., "EMNIST: an extension of MNIST to handwritten letters", 2017.
Layout emnist_layout(EmnistPart part) {
  auto of = [](const std::string& name, std::vector<std::string> classes, int first_label = 0) {
    return Layout{"EMNIST", "emnist-" + name + "-train", "emnist-" + name + "-test",
                  std::move(classes), first_label};
  };
  const auto digits = characters('0', '9'), capitals = characters('A', 'Z');
  // Small letters that look like their capitals are counted as these.
  std::vector<std::string> merged = joined(digits, capitals);
  for (const char* letter : {"a", "b", "d", "e", "f", "g", "h", "n", "q", "r", "t"}) {
    merged.emplace_back(letter);
  }
  switch (part) {
    case EmnistPart::byclass:
      return of("byclass", joined(joined(digits, capitals), characters('a', 'z')));
    case EmnistPart::bymerge: return of("bymerge", merged);
    case EmnistPart::balanced: return of("balanced", merged);
    case EmnistPart::letters: return of("letters", characters('a', 'z'), 1);
    case EmnistPart::digits: return of("digits", digits);
    default: return of("mnist", digits);
  }
}

}  // namespace

ImageSet read_mnist(const fs::path& folder, Split split, std::vector<std::string> class_names) {
  std::vector<Layout> layouts = {{"MNIST", "train", "t10k", std::move(class_names)}};
  for (EmnistPart part : {EmnistPart::mnist, EmnistPart::digits, EmnistPart::letters,
                          EmnistPart::balanced, EmnistPart::bymerge, EmnistPart::byclass}) {
    layouts.push_back(emnist_layout(part));
  }
  return read_first(folder, split, layouts);
}

ImageSet read_fashion_mnist(const fs::path& folder, Split split) {
  return read_first(folder, split,
                    {{"FashionMNIST", "train", "t10k", fashion_mnist_class_names()}});
}

ImageSet read_emnist(const fs::path& folder, EmnistPart part, Split split) {
  return read_first(folder, split, {emnist_layout(part)});
}

std::vector<std::string> mnist_class_names() {
  return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
}

std::vector<std::string> fashion_mnist_class_names() {
  return {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
          "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
}

}  // namespace lazulite::data
