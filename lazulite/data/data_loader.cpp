#include "lazulite/data/data_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/core/observer.h"
#include "lazulite/data/shuffle.h"

namespace lazulite::data {

namespace {

// Beyond these, threads and memory would run out before a sentence could be said.
constexpr int most_workers = 1024;
constexpr int most_prefetched = 1 << 16;

LoaderOptions checked(const DatasetPtr& dataset, LoaderOptions options) {
  const auto require = [](const char* name, int64_t value, int64_t least, int64_t most) {
    if (value < least) {
      throw ValueError(
          fmt::format("DataLoader: {} is {}; {} or more was expected.", name, value, least));
    }
    if (value > most) {
      throw ValueError(
          fmt::format("DataLoader: {} is {}; at most {} was expected.", name, value, most));
    }
  };
  constexpr int64_t any = std::numeric_limits<int64_t>::max();
  if (!dataset) throw Error("DataLoader: no data set was given.");
  require("batch_size", options.batch_size, 1, any);
  require("workers", options.workers, 0, most_workers);
  require("prefetch", options.prefetch, 1, most_prefetched);
  require("the data set's size", dataset->size(), 0, any);
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
  if (--left_ < 0) return *this;
  const int64_t start = is_watched(Watch::calls) ? nanoseconds_now() : 0;
  batch_ = loader_->prefetcher_.take();
  if (start) report_loading({thread_number(), start, nanoseconds_now() - start});
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
