#pragma once

#include <filesystem>
#include <memory>

#include "lazulite/data/cifar.h"
#include "lazulite/data/image_dataset.h"
#include "lazulite/data/mnist.h"

namespace lazulite::data {

/// The well-known image data sets, read from the files of their distributions: see mnist.h and
/// cifar.h for what `path` may be and for the errors.
std::shared_ptr<const ImageDataset> mnist(const std::filesystem::path& path,
                                          Split split = Split::train, ImageOptions options = {});
std::shared_ptr<const ImageDataset> fashion_mnist(const std::filesystem::path& path,
                                                  Split split = Split::train,
                                                  ImageOptions options = {});
std::shared_ptr<const ImageDataset> emnist(const std::filesystem::path& path, EmnistPart part,
                                           Split split = Split::train, ImageOptions options = {});
std::shared_ptr<const ImageDataset> cifar10(const std::filesystem::path& path,
                                            Split split = Split::train, ImageOptions options = {});
std::shared_ptr<const ImageDataset> cifar100(const std::filesystem::path& path,
                                             Split split = Split::train,
                                             Cifar100Labels labels = Cifar100Labels::fine,
                                             ImageOptions options = {});

}  // namespace lazulite::data
