#include "lazulite/data/image_dataset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lazulite/core/errors.h"
#include "lazulite/data/filled_array.h"
#include "lazulite/data/shuffle.h"

namespace lazulite::data {

namespace {

void check(const ImageSet& set, const ImageOptions& options) {
  if (set.shape.size() != 4 ||
      static_cast<int64_t>(set.pixels.size()) != element_count(std::span(set.shape)) ||
      static_cast<int64_t>(set.labels.size()) != set.shape[0]) {
    throw Error(
        fmt::format("ImageDataset: {} pixels and {} labels do not make images of shape ({}); "
                    "(count, height, width, channels) was expected.",
                    set.pixels.size(), set.labels.size(), fmt::join(set.shape, ", ")));
  }
  if (options.dtype != Dtype::float32 && options.dtype != Dtype::uint8) {
    throw Error(fmt::format("ImageDataset: images can be float32 or uint8, not {}.",
                            name_of(options.dtype)));
  }
  const auto channels = static_cast<size_t>(set.shape[3]);
  for (const auto* values : {&options.mean, &options.deviation}) {
    if (values->size() != 1 && values->size() != channels) {
      throw Error(
          fmt::format("ImageDataset: {} means or deviations were given for images of {} "
                      "channels; one, or one for each channel, was expected.",
                      values->size(), channels));
    }
  }
  for (const auto* values : {&options.mean, &options.deviation}) {
    for (const float value : *values) {
      if (std::isfinite(value)) continue;
      throw Error(fmt::format("ImageDataset: a {} of {} was given; a finite number was expected.",
                              values == &options.mean ? "mean" : "deviation", std::abs(value)));
    }
  }
  if (std::find(options.deviation.begin(), options.deviation.end(), 0.0f) !=
      options.deviation.end()) {
    throw Error("ImageDataset: a deviation of 0 was given; pixels are divided by it.");
  }
  if (options.crop_padding < 0) {
    throw Error(fmt::format("ImageDataset: crop_padding is {}; 0 or more was expected.",
                            options.crop_padding));
  }
}

}  // namespace

ImageDataset::ImageDataset(ImageSet set, ImageOptions options)
    : ImageDataset(std::make_shared<const ImageSet>(std::move(set)), std::move(options)) {}

ImageDataset::ImageDataset(const ImageDataset& other, ImageOptions options)
    : ImageDataset(other.set_, std::move(options)) {}

ImageDataset::ImageDataset(std::shared_ptr<const ImageSet> set, ImageOptions options)
    : set_(std::move(set)), options_(std::move(options)) {
  check(*set_, options_);
  values_.resize(static_cast<size_t>(channels()));
  for (size_t channel = 0; channel < values_.size(); ++channel) {
    const float mean = options_.mean[options_.mean.size() == 1 ? 0 : channel];
    const float deviation = options_.deviation[options_.deviation.size() == 1 ? 0 : channel];
    for (size_t byte = 0; byte < 256; ++byte) {
      values_[channel][byte] = (static_cast<float>(byte) / 255.0f - mean) / deviation;
    }
  }
}

Batch ImageDataset::get(std::span<const int64_t> indices, uint64_t seed) const {
  check_indices(indices, size());
  const auto count = static_cast<int64_t>(indices.size());
  const bool augments = options_.crop_padding > 0 || options_.mirror;
  std::vector<uint8_t> augmented(augments ? static_cast<size_t>(image_bytes()) : 0);
  const auto fill_images = [&](void* memory) {
    auto* out = static_cast<uint8_t*>(memory);
    for (int64_t index : indices) {
      const uint8_t* image = set_->pixels.data() + index * image_bytes();
      if (augments) {
        augment(image, derived_seed(seed, static_cast<uint64_t>(index)), augmented.data());
        image = augmented.data();
      }
      if (options_.dtype == Dtype::float32) {
        convert(image, reinterpret_cast<float*>(out));
      } else {
        std::memcpy(out, image, static_cast<size_t>(image_bytes()));
      }
      out += static_cast<size_t>(image_bytes()) * size_of(options_.dtype);
    }
  };
  const auto fill_labels = [&](void* memory) {
    auto* out = static_cast<int32_t*>(memory);
    for (int64_t index : indices) *out++ = set_->labels[static_cast<size_t>(index)];
  };
  return {filled_array({count, height(), width(), channels()}, options_.dtype, fill_images),
          filled_array({count}, Dtype::int32, fill_labels)};
}

void ImageDataset::convert(const uint8_t* image, float* out) const {
  const size_t channels = values_.size();
  const auto bytes = static_cast<size_t>(image_bytes());
  for (size_t channel = 0; channel < channels; ++channel) {
    const float* values = values_[channel].data();
    for (size_t i = channel; i < bytes; i += channels) out[i] = values[image[i]];
  }
}

void ImageDataset::augment(const uint8_t* image, uint64_t seed, uint8_t* out) const {
  const auto range = static_cast<uint64_t>(2 * options_.crop_padding + 1);
  const auto shift = [&](uint64_t part) {
    return static_cast<int64_t>(derived_seed(seed, part) % range) - options_.crop_padding;
  };
  const int64_t down = shift(0);
  const int64_t right = shift(1);
  const bool mirrored = options_.mirror && (derived_seed(seed, 2) & 1) != 0;
  const auto pixel_bytes = static_cast<size_t>(channels());
  std::memset(out, 0, static_cast<size_t>(image_bytes()));
  for (int64_t y = 0; y < height(); ++y) {
    const int64_t from_y = y - down;
    if (from_y < 0 || from_y >= height()) continue;
    for (int64_t x = 0; x < width(); ++x) {
      const int64_t from_x = (mirrored ? width() - 1 - x : x) - right;
      if (from_x < 0 || from_x >= width()) continue;
      std::memcpy(out + (y * width() + x) * channels(),
                  image + (from_y * width() + from_x) * channels(), pixel_bytes);
    }
  }
}

}  // namespace lazulite::data
