#include "lazulite/backends/cuda/runtime/matmul.h"

#include <cublasLt.h>

#include <algorithm>

#include "lazulite/backends/cuda/runtime/library.h"
#include "lazulite/core/environment.h"
#include "lazulite/core/errors.h"

namespace lazulite::cuda {
namespace {

#define LAZULITE_CUBLASLT(F)              \
  F(cublasLtCreate)                       \
  F(cublasLtMatmulDescCreate)             \
  F(cublasLtMatmulDescSetAttribute)       \
  F(cublasLtMatmulDescDestroy)            \
  F(cublasLtMatrixLayoutCreate)           \
  F(cublasLtMatrixLayoutSetAttribute)     \
  F(cublasLtMatrixLayoutDestroy)          \
  F(cublasLtMatmulPreferenceCreate)       \
  F(cublasLtMatmulPreferenceSetAttribute) \
  F(cublasLtMatmulPreferenceDestroy)      \
  F(cublasLtMatmulAlgoGetHeuristic)       \
  F(cublasLtMatmul)

LAZULITE_FUNCTION_TABLE(Library, LAZULITE_CUBLASLT);

const Library& library() {
  static const auto* opened = new Library(
      {"cuBLASLt",
       {"libcublasLt.so.13", "libcublasLt.so.12"},
       "the CUDA toolkit or Python's package nvidia-cublas (nvidia-cublas-cu12 for CUDA 12)"});
  return *opened;
}

constexpr size_t most_workspace_bytes = size_t{32} << 20;

void check(cublasStatus_t status, const char* what) {
  check_status(status, CUBLAS_STATUS_SUCCESS, "cuBLASLt", what);
}

cublasLtHandle_t handle_of(const DeviceInfo& device) {
  static auto* handles = new HandlesOfDevices<cublasLtHandle_t>;
  return handles->of(device, [](cublasLtHandle_t& handle) {
    if (!handle) check(library().cublasLtCreate(&handle), "opening cuBLASLt");
  });
}

cublasComputeType_t compute_type(Dtype dtype) {
  if (dtype == Dtype::float64) return CUBLAS_COMPUTE_64F;
  if (dtype == Dtype::float32 && rounds_to_tf32()) return CUBLAS_COMPUTE_32F_FAST_TF32;
  return CUBLAS_COMPUTE_32F;
}

cudaDataType_t data_type(Dtype dtype) {
  switch (dtype) {
    case Dtype::float16: return CUDA_R_16F;
    case Dtype::bfloat16: return CUDA_R_16BF;
    case Dtype::float64: return CUDA_R_64F;
    case Dtype::complex64: return CUDA_C_32F;
    default: return CUDA_R_32F;
  }
}

}  // namespace

bool matmul_library_available() { return library().available(); }

bool rounds_to_tf32() {
  static const bool allowed = environment_switch("LAZULITE_CUDA_TF32", false);
  return allowed;
}

struct MatmulCall::State {
  MatrixProduct product;
  cublasLtHandle_t handle = nullptr;
  cublasLtMatmulDesc_t description = nullptr;
  cublasLtMatrixLayout_t a = nullptr, b = nullptr, c = nullptr;
  struct Algorithm {
    bool found = false;
    cublasLtMatmulAlgo_t algorithm;
  };
  Algorithm aligned, unaligned;  // of addresses that 16 divides, and of others
  size_t workspace_bytes = 0;    // of the first; the second may use no more

  ~State() {
    const Library& l = library();
    if (description) l.cublasLtMatmulDescDestroy(description);
    for (cublasLtMatrixLayout_t layout : {a, b, c}) {
      if (layout) l.cublasLtMatrixLayoutDestroy(layout);
    }
  }

  // The library sees columns where rows are, and so computes the transposed product.
  cublasLtMatrixLayout_t layout(const Matrix& matrix, int64_t rows, int64_t columns) const {
    const Library& l = library();
    cublasLtMatrixLayout_t made = nullptr;
    check(l.cublasLtMatrixLayoutCreate(&made, data_type(product.dtype),
                                       static_cast<uint64_t>(matrix.transposed ? rows : columns),
                                       static_cast<uint64_t>(matrix.transposed ? columns : rows),
                                       matrix.leading),
          "describing a matrix");
    const auto count = static_cast<int32_t>(product.batch);
    l.cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count,
                                       sizeof(count));
    l.cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                       &matrix.batch_stride, sizeof(matrix.batch_stride));
    return made;
  }

  void find(Algorithm& out, uint32_t alignment, size_t most_bytes) {
    const Library& l = library();
    cublasLtMatmulPreference_t preference = nullptr;
    check(l.cublasLtMatmulPreferenceCreate(&preference), "choosing a matrix product");
    l.cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                           &most_bytes, sizeof(most_bytes));
    for (auto attribute :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES}) {
      l.cublasLtMatmulPreferenceSetAttribute(preference, attribute, &alignment, sizeof(alignment));
    }
    cublasLtMatmulHeuristicResult_t result{};
    int count = 0;
    cublasStatus_t status = l.cublasLtMatmulAlgoGetHeuristic(handle, description, b, a, c, c,
                                                             preference, 1, &result, &count);
    l.cublasLtMatmulPreferenceDestroy(preference);
    check(status, "choosing a matrix product");
    if (count == 0) throw Error("cuda: cuBLASLt has no algorithm for a matrix product");
    out.algorithm = result.algo;
    out.found = true;
    workspace_bytes = std::max(workspace_bytes, result.workspaceSize);
  }
};

MatmulCall::MatmulCall(const DeviceInfo& device, const MatrixProduct& product)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  const Library& l = library();
  s.product = product;
  s.handle = handle_of(device);
  const bool wide = product.dtype == Dtype::float64;
  const bool complex = product.dtype == Dtype::complex64;
  check(l.cublasLtMatmulDescCreate(&s.description, compute_type(product.dtype),
                                   complex ? CUDA_C_32F
                                   : wide  ? CUDA_R_64F
                                           : CUDA_R_32F),
        "describing a matrix product");
  auto operation = [&](cublasLtMatmulDescAttributes_t which, const Matrix& matrix) {
    const int32_t value = matrix.transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
    l.cublasLtMatmulDescSetAttribute(s.description, which, &value, sizeof(value));
  };
  operation(CUBLASLT_MATMUL_DESC_TRANSA, product.b);
  operation(CUBLASLT_MATMUL_DESC_TRANSB, product.a);
  s.a = s.layout(product.a, product.m, product.k);
  s.b = s.layout(product.b, product.k, product.n);
  s.c = s.layout(product.c, product.m, product.n);
  s.find(s.aligned, 16, most_workspace_bytes);
}

MatmulCall::~MatmulCall() = default;
MatmulCall::MatmulCall(MatmulCall&&) noexcept = default;
size_t MatmulCall::workspace_bytes() const { return state_->workspace_bytes; }

void MatmulCall::launch(CUstream stream, const void* a, const void* b, void* c, void* workspace) {
  State& s = *state_;
  auto address = [](const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); };
  const bool aligned = (address(a) | address(b) | address(c)) % 16 == 0;
  State::Algorithm& algorithm = aligned ? s.aligned : s.unaligned;
  if (!algorithm.found) {
    s.find(algorithm, static_cast<uint32_t>(size_of(s.product.dtype)), s.workspace_bytes);
  }
  // A complex scalar begins with a real one.
  const float ones[2] = {1, 0}, zeros[2] = {0, 0};
  const double one = 1, zero = 0;
  const bool wide = s.product.dtype == Dtype::float64;
  check(library().cublasLtMatmul(
            s.handle, s.description, wide ? static_cast<const void*>(&one) : ones, b, s.b, a, s.a,
            wide ? static_cast<const void*>(&zero) : zeros, c, s.c, c, s.c, &algorithm.algorithm,
            workspace, s.workspace_bytes, reinterpret_cast<cudaStream_t>(stream)),
        "a matrix product");
}

}  // namespace lazulite::cuda
