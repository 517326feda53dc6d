#include "lazulite/backends/cuda/runtime/small_copies.h"

#include <algorithm>
#include <cstring>

#include "lazulite/backends/cuda/kernels/copies.h"
#include "lazulite/backends/cuda/runtime/kernel.h"

namespace lazulite::cuda {
namespace {

constexpr size_t few_words = 60;

}  // namespace

// Blocks of memory are larger than what lies in them, so that whole words may be written.
void SmallCopies::add(void* destination, const void* from, size_t bytes) {
  forget(destination);
  Copy& copy = waiting_.emplace_back();
  copy.destination = destination;
  copy.words = static_cast<uint32_t>((bytes + 3) / 4);
  copy.data[copy.words - 1] = 0;
  std::memcpy(copy.data.data(), from, bytes);
}

void SmallCopies::forget(const void* destination) {
  std::erase_if(waiting_, [&](const Copy& copy) { return copy.destination == destination; });
}

void SmallCopies::launch(const DeviceInfo& device, CUstream stream) {
  for (Copy& copy : waiting_) {
    const bool few = copy.words <= few_words;
    CUfunction& kernel = kernels_[few];
    if (!kernel) {
      const size_t words = few ? few_words : most_bytes / 4;
      kernel = load_kernel(device, "copy_in", copy_in_source(words));
    }
    void* arguments[] = {&copy.destination, &copy.words, copy.data.data()};
    check(driver().cuLaunchKernel(kernel, 1, 1, 1, few ? 64 : 256, 1, 1, 0, stream, arguments,
                                  nullptr),
          "copying to the device");
    ++*device.submissions;
  }
  waiting_.clear();
}

}  // namespace lazulite::cuda
