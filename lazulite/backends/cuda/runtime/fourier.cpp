#include "lazulite/backends/cuda/runtime/fourier.h"

#if __has_include(<cufft.h>)

#include <cufft.h>

#include <mutex>

#include "lazulite/backends/cuda/runtime/library.h"

namespace lazulite::cuda {
namespace {

#define LAZULITE_CUFFT(F)   \
  F(cufftCreate)            \
  F(cufftDestroy)           \
  F(cufftSetAutoAllocation) \
  F(cufftMakePlanMany64)    \
  F(cufftSetStream)         \
  F(cufftSetWorkArea)       \
  F(cufftExecC2C)           \
  F(cufftExecR2C)           \
  F(cufftExecC2R)

LAZULITE_FUNCTION_TABLE(Library, LAZULITE_CUFFT);

const Library& library() {
  static const auto* opened =
      new Library({"cuFFT",
                   {"libcufft.so.12", "libcufft.so.11"},
                   "the CUDA toolkit or Python's package nvidia-cufft (nvidia-cufft-cu12 for "
                   "CUDA 12)"});
  return *opened;
}

void check(cufftResult result, const char* what) {
  check_status(result, CUFFT_SUCCESS, "cuFFT", what);
}

using Kind = LibraryTransform::Kind;

cufftType type_of(Kind kind) {
  switch (kind) {
    case Kind::real_to_waves: return CUFFT_R2C;
    case Kind::waves_to_real: return CUFFT_C2R;
    default: return CUFFT_C2C;
  }
}

constexpr size_t bytes_of_wave = 8;

class FourierCall final : public LibraryCall {
 public:
  explicit FourierCall(const LibraryTransform& transform) : transform_(transform) {
    const LibraryTransform& t = transform_;
    check(library().cufftCreate(&plan_), "opening cuFFT");
    try {
      check(library().cufftSetAutoAllocation(plan_, 0), "planning a Fourier transform");
      const bool halved = t.kind == Kind::real_to_waves;
      long long size = t.size, given = t.distance, made = halved ? t.size / 2 + 1 : t.size;
      check(library().cufftMakePlanMany64(plan_, 1, &size, &given, t.stride, t.distance, &made, 1,
                                          made, type_of(t.kind), t.rows, &plan_bytes_),
            "planning a Fourier transform");
    } catch (...) {
      library().cufftDestroy(plan_);
      throw;
    }
  }
  ~FourierCall() override { library().cufftDestroy(plan_); }

  void launch(CUstream stream, void* const* addresses) const override {
    auto* from = static_cast<std::byte*>(addresses[0]);
    auto* workspace = static_cast<std::byte*>(addresses[2]);
    std::lock_guard lock(mutex_);
    check(library().cufftSetStream(plan_, reinterpret_cast<cudaStream_t>(stream)),
          "a Fourier transform");
    check(library().cufftSetWorkArea(plan_, workspace), "a Fourier transform");
    // The library reads real numbers by pairs. What others have lent may begin between two.
    if (reinterpret_cast<uintptr_t>(from) % bytes_of_wave != 0) {
      std::byte* aligned = workspace + aside();
      cuda::check(
          driver().cuMemcpyDtoDAsync(reinterpret_cast<CUdeviceptr>(aligned),
                                     reinterpret_cast<CUdeviceptr>(from), bytes_aside(), stream),
          "a Fourier transform");
      from = aligned;
    }
    check(run(from, addresses[1]), "a Fourier transform");
  }
  size_t workspace_bytes() const override { return aside() + bytes_aside(); }

 private:
  cufftResult run(void* from, void* to) const {
    auto* waves = static_cast<cufftComplex*>(from);
    switch (transform_.kind) {
      case Kind::real_to_waves:
        return library().cufftExecR2C(plan_, static_cast<cufftReal*>(from),
                                      static_cast<cufftComplex*>(to));
      case Kind::waves_to_real:
        return library().cufftExecC2R(plan_, waves, static_cast<cufftReal*>(to));
      default:
        return library().cufftExecC2C(
            plan_, waves, static_cast<cufftComplex*>(to),
            transform_.kind == Kind::forward ? CUFFT_FORWARD : CUFFT_INVERSE);
    }
  }
  // Where in the workspace real input is copied to, and how much of it.
  size_t aside() const { return (plan_bytes_ + 255) / 256 * 256; }
  size_t bytes_aside() const {
    if (transform_.kind != Kind::real_to_waves) return 0;
    return static_cast<size_t>(transform_.rows * transform_.size) * sizeof(cufftReal);
  }

  const LibraryTransform transform_;
  cufftHandle plan_ = 0;
  size_t plan_bytes_ = 0;
  mutable std::mutex mutex_;  // a plan serves one thread at a time
};

}  // namespace

bool fourier_library_available() { return library().available(); }

LibraryCallPtr fourier_call(const DeviceInfo& device, const LibraryTransform& t) {
  static auto* kept = new KeptCalls;
  return kept->find_or_make(
      {device.index, static_cast<int64_t>(t.kind), t.size, t.rows, t.stride, t.distance},
      [&] { return std::make_shared<const FourierCall>(t); });
}

}  // namespace lazulite::cuda

#else

namespace lazulite::cuda {

bool fourier_library_available() { return false; }

LibraryCallPtr fourier_call(const DeviceInfo&, const LibraryTransform&) { return nullptr; }

}  // namespace lazulite::cuda

#endif
