#include "lazulite/backends/cuda/runtime/solver.h"

#if __has_include(<cusolverDn.h>)

#include <cusolverDn.h>

#include <mutex>
#include <vector>

#include "lazulite/backends/cuda/runtime/library.h"

namespace lazulite::cuda {
namespace {

#define LAZULITE_CUSOLVER(F)     \
  F(cusolverDnCreate)            \
  F(cusolverDnSetStream)         \
  F(cusolverDnCreateParams)      \
  F(cusolverDnXpotrf_bufferSize) \
  F(cusolverDnXpotrf)            \
  F(cusolverDnXgetrf_bufferSize) \
  F(cusolverDnXgetrf)            \
  F(cusolverDnXgetrs)            \
  F(cusolverDnXgeqrf_bufferSize) \
  F(cusolverDnXgeqrf)            \
  F(cusolverDnSorgqr_bufferSize) \
  F(cusolverDnSorgqr)            \
  F(cusolverDnDorgqr_bufferSize) \
  F(cusolverDnDorgqr)            \
  F(cusolverDnXgesvd_bufferSize) \
  F(cusolverDnXgesvd)            \
  F(cusolverDnXsyevd_bufferSize) \
  F(cusolverDnXsyevd)

#define LAZULITE_CUBLAS(F) \
  F(cublasCreate_v2)       \
  F(cublasSetStream_v2)    \
  F(cublasSetWorkspace_v2) \
  F(cublasStrsm_v2)        \
  F(cublasDtrsm_v2)

LAZULITE_FUNCTION_TABLE(Library, LAZULITE_CUSOLVER);
LAZULITE_FUNCTION_TABLE(Blas, LAZULITE_CUBLAS);

const Library& library() {
  static const auto* opened =
      new Library({"cuSOLVER",
                   {"libcusolver.so.12", "libcusolver.so.11"},
                   "the CUDA toolkit or Python's package nvidia-cusolver (nvidia-cusolver-cu12 for "
                   "CUDA 12)"});
  return *opened;
}

const Blas& blas() {
  static const auto* opened = new Blas(
      {"cuBLAS",
       {"libcublas.so.13", "libcublas.so.12"},
       "the CUDA toolkit or Python's package nvidia-cublas (nvidia-cublas-cu12 for CUDA 12)"});
  return *opened;
}

void check(cusolverStatus_t status, const char* what) {
  check_status(status, CUSOLVER_STATUS_SUCCESS, "cuSOLVER", what);
}
void check(cublasStatus_t status, const char* what) {
  check_status(status, CUBLAS_STATUS_SUCCESS, "cuBLAS", what);
}

// One for each device; they serve one thread at a time.
struct Handle {
  std::mutex mutex;
  cusolverDnHandle_t solver = nullptr;
  cusolverDnParams_t parameters = nullptr;
  cublasHandle_t blas = nullptr;
};

Handle& handle_of(const DeviceInfo& device) {
  static auto* handles = new HandlesOfDevices<Handle>;
  return handles->of(device, [](Handle& handle) {
    if (!handle.solver) check(library().cusolverDnCreate(&handle.solver), "opening cuSOLVER");
    if (!handle.parameters) {
      check(library().cusolverDnCreateParams(&handle.parameters), "opening cuSOLVER");
    }
    if (!handle.blas) check(blas().cublasCreate_v2(&handle.blas), "opening cuBLAS");
  });
}

using Step = LibraryDecomposition::Step;

cudaDataType data_type(Dtype dtype) {
  switch (dtype) {
    case Dtype::float64: return CUDA_R_64F;
    case Dtype::complex64: return CUDA_C_32F;
    default: return CUDA_R_32F;
  }
}
// Of singular and eigenvalues.
Dtype real_type(Dtype dtype) { return dtype == Dtype::complex64 ? Dtype::float32 : dtype; }

constexpr size_t blas_workspace_bytes = size_t{4} << 20;

class SolverCall final : public LibraryCall {
 public:
  SolverCall(const DeviceInfo& device, const LibraryDecomposition& work)
      : work_(work), handle_(handle_of(device)) {
    std::lock_guard lock(handle_.mutex);
    find_sizes();
    host_.resize(host_bytes_);
  }

  void launch(CUstream stream, void* const* addresses) const override {
    std::lock_guard lock(handle_.mutex);
    const auto queue = reinterpret_cast<cudaStream_t>(stream);
    if (work_.step == Step::triangular) {
      check(blas().cublasSetStream_v2(handle_.blas, queue), what);
      check(blas().cublasSetWorkspace_v2(handle_.blas, addresses[2], blas_workspace_bytes), what);
    } else {
      check(library().cusolverDnSetStream(handle_.solver, queue), what);
    }
    for (int64_t i = 0; i < work_.count; ++i) run(addresses, i);
  }
  size_t workspace_bytes() const override { return device_bytes_; }
  // The library may wait for its results in between, or compute on the host.
  bool can_be_captured() const override { return false; }

 private:
  static constexpr const char* what = "a decomposition of matrices";

  // Number `index` of arrays that have `elements` elements each.
  void* at(void* first, int64_t index, int64_t elements, size_t bytes) const {
    return static_cast<std::byte*>(first) + static_cast<size_t>(index * elements) * bytes;
  }

  void find_sizes() {
    const Library& l = library();
    const LibraryDecomposition& w = work_;
    const cudaDataType type = data_type(w.dtype), real = data_type(real_type(w.dtype));
    const auto rows = static_cast<int>(w.rows),
               steps = static_cast<int>(std::min(w.rows, w.columns));
    const cusolverDnHandle_t h = handle_.solver;
    const cusolverDnParams_t p = handle_.parameters;
    const signed char job = w.vectors ? 'A' : 'N';
    size_t *device = &device_bytes_, *host = &host_bytes_;
    int elements = 0;
    switch (w.step) {
      case Step::cholesky:
        check(l.cusolverDnXpotrf_bufferSize(h, p, CUBLAS_FILL_MODE_UPPER, w.rows, type, nullptr,
                                            w.rows, type, device, host),
              what);
        break;
      case Step::lu:
        check(l.cusolverDnXgetrf_bufferSize(h, p, w.rows, w.columns, type, nullptr, w.rows, type,
                                            device, host),
              what);
        break;
      case Step::solve: device_bytes_ = sizeof(int); break;
      case Step::triangular: device_bytes_ = blas_workspace_bytes; break;
      case Step::qr:
        check(l.cusolverDnXgeqrf_bufferSize(h, p, w.rows, w.columns, type, nullptr, w.rows, type,
                                            nullptr, type, device, host),
              what);
        break;
      case Step::q:
        check(w.dtype == Dtype::float64
                  ? l.cusolverDnDorgqr_bufferSize(h, rows, steps, steps, nullptr, rows, nullptr,
                                                  &elements)
                  : l.cusolverDnSorgqr_bufferSize(h, rows, steps, steps, nullptr, rows, nullptr,
                                                  &elements),
              what);
        work_elements_ = elements;
        // Its info, which tells nothing that its sizes do not, lies behind.
        device_bytes_ = static_cast<size_t>(elements) * size_of(w.dtype) + sizeof(int);
        break;
      case Step::svd:
        check(l.cusolverDnXgesvd_bufferSize(h, p, job, job, w.rows, w.columns, type, nullptr,
                                            w.rows, real, nullptr, type, nullptr, w.rows, type,
                                            nullptr, w.columns, type, device, host),
              what);
        break;
      case Step::eigh:
        check(l.cusolverDnXsyevd_bufferSize(h, p, jobz(), CUBLAS_FILL_MODE_LOWER, w.rows, type,
                                            nullptr, w.rows, real, nullptr, type, device, host),
              what);
        break;
    }
  }

  cusolverEigMode_t jobz() const {
    return work_.vectors ? CUSOLVER_EIG_MODE_VECTOR : CUSOLVER_EIG_MODE_NOVECTOR;
  }

  void run(void* const* given, int64_t index) const {
    const Library& l = library();
    const LibraryDecomposition& w = work_;
    const cudaDataType type = data_type(w.dtype), real = data_type(real_type(w.dtype));
    const size_t bytes = size_of(w.dtype), real_bytes = size_of(real_type(w.dtype));
    const int64_t steps = std::min(w.rows, w.columns);
    const cusolverDnHandle_t h = handle_.solver;
    const cusolverDnParams_t p = handle_.parameters;
    void *a = at(given[0], index, w.rows * w.columns, bytes), *host = host_.data();
    auto info = [&](size_t place) { return static_cast<int*>(given[place]) + index; };
    switch (w.step) {
      case Step::cholesky:
        check(l.cusolverDnXpotrf(h, p, CUBLAS_FILL_MODE_UPPER, w.rows, type, a, w.rows, type,
                                 given[2], device_bytes_, host, host_bytes_, info(1)),
              what);
        break;
      case Step::lu: {
        auto* pivots = static_cast<int64_t*>(at(given[1], index, steps, sizeof(int64_t)));
        check(l.cusolverDnXgetrf(h, p, w.rows, w.columns, type, a, w.rows, pivots, type, given[3],
                                 device_bytes_, host, host_bytes_, info(2)),
              what);
        break;
      }
      case Step::solve: {
        auto* pivots = static_cast<int64_t*>(at(given[1], index, steps, sizeof(int64_t)));
        void* b = at(given[2], index, w.rows * w.sides, bytes);
        check(l.cusolverDnXgetrs(h, p, CUBLAS_OP_N, w.rows, w.sides, type, a, w.rows, pivots, type,
                                 b, w.rows, static_cast<int*>(given[3])),
              what);
        break;
      }
      case Step::triangular: run_triangular(a, at(given[1], index, w.rows * w.sides, bytes)); break;
      case Step::qr:
        check(l.cusolverDnXgeqrf(h, p, w.rows, w.columns, type, a, w.rows, type,
                                 at(given[1], index, steps, bytes), type, given[3], device_bytes_,
                                 host, host_bytes_, info(2)),
              what);
        break;
      case Step::q: run_q(a, at(given[1], index, steps, bytes), given[2]); break;
      case Step::svd: {
        const signed char job = w.vectors ? 'A' : 'N';
        check(l.cusolverDnXgesvd(h, p, job, job, w.rows, w.columns, type, a, w.rows, real,
                                 at(given[1], index, steps, real_bytes), type,
                                 at(given[2], index, w.rows * w.rows, bytes), w.rows, type,
                                 at(given[3], index, w.columns * w.columns, bytes), w.columns, type,
                                 given[5], device_bytes_, host, host_bytes_, info(4)),
              what);
        break;
      }
      case Step::eigh:
        check(l.cusolverDnXsyevd(h, p, jobz(), CUBLAS_FILL_MODE_LOWER, w.rows, type, a, w.rows,
                                 real, at(given[1], index, steps, real_bytes), type, given[3],
                                 device_bytes_, host, host_bytes_, info(2)),
              what);
        break;
    }
  }

  // The library sees both matrices transposed: x^T a^T = b^T.
  void run_triangular(void* a, void* b) const {
    const auto n = static_cast<int>(work_.rows), sides = static_cast<int>(work_.sides);
    const auto part = work_.upper ? CUBLAS_FILL_MODE_LOWER : CUBLAS_FILL_MODE_UPPER;
    auto solve = [&]<class T>(auto function, T one) {
      check(function(handle_.blas, CUBLAS_SIDE_RIGHT, part, CUBLAS_OP_N, CUBLAS_DIAG_NON_UNIT,
                     sides, n, &one, static_cast<const T*>(a), n, static_cast<T*>(b), sides),
            "equations with a triangle");
    };
    if (work_.dtype == Dtype::float64) {
      solve(blas().cublasDtrsm_v2, 1.0);
    } else {
      solve(blas().cublasStrsm_v2, 1.0f);
    }
  }

  void run_q(void* a, void* scales, void* workspace) const {
    const auto rows = static_cast<int>(work_.rows);
    const auto steps = static_cast<int>(std::min(work_.rows, work_.columns));
    auto* info = static_cast<std::byte*>(workspace) +
                 static_cast<size_t>(work_elements_) * size_of(work_.dtype);
    auto make = [&]<class T>(auto function, T) {
      check(function(handle_.solver, rows, steps, steps, static_cast<T*>(a), rows,
                     static_cast<const T*>(scales), static_cast<T*>(workspace), work_elements_,
                     reinterpret_cast<int*>(info)),
            what);
    };
    if (work_.dtype == Dtype::float64) {
      make(library().cusolverDnDorgqr, double());
    } else {
      make(library().cusolverDnSorgqr, float());
    }
  }

  const LibraryDecomposition work_;
  Handle& handle_;
  size_t device_bytes_ = 0, host_bytes_ = 0;
  int work_elements_ = 0;
  mutable std::vector<std::byte> host_;
};

}  // namespace

bool solver_library_available() { return library().available() && blas().available(); }

LibraryCallPtr solver_call(const DeviceInfo& device, const LibraryDecomposition& w) {
  static auto* kept = new KeptCalls;
  return kept->find_or_make(
      {device.index, static_cast<int64_t>(w.step), static_cast<int64_t>(w.dtype), w.count, w.rows,
       w.columns, w.sides, w.vectors, w.upper},
      [&] { return std::make_shared<const SolverCall>(device, w); });
}

}  // namespace lazulite::cuda

#else

namespace lazulite::cuda {

bool solver_library_available() { return false; }

LibraryCallPtr solver_call(const DeviceInfo&, const LibraryDecomposition&) { return nullptr; }

}  // namespace lazulite::cuda

#endif
