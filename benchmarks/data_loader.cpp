// How long a training loop waits for its batches: a loop that computes for 7 ms a step (the time of
// a training step of the article's network) over MNIST-sized and CIFAR-sized images, and the loader
// alone. Usage: data_loader [WORKERS...]

#include "lazulite/data/data_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "lazulite/data/image_dataset.h"

namespace {

using namespace lazulite::data;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds step_time{7};
constexpr int64_t batch_size = 64;
constexpr int64_t timed_steps = 200;
constexpr int repeats = 3;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

DatasetPtr made_up_images(int64_t count, int64_t side, int64_t channels,
                          const ImageOptions& options) {
  ImageSet set{{count, side, side, channels}, {}, {}, 10, {}};
  set.pixels.resize(static_cast<size_t>(count * side * side * channels));
  for (size_t i = 0; i < set.pixels.size(); ++i) set.pixels[i] = static_cast<uint8_t>(i * 31);
  set.labels.resize(static_cast<size_t>(count), 3);
  return std::make_shared<ImageDataset>(std::move(set), options);
}

void compute_for(std::chrono::milliseconds time) {
  const auto start = Clock::now();
  volatile double sink = 0;
  while (Clock::now() - start < time) sink = sink + 1;
}

// Keeps all other cores at full load, as training does; the workers have to find their time.
class BusyCores {
 public:
  BusyCores() {
    for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) {
      threads_.emplace_back([this] {
        while (!stop_) compute_for(std::chrono::milliseconds(1));
      });
    }
  }
  ~BusyCores() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

struct Result {
  double batches_per_second;
  // The worst repeat.
  double wait_per_step;
};

Result measure(DataLoader& loader, std::chrono::milliseconds compute) {
  Result result{0, 0};
  for (int repeat = 0; repeat < repeats; ++repeat) {
    // The first batch of all is waited for whatever the loader does; it is not a step's wait.
    auto batch = loader.begin();
    const double waited = loader.waited_seconds();
    const auto start = Clock::now();
    int64_t steps = 0;
    for (; steps < timed_steps && batch != loader.end(); ++batch, ++steps) compute_for(compute);
    const auto count = static_cast<double>(steps);
    result.batches_per_second = std::max(result.batches_per_second, count / seconds_since(start));
    result.wait_per_step =
        std::max(result.wait_per_step, (loader.waited_seconds() - waited) / count);
  }
  return result;
}

void compare(const char* name, const DatasetPtr& images, int workers) {
  DataLoader loader(images, {.batch_size = batch_size, .shuffle = true, .workers = workers});
  const Result alone = measure(loader, std::chrono::milliseconds(0));
  Result training;
  {
    BusyCores busy;
    training = measure(loader, step_time);
  }
  fmt::print("{:<22} {:>7} {:>14.0f} {:>18.1f} {:>18.2f}%\n", name, workers,
             alone.batches_per_second, training.wait_per_step * 1e6,
             100 * training.wait_per_step / std::chrono::duration<double>(step_time).count());
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<int> workers;
  for (int i = 1; i < argc; ++i) workers.push_back(std::atoi(argv[i]));
  if (workers.empty()) workers = {1, 2};
  fmt::print(
      "batches of {}, steps of {} ms on every core; the best rate and the worst wait of {} "
      "repeats\n",
      batch_size, step_time.count(), repeats);
  fmt::print("{:<22} {:>7} {:>14} {:>18} {:>19}\n", "images", "workers", "batches/s alone",
             "wait a step, us", "of the step");
  const DatasetPtr mnist = made_up_images(60000, 28, 1, {});
  const DatasetPtr cifar = made_up_images(50000, 32, 3, {});
  const DatasetPtr augmented = made_up_images(50000, 32, 3, {.crop_padding = 4, .mirror = true});
  for (int count : workers) {
    compare("28 x 28 x 1", mnist, count);
    compare("32 x 32 x 3", cifar, count);
    compare("32 x 32 x 3, augmented", augmented, count);
  }
}
