#include "lazulite/backends/cuda/runtime/convolution.h"

#if __has_include(<cudnn.h>)

#include <cudnn.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "lazulite/backends/cuda/runtime/library.h"
#include "lazulite/core/errors.h"

namespace lazulite::cuda {
namespace {

#define LAZULITE_CUDNN(F)          \
  F(cudnnCreate)                   \
  F(cudnnSetStream)                \
  F(cudnnBackendCreateDescriptor)  \
  F(cudnnBackendDestroyDescriptor) \
  F(cudnnBackendSetAttribute)      \
  F(cudnnBackendGetAttribute)      \
  F(cudnnBackendFinalize)          \
  F(cudnnBackendExecute)

LAZULITE_FUNCTION_TABLE(Library, LAZULITE_CUDNN);

const Library& library() {
  static const auto* opened =
      new Library({"cuDNN",
                   {"libcudnn.so.9"},
                   "Python's package nvidia-cudnn-cu13 (nvidia-cudnn-cu12 for CUDA 12)"});
  return *opened;
}

// Branches of a graph run side by side, so each convolution of a plan has a workspace of its own.
constexpr int64_t most_workspace_bytes = int64_t{32} << 20;
constexpr int64_t aligned_bytes = 16;
constexpr int64_t most_engines = 32;

void check(cudnnStatus_t status, const char* what) {
  check_status(status, CUDNN_STATUS_SUCCESS, "cuDNN", what);
}

// One for each device; a handle serves one thread at a time.
struct Handle {
  std::mutex mutex;
  cudnnHandle_t handle = nullptr;
};

Handle& handle_of(const DeviceInfo& device) {
  static auto* handles = new HandlesOfDevices<Handle>;
  return handles->of(device, [](Handle& handle) {
    if (!handle.handle) check(library().cudnnCreate(&handle.handle), "opening cuDNN");
  });
}

class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type) {
    check(library().cudnnBackendCreateDescriptor(type, &descriptor_), "describing a convolution");
  }
  ~Descriptor() {
    if (descriptor_) library().cudnnBackendDestroyDescriptor(descriptor_);
  }
  Descriptor(Descriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, nullptr)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  cudnnBackendDescriptor_t get() const { return descriptor_; }

  template <class T>
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const T& value) {
    set(name, type, &value, 1);
  }
  void set(cudnnBackendAttributeName_t name, const Descriptor& other) {
    set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, other.descriptor_);
  }
  void set(cudnnBackendAttributeName_t name, const std::vector<int64_t>& numbers) {
    set(name, CUDNN_TYPE_INT64, numbers.data(), static_cast<int64_t>(numbers.size()));
  }
  template <class T>
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const T* values,
           int64_t count) {
    check(library().cudnnBackendSetAttribute(descriptor_, name, type, count, values),
          "describing a convolution");
  }
  // How many there are; at most `most` of them are stored.
  int64_t read(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t most,
               void* values) const {
    int64_t count = 0;
    check(library().cudnnBackendGetAttribute(descriptor_, name, type, most, &count, values),
          "choosing a convolution");
    return count;
  }
  bool try_finalize() {
    return library().cudnnBackendFinalize(descriptor_) == CUDNN_STATUS_SUCCESS;
  }
  void finalize() {
    if (!try_finalize()) throw Error("cuda: cuDNN does not take the description of a convolution");
  }

 private:
  cudnnBackendDescriptor_t descriptor_ = nullptr;
};

cudnnDataType_t data_type(Dtype dtype) {
  switch (dtype) {
    case Dtype::float16: return CUDNN_DATA_HALF;
    case Dtype::bfloat16: return CUDNN_DATA_BFLOAT16;
    default: return CUDNN_DATA_FLOAT;
  }
}

enum Id : int64_t { x_id = 1, w_id, y_id };

// The library counts channels before the axes of space, of which it wants two at least.
Descriptor tensor(Id id, const Shape& shape, Dtype dtype, int64_t alignment) {
  std::vector<int64_t> sizes{shape.front(), shape.back()}, strides{0, 1};
  if (shape.size() == 3) sizes.push_back(1);
  sizes.insert(sizes.end(), shape.begin() + 1, shape.end() - 1);
  strides.resize(sizes.size());
  int64_t stride = shape.back();
  for (size_t axis = sizes.size() - 1; axis >= 2; --axis) {
    strides[axis] = stride;
    stride *= sizes[axis];
  }
  strides[0] = stride;
  Descriptor made(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  made.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, data_type(dtype));
  made.set(CUDNN_ATTR_TENSOR_DIMENSIONS, sizes);
  made.set(CUDNN_ATTR_TENSOR_STRIDES, strides);
  made.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, static_cast<int64_t>(id));
  made.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, alignment);
  made.finalize();
  return made;
}

Descriptor geometry(const ConvGeometry& g) {
  auto numbers = [&](const SmallVector<int, 3>& given, int64_t otherwise) {
    std::vector<int64_t> out(given.begin(), given.end());
    if (out.size() == 1) out.insert(out.begin(), otherwise);
    return out;
  };
  const std::vector<int64_t> padding = numbers(g.padding, 0);
  Descriptor made(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  made.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
  made.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, CUDNN_CROSS_CORRELATION);
  made.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64,
           static_cast<int64_t>(padding.size()));
  made.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, numbers(g.stride, 1));
  made.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, numbers(g.dilation, 1));
  made.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, padding);
  made.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, padding);
  made.finalize();
  return made;
}

// The operation's names, which differ by what is computed.
struct OperationNames {
  cudnnBackendDescriptorType_t type;
  cudnnBackendAttributeName_t geometry, x, w, y, alpha, beta;
};
OperationNames names_of(LibraryConvolution::Result result) {
  switch (result) {
    case LibraryConvolution::Result::x:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    case LibraryConvolution::Result::w:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
    default:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
  }
}

// Whether an engine gives the same bits each time, and sums as Lazulite's kernels do.
bool can_use(const Descriptor& configuration) {
  Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t found = engine.get();
  configuration.read(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &found);
  cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
  const int64_t count = engine.read(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                                    CUDNN_NUMERICAL_NOTE_TYPE_COUNT, notes);
  return std::none_of(notes, notes + std::min<int64_t>(count, CUDNN_NUMERICAL_NOTE_TYPE_COUNT),
                      [](cudnnBackendNumericalNote_t note) {
                        return note == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC ||
                               note == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION ||
                               note == CUDNN_NUMERICAL_NOTE_FFT ||
                               note == CUDNN_NUMERICAL_NOTE_WINOGRAD;
                      });
}

// The operation, with the descriptions that it refers to.
struct Described {
  std::vector<Descriptor> parts;
  Descriptor graph{CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR};
};
Described describe(cudnnHandle_t handle, const LibraryConvolution& c, int64_t alignment) {
  const OperationNames names = names_of(c.result);
  Described out;
  Descriptor operation(names.type);
  auto part = [&](cudnnBackendAttributeName_t name, Descriptor described) {
    operation.set(name, described);
    out.parts.push_back(std::move(described));
  };
  part(names.geometry, geometry(c.geometry));
  part(names.x, tensor(x_id, c.x, c.dtype, alignment));
  part(names.w, tensor(w_id, c.w, c.dtype, alignment));
  part(names.y, tensor(y_id, c.y, c.dtype, alignment));
  operation.set(names.alpha, CUDNN_TYPE_FLOAT, 1.0f);
  operation.set(names.beta, CUDNN_TYPE_FLOAT, 0.0f);
  operation.finalize();
  out.graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, handle);
  out.graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation);
  out.graph.finalize();
  out.parts.push_back(std::move(operation));
  return out;
}

// Engines with their settings, the fastest first as the library believes; none if it says nothing.
std::vector<Descriptor> proposals(const Descriptor& graph, cudnnBackendHeurMode_t mode) {
  std::vector<Descriptor> out;
  Descriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
  if (!heuristic.try_finalize()) return out;
  std::vector<cudnnBackendDescriptor_t> places;
  for (int64_t i = 0; i < most_engines; ++i) {
    out.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    places.push_back(out.back().get());
  }
  const int64_t count = heuristic.read(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                                       most_engines, places.data());
  out.erase(out.begin() + std::min(count, most_engines), out.end());
  return out;
}

// A plan of the library's, and the bytes of its workspace.
struct Way {
  Descriptor configuration, plan;
  int64_t workspace_bytes = 0;
};
Way find_way(cudnnHandle_t handle, const LibraryConvolution& convolution, int64_t alignment) {
  const Described described = describe(handle, convolution, alignment);
  for (cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    for (Descriptor& configuration : proposals(described.graph, mode)) {
      if (!can_use(configuration)) continue;
      Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
      plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, handle);
      plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
      if (!plan.try_finalize()) continue;
      int64_t bytes = 0;
      plan.read(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &bytes);
      if (bytes <= most_workspace_bytes) return {std::move(configuration), std::move(plan), bytes};
    }
  }
  throw Error("cuda: cuDNN has no way to do a convolution");
}

class CudnnCall final : public LibraryCall {
 public:
  CudnnCall(const DeviceInfo& device, const LibraryConvolution& convolution)
      : handle_(handle_of(device)) {
    const auto element = static_cast<int64_t>(size_of(convolution.dtype));
    std::lock_guard lock(handle_.mutex);
    aligned_ = find_way(handle_.handle, convolution, aligned_bytes);
    unaligned_ = find_way(handle_.handle, convolution, element);
  }

  void launch(CUstream stream, void* const* addresses) const override {
    auto address = [&](int i) { return reinterpret_cast<uintptr_t>(addresses[i]); };
    const bool aligned = (address(0) | address(1) | address(2)) % aligned_bytes == 0;
    constexpr int64_t ids[] = {x_id, w_id, y_id};
    std::lock_guard lock(handle_.mutex);
    Descriptor arguments(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    arguments.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, ids, 3);
    arguments.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, addresses, 3);
    arguments.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, addresses[3]);
    arguments.finalize();
    check(library().cudnnSetStream(handle_.handle, reinterpret_cast<cudaStream_t>(stream)),
          "a convolution");
    check(library().cudnnBackendExecute(
              handle_.handle, (aligned ? aligned_ : unaligned_)->plan.get(), arguments.get()),
          "a convolution");
  }
  size_t workspace_bytes() const override {
    return static_cast<size_t>(std::max(aligned_->workspace_bytes, unaligned_->workspace_bytes));
  }

 private:
  Handle& handle_;
  std::optional<Way> aligned_, unaligned_;  // for addresses that 16 divides, and for others
};

}  // namespace

LibraryCallPtr convolution_call(const DeviceInfo& device, const LibraryConvolution& convolution) {
  if (!library().available()) return nullptr;
  std::vector<int64_t> key{device.index, static_cast<int64_t>(convolution.dtype),
                           static_cast<int64_t>(convolution.result), convolution.geometry.groups};
  auto add = [&](const auto& numbers) { key.insert(key.end(), numbers.begin(), numbers.end()); };
  for (const Shape* shape : {&convolution.x, &convolution.w, &convolution.y}) add(*shape);
  const ConvGeometry& g = convolution.geometry;
  for (const auto* numbers : {&g.stride, &g.padding, &g.dilation}) add(*numbers);
  static auto* kept = new KeptCalls;
  try {
    return kept->find_or_make(
        key, [&] { return std::make_shared<const CudnnCall>(device, convolution); });
  } catch (const Error&) {
    // Lazulite's own kernels do it then.
    return nullptr;
  }
}

}  // namespace lazulite::cuda

#else

namespace lazulite::cuda {

LibraryCallPtr convolution_call(const DeviceInfo&, const LibraryConvolution&) { return nullptr; }

}  // namespace lazulite::cuda

#endif
