#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "lazulite/ops/primitives/convolution.h"
#include "lazulite/ops/primitives/indexing.h"
#include "lazulite/program/launch.h"

// How a launch is done on the device, as texts and numbers. Nothing here needs CUDA.
namespace lazulite::cuda {

/// A pointer that a kernel is given, known when a run begins, and what it reads or writes there.
struct Pointer {
  enum class Kind : uint8_t { slot, workspace, status, twin };  // twin: of a slot's small block
  Kind kind = Kind::slot;
  uint32_t slot = 0;
  int64_t offset = 0;           ///< in bytes
  int64_t first = 0, last = 0;  ///< the bytes that are touched, from the pointer on; last excluded
  bool written = false;

  Pointer as_result() const {
    Pointer result = *this;
    result.written = true;
    return result;
  }
};

/// One kernel: a text with the function `lazulite_kernel` (which will bear `name`, for people and
/// their profilers), the size of its grid, and its parameters: pointers, then, if there are any,
/// the constants as one struct.
struct KernelText {
  std::string name;
  std::string source;
  unsigned grid[3] = {1, 1, 1};
  unsigned block = 256;
  unsigned shared_bytes = 0;  ///< of shared memory beside that which the text declares
  std::vector<Pointer> pointers = {};
  std::vector<std::byte> constants = {};

  void add_pointers(std::initializer_list<Pointer> more) { pointers.insert(pointers.end(), more); }
  template <class T>
  void add_constant(const T& value) {
    const size_t at = (constants.size() + alignof(T) - 1) / alignof(T) * alignof(T);
    constants.resize(at + sizeof(T));
    std::memcpy(constants.data() + at, &value, sizeof(T));
  }
};

/// A matrix of a product: rows or columns lie without gaps; `leading` is the distance between them.
struct Matrix {
  Pointer at;
  bool transposed = false;  ///< its columns lie without gaps, not its rows
  int64_t leading = 0;
  int64_t batch_stride = 0;  ///< elements
};

/// c = a b for `batch` matrices, row-major (m, k) and (k, n), by cuBLASLt.
struct MatrixProduct {
  Dtype dtype;
  int64_t m, n, k, batch;
  Matrix a, b, c;
};

/// A convolution, or a gradient of one, as cuDNN may do it: all three arrays row-major. Pointers:
/// x, w, y.
struct LibraryConvolution {
  enum class Result : uint8_t { y, x, w };  ///< which of them is computed
  Result result;
  Dtype dtype;
  ConvGeometry geometry;
  Shape x, w, y;
};

/// Sums of waves by cuFFT: `rows` of `size` numbers of complex64, or of float32 on one side, which
/// has size / 2 + 1 of them on the other. Pointers: the input and the output, which is row-major.
/// Waves that become real numbers are overwritten.
struct LibraryTransform {
  enum class Kind : uint8_t { forward, inverse, real_to_waves, waves_to_real };
  Kind kind;
  int64_t size, rows;
  int64_t stride, distance;  ///< of the input: of neighbours in a row, and of rows
};

/// A step of a decomposition, of each of `count` matrices by itself, by cuSOLVER. The columns of a
/// matrix lie one after another, and so do matrices. Pointers are those that are listed, all of
/// them written; info is an int for each matrix, other than 0 where there is no result.
struct LibraryDecomposition {
  enum class Step : uint8_t {
    cholesky,    ///< a, whose upper triangle becomes that of a = u^T u; info
    lu,          ///< a, pivots (int64, from 1 on), info
    solve,       ///< a and pivots of `lu`, b with `sides` columns
    triangular,  ///< a (only read), b with `sides` columns: rows of both lie one after another
    qr,          ///< a, whose upper triangle becomes r, scales, info
    q,           ///< a of `qr`, whose first columns become q, scales
    svd,         ///< a, which has not more columns than rows, s, u, v^H, info
    eigh         ///< a, of which the lower triangle is read, as vectors; values, info
  };
  Step step;
  Dtype dtype;
  int64_t count, rows, columns;
  int64_t sides = 0;
  bool vectors = true;  ///< of svd and eigh: else values alone
  bool upper = false;   ///< of triangular
};

/// What a library of NVIDIA's does, and that prepared.
using LibraryWork = std::variant<LibraryConvolution, LibraryTransform, LibraryDecomposition>;
class LibraryCall;
using LibraryCallPtr = std::shared_ptr<const LibraryCall>;
struct PlannedCall {
  LibraryCallPtr call;
  std::vector<Pointer> pointers;  ///< of its arrays
};

/// What is done for launches, in order. Steps share a workspace.
struct Recipe {
  std::vector<std::variant<KernelText, MatrixProduct, PlannedCall>> steps;
  size_t workspace_bytes = 0;
  bool has_library = false;     ///< MatrixProduct may be used
  bool rounds_to_tf32 = false;  ///< libraries may round factors of float32 to TF32
  /// How a library would do something, null if it can't; empty where none may be asked.
  std::function<LibraryCallPtr(const LibraryWork&)> plan = {};
  /// Checks on data: the number of one is what it writes into the status, with an index. What a
  /// check throws that has failed.
  using Check = std::function<void(int64_t index)>;
  std::vector<Check> checks = {};

  Pointer take_workspace(size_t bytes) {
    const size_t at = workspace_bytes;
    workspace_bytes += (bytes + 255) / 256 * 256;
    return {Pointer::Kind::workspace, 0, static_cast<int64_t>(at), 0, static_cast<int64_t>(bytes)};
  }
};

/// The slot of operands that lie in the workspace.
inline constexpr uint32_t workspace_slot = ~uint32_t{0};

/// To where an operand begins, to read it.
Pointer pointer_to(const Operand& operand);
/// The same, to write it.
inline Pointer result_at(const Operand& operand) { return pointer_to(operand).as_result(); }
/// A row-major array in the workspace.
Operand take_array(const Shape& shape, Dtype dtype, Recipe& recipe);

inline constexpr Pointer status_pointer{Pointer::Kind::status, 0, 0, 0, 1};

/// Kernels count elements in 32 bits, of which division needs one.
inline constexpr int64_t most_elements = (int64_t{1} << 31) - 1;

/// An axis as kernels see it.
struct Axis {
  uint32_t size, magic, shift;
  explicit Axis(int64_t size = 1);
};

/// Axes of several operands that lie alike, joined: fewer of them, in the same row-major order.
struct Joined {
  Shape shape;                   ///< without axes of size 1; empty for a single element
  std::vector<Strides> strides;  ///< one for each operand
};
Joined join_axes(const Shape& shape, std::vector<Strides> strides);

/// An operand's elements as kernels find them (View of the prelude).
struct View {
  int64_t strides[8] = {};
  Axis axes[8];
  int32_t ndim = 0;
};
/// False where it has too many axes or elements.
bool can_view(const Operand& operand);
View view_of(const Operand& operand);

/// ceil(a / b).
constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace lazulite::cuda
