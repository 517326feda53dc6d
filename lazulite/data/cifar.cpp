#include "lazulite/data/cifar.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "lazulite/core/errors.h"
#include "lazulite/data/archive.h"
#include "lazulite/data/byte_source.h"
#include "lazulite/data/cifar_layout.h"
#include "lazulite/data/places.h"

namespace lazulite::data {

namespace {

namespace fs = std::filesystem;

// An official file has 31 MB; beyond this limit something is wrong.
constexpr uint64_t file_limit = uint64_t{1} << 30;

struct Layout {
  bool pickled;
  std::string folder;
  std::string archive;
  std::vector<std::string> images;
  std::string names;
};

struct Found {
  const Layout* layout;
  Files files;
  fs::path origin;
};

ImageSet parse(const CifarKind& kind, Found found) {
  const Layout& layout = *found.layout;
  const auto where = [&](const std::string& name) { return (found.origin / name).string(); };
  ImageSet set;
  size_t total_bytes = 0;
  for (const auto& [name, bytes] : found.files) total_bytes += bytes.size();
  set.pixels.reserve(total_bytes);
  for (const std::string& name : layout.images) {
    std::vector<uint8_t> bytes = std::move(found.files[name]);
    if (layout.pickled) {
      append_cifar_pickle(set, kind, std::move(bytes), where(name));
    } else {
      append_cifar_binary(set, kind, bytes, where(name));
    }
  }
  set.shape = {static_cast<int64_t>(set.labels.size()), cifar_side, cifar_side, cifar_channels};
  set.num_classes = kind.columns[kind.used].num_classes;
  if (auto file = found.files.find(layout.names); file != found.files.end()) {
    set.class_names = layout.pickled
                          ? cifar_pickle_names(kind, std::move(file->second), where(layout.names))
                          : cifar_binary_names(file->second);
    if (static_cast<int64_t>(set.class_names.size()) != set.num_classes) {
      throw Error(fmt::format("'{}' names {} classes, but {} has {}.", where(layout.names),
                              set.class_names.size(), kind.name, set.num_classes));
    }
  }
  return set;
}

bool has_all(const Files& files, const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return files.contains(name); });
}

Found find_in_archive(const CifarKind& kind, const fs::path& path,
                      const std::vector<Layout>& layouts) {
  std::vector<std::string> wanted;
  for (const Layout& layout : layouts) {
    wanted.insert(wanted.end(), layout.images.begin(), layout.images.end());
    wanted.push_back(layout.names);
  }
  ArchiveContent content = read_archive(path, wanted, file_limit);
  for (const Layout& layout : layouts) {
    if (has_all(content.files, layout.images)) return {&layout, std::move(content.files), path};
  }
  throw Error(fmt::format(
      "The archive '{}' lacks files of {}; looked for {}, or for {}; it holds: {}.", path.string(),
      kind.name, fmt::join(layouts[0].images, ", "), fmt::join(layouts[1].images, ", "),
      content.names.empty() ? "nothing" : fmt::format("{}", fmt::join(content.names, ", "))));
}

std::optional<Found> find_in_folder(const fs::path& folder, const Layout& layout) {
  for (const std::string& name : layout.images) {
    if (!is_file(folder / name)) return std::nullopt;
  }
  Found found{&layout, {}, folder};
  for (const std::string& name : layout.images) {
    found.files[name] = read_file(folder / name, file_limit);
  }
  if (is_file(folder / layout.names)) {
    found.files[layout.names] = read_file(folder / layout.names, file_limit);
  }
  return found;
}

Found find_files(const CifarKind& kind, const fs::path& path, const std::vector<Layout>& layouts) {
  require_path(path);
  if (!is_folder(path)) return find_in_archive(kind, path, layouts);
  for (const Layout& layout : layouts) {
    for (const fs::path& folder : {path, path / layout.folder}) {
      if (auto found = find_in_folder(folder, layout)) return std::move(*found);
    }
    const fs::path archive = path / layout.archive;
    if (is_file(archive)) return find_in_archive(kind, archive, layouts);
  }
  std::string looked_for;
  for (const Layout& layout : layouts) {
    looked_for += fmt::format("{}{} (here or in '{}'), '{}'", looked_for.empty() ? "" : ", or ",
                              fmt::join(layout.images, ", "), layout.folder, layout.archive);
  }
  throw Error(fmt::format("The folder '{}' lacks files of {}; looked for {}.", path.string(),
                          kind.name, looked_for));
}

}  // namespace

ImageSet read_cifar10(const fs::path& path, Split split) {
  const CifarKind kind{"CIFAR-10", {{10, "labels", "label_names", "batches.meta.txt"}}, 0};
  std::vector<Layout> layouts{
      {false, "cifar-10-batches-bin", "cifar-10-binary.tar.gz", {}, "batches.meta.txt"},
      {true, "cifar-10-batches-py", "cifar-10-python.tar.gz", {}, "batches.meta"}};
  for (Layout& layout : layouts) {
    const char* ending = layout.pickled ? "" : ".bin";
    if (split == Split::test) layout.images.push_back(fmt::format("test_batch{}", ending));
    for (int i = 1; i <= 5 && split == Split::train; ++i) {
      layout.images.push_back(fmt::format("data_batch_{}{}", i, ending));
    }
  }
  return parse(kind, find_files(kind, path, layouts));
}

ImageSet read_cifar100(const fs::path& path, Split split, Cifar100Labels labels) {
  const CifarKind kind{"CIFAR-100",
                       {{20, "coarse_labels", "coarse_label_names", "coarse_label_names.txt"},
                        {100, "fine_labels", "fine_label_names", "fine_label_names.txt"}},
                       labels == Cifar100Labels::coarse ? size_t{0} : size_t{1}};
  const std::string stem = split == Split::train ? "train" : "test";
  const std::vector<Layout> layouts{
      {false,
       "cifar-100-binary",
       "cifar-100-binary.tar.gz",
       {stem + ".bin"},
       kind.columns[kind.used].names_file},
      {true, "cifar-100-python", "cifar-100-python.tar.gz", {stem}, "meta"}};
  return parse(kind, find_files(kind, path, layouts));
}

}  // namespace lazulite::data
