#include "lazulite/data/datasets.h"

namespace lazulite::data {

namespace fs = std::filesystem;

std::shared_ptr<const ImageDataset> mnist(const fs::path& path, Split split, ImageOptions options) {
  return std::make_shared<ImageDataset>(read_mnist(path, split, mnist_class_names()),
                                        std::move(options));
}

std::shared_ptr<const ImageDataset> fashion_mnist(const fs::path& path, Split split,
                                                  ImageOptions options) {
  return std::make_shared<ImageDataset>(read_fashion_mnist(path, split), std::move(options));
}

std::shared_ptr<const ImageDataset> emnist(const fs::path& path, EmnistPart part, Split split,
                                           ImageOptions options) {
  return std::make_shared<ImageDataset>(read_emnist(path, part, split), std::move(options));
}

std::shared_ptr<const ImageDataset> cifar10(const fs::path& path, Split split,
                                            ImageOptions options) {
  return std::make_shared<ImageDataset>(read_cifar10(path, split), std::move(options));
}

std::shared_ptr<const ImageDataset> cifar100(const fs::path& path, Split split,
                                             Cifar100Labels labels, ImageOptions options) {
  return std::make_shared<ImageDataset>(read_cifar100(path, split, labels), std::move(options));
}

}  // namespace lazulite::data
