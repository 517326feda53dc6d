#include "lazulite/data/data.h"

#include <nanobind/stl/shared_ptr.h>

#include <cstring>
#include <map>
#include <mutex>
#include <numeric>

#include "define.h"
#include "evaluation.h"
#include "lazulite/core/errors.h"
#include "module.h"
#include "paths.h"

// What lazulite/data/images.py and threads.py are made of; the classes for users are theirs.
namespace lazulite::python {
namespace {

using data::Batch;
using data::DataLoader;
using data::Dataset;
using data::ImageDataset;
using data::ImageOptions;
using data::ImageSet;

template <class Value>
Value named(const char* what, const std::map<std::string, Value>& values, const std::string& name) {
  if (auto found = values.find(name); found != values.end()) return found->second;
  std::string known;
  for (const auto& [other, value] : values) known += (known.empty() ? "" : ", ") + other;
  throw ValueError(std::string(what) + " is '" + name + "'; one of " + known + " was expected.");
}

std::shared_ptr<ImageDataset> read_images(const std::string& name, const PathArgument& from,
                                          const std::string& split_name, const std::string& part) {
  using data::Cifar100Labels;
  using data::EmnistPart;
  static const std::map<std::string, data::Split> splits{{"train", data::Split::train},
                                                         {"test", data::Split::test}};
  static const std::map<std::string, EmnistPart> parts{
      {"byclass", EmnistPart::byclass},   {"bymerge", EmnistPart::bymerge},
      {"balanced", EmnistPart::balanced}, {"letters", EmnistPart::letters},
      {"digits", EmnistPart::digits},     {"mnist", EmnistPart::mnist}};
  static const std::map<std::string, Cifar100Labels> labels{{"fine", Cifar100Labels::fine},
                                                            {"coarse", Cifar100Labels::coarse}};
  const std::string& path = from.path;
  const data::Split split = named("split", splits, split_name);
  using Reader = std::function<ImageSet()>;
  const std::map<std::string, Reader> readers{
      {"mnist", [&] { return data::read_mnist(path, split, data::mnist_class_names()); }},
      {"fashion_mnist", [&] { return data::read_fashion_mnist(path, split); }},
      {"emnist", [&] { return data::read_emnist(path, named("part", parts, part), split); }},
      {"cifar10", [&] { return data::read_cifar10(path, split); }},
      {"cifar100",
       [&] { return data::read_cifar100(path, split, named("labels", labels, part)); }}};
  WithoutGil released;
  return std::make_shared<ImageDataset>(named("data set", readers, name)());
}

std::shared_ptr<ImageDataset> make_images(nb::bytes pixels, std::vector<int64_t> shape,
                                          std::vector<int32_t> labels, int64_t num_classes,
                                          std::vector<std::string> class_names) {
  ImageSet set;
  set.shape = std::move(shape);
  set.pixels.resize(pixels.size());
  if (pixels.size() > 0) std::memcpy(set.pixels.data(), pixels.data(), pixels.size());
  set.labels = std::move(labels);
  set.num_classes = num_classes;
  set.class_names = std::move(class_names);
  return std::make_shared<ImageDataset>(std::move(set));
}

std::shared_ptr<ImageDataset> with_options(const ImageDataset& images, bool as_bytes,
                                           std::vector<float> mean, std::vector<float> deviation,
                                           int64_t crop_padding, bool mirror) {
  ImageOptions options;
  options.dtype = as_bytes ? Dtype::uint8 : Dtype::float32;
  options.mean = std::move(mean);
  options.deviation = std::move(deviation);
  options.crop_padding = crop_padding;
  options.mirror = mirror;
  return std::make_shared<ImageDataset>(images, std::move(options));
}

nb::tuple tuple_of(Batch batch) {
  return nb::make_tuple(std::move(batch.images), std::move(batch.labels));
}

nb::tuple get(const Dataset& dataset, const std::vector<int64_t>& indices, uint64_t seed) {
  Batch batch;
  {
    WithoutGil released;
    batch = dataset.get(indices, seed);
  }
  return tuple_of(std::move(batch));
}

/// All images as they are stored, and all labels.
nb::tuple stored(const ImageDataset& images) {
  Batch batch;
  {
    WithoutGil released;
    ImageOptions options;
    options.dtype = Dtype::uint8;
    std::vector<int64_t> all(static_cast<size_t>(images.size()));
    std::iota(all.begin(), all.end(), 0);
    batch = ImageDataset(images, std::move(options)).get(all);
  }
  return tuple_of(std::move(batch));
}

std::shared_ptr<Dataset> pair_of(const Array& samples, const Array& labels) {
  evaluate({samples, labels}, Cause::conversion);
  return std::make_shared<data::ArrayDataset>(samples, labels);
}

/// A loader, used by one thread at a time.
struct Loader {
  Loader(std::shared_ptr<Dataset> dataset, data::LoaderOptions options)
      : loader(std::move(dataset), options) {}

  std::mutex mutex;
  DataLoader loader;
};

/// A loop over a loader.
class Loop {
 public:
  explicit Loop(std::shared_ptr<Loader> loader) : loader_(std::move(loader)) {
    WithoutGil released;
    std::lock_guard lock(loader_->mutex);
    iterator_.emplace(loader_->loader.begin());
  }

  nb::tuple next() {
    Batch batch;
    bool ended;
    {
      WithoutGil released;
      std::lock_guard lock(loader_->mutex);
      if (begun_) ++*iterator_;
      begun_ = true;
      ended = *iterator_ == std::default_sentinel;
      if (!ended) batch = std::move(**iterator_);
    }
    if (ended) throw nb::stop_iteration();
    return tuple_of(std::move(batch));
  }

 private:
  std::shared_ptr<Loader> loader_;
  std::optional<DataLoader::Iterator> iterator_;
  bool begun_ = false;
};

std::shared_ptr<Loader> make_loader(std::shared_ptr<Dataset> dataset, int64_t batch_size,
                                    bool shuffle, uint64_t seed, bool drop_last, int workers,
                                    int prefetch) {
  data::LoaderOptions options;
  options.batch_size = batch_size;
  options.shuffle = shuffle;
  options.seed = seed;
  options.drop_last = drop_last;
  options.workers = workers;
  options.prefetch = prefetch;
  return std::make_shared<Loader>(std::move(dataset), options);
}

}  // namespace

void bind_data(nb::module_& m) {
  nb::module_ d = m.def_submodule("_data", "Data sets and loaders of the C++ library.");
  nb::class_<Dataset>(d, "Dataset")
      .def("__len__", &Dataset::size)
      .def("get", &get, "indices"_a, "seed"_a = 0);
  nb::class_<ImageDataset, Dataset>(d, "ImageDataset")
      .def("with_options", &with_options, "as_bytes"_a, "mean"_a, "deviation"_a, "crop_padding"_a,
           "mirror"_a)
      .def("stored", &stored)
      .def_prop_ro("shape",
                   [](const ImageDataset& images) {
                     return nb::make_tuple(images.height(), images.width(), images.channels());
                   })
      .def_prop_ro("num_classes", &ImageDataset::num_classes)
      .def_prop_ro("class_names", [](const ImageDataset& images) { return images.class_names(); });
  d.def("read_images", &read_images, "name"_a, "path"_a, "split"_a, "part"_a = "");
  d.def("make_images", &make_images, "pixels"_a, "shape"_a, "labels"_a, "num_classes"_a,
        "class_names"_a);
  d.def("pair_of", &pair_of, "samples"_a, "labels"_a);
  d.def(
      "subset",
      [](std::shared_ptr<Dataset> dataset, std::vector<int64_t> indices) {
        return std::shared_ptr<Dataset>(
            std::make_shared<data::Subset>(std::move(dataset), std::move(indices)));
      },
      "dataset"_a, "indices"_a);

  nb::class_<Loader>(d, "Loader")
      .def("__len__", [](const Loader& l) { return l.loader.size(); })
      .def("__iter__", [](std::shared_ptr<Loader> l) { return std::make_shared<Loop>(l); })
      .def_prop_rw(
          "next_epoch", [](const Loader& l) { return l.loader.next_epoch(); },
          [](Loader& l, int64_t epoch) { l.loader.set_next_epoch(epoch); })
      .def_prop_ro("waited_seconds", [](const Loader& l) { return l.loader.waited_seconds(); });
  nb::class_<Loop>(d, "Loop")
      .def("__iter__", [](nb::handle self) { return nb::borrow(self); })
      .def("__next__", &Loop::next);
  d.def("make_loader", &make_loader, "dataset"_a, "batch_size"_a, "shuffle"_a, "seed"_a,
        "drop_last"_a, "workers"_a, "prefetch"_a);
}

}  // namespace lazulite::python
