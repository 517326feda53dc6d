#pragma once

#include <array>
#include <string>
#include <vector>

#include "lazulite/data/dataset.h"
#include "lazulite/data/image_set.h"

namespace lazulite::data {

/// How an ImageDataset turns stored bytes into the arrays of a batch.
struct ImageOptions {
  /// float32: pixels / 255, then normalised. uint8: the stored bytes as they are.
  Dtype dtype = Dtype::float32;
  /// With float32, (pixel / 255 - mean) / deviation; one value, or one for each channel.
  std::vector<float> mean = {0.0f};
  std::vector<float> deviation = {1.0f};
  /// Shifts each image by up to so many pixels in each direction, as a random crop of the image
  /// with a black border of that width does.
  int64_t crop_padding = 0;
  /// Mirrors every other image, chosen at random, left to right.
  bool mirror = false;
};

/// Images kept as bytes, which take a quarter of the memory of float32. A batch has images
/// (n, height, width, channels) and labels (n) of int32.
class ImageDataset : public Dataset {
 public:
  /// Throws Error if the set's parts disagree in their sizes, or the options do not fit it.
  explicit ImageDataset(ImageSet set, ImageOptions options = {});
  /// The same images, sharing their memory, under other options.
  ImageDataset(const ImageDataset& other, ImageOptions options);

  int64_t size() const override { return set_->shape[0]; }
  Batch get(std::span<const int64_t> indices, uint64_t seed = 0) const override;

  int64_t height() const { return set_->shape[1]; }
  int64_t width() const { return set_->shape[2]; }
  int64_t channels() const { return set_->shape[3]; }
  int64_t num_classes() const { return set_->num_classes; }
  /// One name a class, or empty if the files give none.
  const std::vector<std::string>& class_names() const { return set_->class_names; }
  const ImageSet& images() const { return *set_; }

 private:
  ImageDataset(std::shared_ptr<const ImageSet> set, ImageOptions options);
  int64_t image_bytes() const { return height() * width() * channels(); }
  void augment(const uint8_t* image, uint64_t seed, uint8_t* out) const;
  void convert(const uint8_t* image, float* out) const;

  std::shared_ptr<const ImageSet> set_;
  ImageOptions options_;
  // What each byte becomes, for each channel.
  std::vector<std::array<float, 256>> values_;
};

}  // namespace lazulite::data
