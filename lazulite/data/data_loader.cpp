#include "lazulite/data/data_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "lazulite/core/errors.h"
#include "lazulite/data/shuffle.h"

namespace lazulite::data {

namespace {

LoaderOptions checked(const DatasetPtr& dataset, LoaderOptions options) {
  const auto require = [](bool holds, const char* name, int64_t value, const char* least) {
    if (holds) return;
    throw Error(fmt::format("DataLoader: {} is {}; {} or more was expected.", name, value, least));
  };
  if (!dataset) throw Error("DataLoader: no data set was given.");
  require(options.batch_size >= 1, "batch_size", options.batch_size, "1");
  require(options.workers >= 0, "workers", options.workers, "0");
  require(options.prefetch >= 1, "prefetch", options.prefetch, "1");
  return options;
}

}  // namespace

DataLoader::DataLoader(DatasetPtr dataset, LoaderOptions options)
    : dataset_(std::move(dataset)),
      options_(checked(dataset_, options)),
      prefetcher_([this](uint64_t number) { return make(number); },
                  size() == 0 ? 0 : options_.workers, options_.prefetch) {}

int64_t DataLoader::size() const {
  const int64_t whole = dataset_->size() / options_.batch_size;
  const bool rest = dataset_->size() % options_.batch_size != 0 && !options_.drop_last;
  return whole + (rest ? 1 : 0);
}

void DataLoader::set_next_epoch(int64_t epoch) {
  if (epoch < 0) {
    throw Error(fmt::format("DataLoader: epoch {} was asked for; 0 or more was expected.", epoch));
  }
  // Batches are numbered through all epochs.
  if (const int64_t last = INT64_MAX / std::max<int64_t>(size(), 1) - 1; epoch > last) {
    throw Error(
        fmt::format("DataLoader: epoch {} was asked for; at most {} was expected.", epoch, last));
  }
  next_epoch_ = epoch;
}

DataLoader::Iterator DataLoader::begin() {
  Iterator iterator(this, ++loops_);
  const auto first = static_cast<uint64_t>(next_epoch_++) * static_cast<uint64_t>(size());
  if (prefetcher_.position() != first) prefetcher_.restart(first);
  iterator.left_ = size();
  return ++iterator;
}

DataLoader::Iterator& DataLoader::Iterator::operator++() {
  if (loop_ != loader_->loops_) {
    left_ = -1;
    throw Error("DataLoader: this loop was ended by a newer one over the same loader.");
  }
  // The memory of the old batch can serve the next one at once.
  batch_ = {};
  if (--left_ >= 0) batch_ = loader_->prefetcher_.take();
  return *this;
}

Batch DataLoader::make(uint64_t number) {
  const auto batches = static_cast<uint64_t>(size());
  const uint64_t epoch = number / batches;
  const Order order = order_of(epoch);
  const int64_t start = static_cast<int64_t>(number % batches) * options_.batch_size;
  const int64_t count = std::min(options_.batch_size, dataset_->size() - start);
  return dataset_->get(
      std::span(*order).subspan(static_cast<size_t>(start), static_cast<size_t>(count)),
      derived_seed(options_.seed, epoch));
}

DataLoader::Order DataLoader::order_of(uint64_t epoch) {
  std::lock_guard lock(order_mutex_);
  if (order_ && (order_epoch_ == epoch || !options_.shuffle)) return order_;
  std::vector<int64_t> order;
  if (options_.shuffle) {
    order = permutation(dataset_->size(), derived_seed(options_.seed, epoch));
  } else {
    order.resize(static_cast<size_t>(dataset_->size()));
    std::iota(order.begin(), order.end(), 0);
  }
  order_epoch_ = epoch;
  order_ = std::make_shared<const std::vector<int64_t>>(std::move(order));
  return order_;
}

}  // namespace lazulite::data
