#include <optional>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/convolution/conv_block.h"
#include "lazulite/backends/cpu/primitives/half/through_float.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/matmul/products_of_parts.h"
#include "lazulite/backends/cpu/primitives/matmul/quantized_matmul.h"
#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/backends/cpu/primitives/reduction/softmax_rows.h"

namespace lazulite::cpu {
namespace {

template <class T>
std::unique_ptr<Kernel> make_softmax(SoftmaxKind kind, const Launch& launch) {
  const Operand& x = launch.inputs[0];
  const int64_t size = x.shape.back();
  const int64_t rows = element_count(std::span(x.shape.data(), x.shape.size() - 1));
  size_t scratch_bytes = 0;
  const RowMajorInput input(x, &scratch_bytes);
  const int64_t grain = std::max<int64_t>(8192 / std::max<int64_t>(size, 1), 1);
  return kernel_of([=, y = launch.outputs[0]](void* const* slots) {
    const Scratch scratch(scratch_bytes);
    const T* from = input.get<T>(slots, scratch);
    T* to = address<T>(slots, y);
    const int64_t results = kind == SoftmaxKind::logsumexp ? 1 : size;
    parallel_for(rows, grain, [&](int64_t begin, int64_t end, int) {
      softmax_rows(kind, from + begin * size, end - begin, size, to + begin * results);
    });
  });
}

std::optional<SoftmaxKind> softmax_kind(const Call& call) {
  switch (call.id) {
    case CallId::softmax: return SoftmaxKind::softmax;
    case CallId::log_softmax: return SoftmaxKind::log_softmax;
    case CallId::logsumexp: return SoftmaxKind::logsumexp;
    default: return std::nullopt;
  }
}

bool is_conv_block(const Call& call) {
  return call.id == CallId::conv_block || call.id == CallId::conv_block_grad;
}

bool is_product_of_parts(const Call& call) {
  return call.id == CallId::gather_mm || call.id == CallId::segmented_mm ||
         call.id == CallId::block_masked_mm;
}

std::unique_ptr<Kernel> make_product_of_parts(const Call& call, const Launch& launch) {
  switch (call.id) {
    case CallId::gather_mm: return make_gather_mm(launch);
    case CallId::segmented_mm: return make_segmented_mm(launch);
    default: return make_block_masked_mm(call, launch);
  }
}

std::unique_ptr<Kernel> make_as_strided(const Call& call, const Launch& launch) {
  const Operand &x = launch.inputs[0], &y = launch.outputs[0];
  Strides from;
  for (int64_t stride : call.attribute<Shape>(1)) from.push_back(stride * x.strides[0]);
  const int64_t offset = call.attribute<int64_t>(2) * x.strides[0];
  const size_t bytes = size_of(x.dtype);
  return kernel_of([=, copy = StridedCopy(y.shape, from, y.strides, bytes)](void* const* slots) {
    copy.run(address(slots, x) + offset * static_cast<int64_t>(bytes), address(slots, y));
  });
}

}  // namespace

bool accepts(const Call& call, const Launch& launch) {
  if (is_conv_block(call)) return accepts_conv_block(call, launch);
  if (call.id == CallId::quantized_matmul) return accepts_quantized_matmul(launch);
  if (call.id == CallId::as_strided) return true;
  if (is_product_of_parts(call)) return is_floating(launch.inputs[0].dtype);
  return softmax_kind(call) && is_floating(launch.inputs[0].dtype) &&
         !launch.inputs[0].shape.empty();
}

std::unique_ptr<Kernel> make(const Call& call, const Launch& launch) {
  if (is_conv_block(call)) return make_conv_block(call, launch);
  if (call.id == CallId::quantized_matmul) return make_quantized_matmul(call, launch);
  if (call.id == CallId::as_strided) return make_as_strided(call, launch);
  const Dtype dtype = launch.inputs[0].dtype;
  if (is_half(dtype)) return make_through_float(launch);
  if (is_product_of_parts(call)) return make_product_of_parts(call, launch);
  const SoftmaxKind kind = *softmax_kind(call);
  return dtype == Dtype::float64 ? make_softmax<double>(kind, launch)
                                 : make_softmax<float>(kind, launch);
}

LAZULITE_CPU_KERNEL(Call);

}  // namespace lazulite::cpu
