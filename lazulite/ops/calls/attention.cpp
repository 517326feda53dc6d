// The composition of attention.
#include "lazulite/ops/calls/attention.h"

#include <limits>

#include "lazulite/ops/calls.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/definition.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {

using namespace definition;

namespace {

// Halves are widened for what sums over many of them.
Array widened(const Array& x) { return is_half(x.dtype()) ? astype(x, Dtype::float32) : x; }

Array composed(const Array& queries, const Array& keys, const Array& values, double scale,
               const Array& mask, bool causal, const Array& sinks) {
  const Dtype dtype = result_type(result_type(queries.dtype(), keys.dtype()), values.dtype());
  const int64_t batch = queries.shape(0), heads = queries.shape(1), groups = keys.shape(1);
  const int64_t rows = queries.shape(2), columns = keys.shape(2), each = heads / groups;
  // (batch, groups, heads of each, ...), the keys' being the same for each.
  Array q = reshape(queries, {batch, groups, each, rows, queries.shape(3)});
  Array k = expand_dims(keys, {2}), v = expand_dims(values, {2});
  Array scores = widened(matmul(widened(q) * scale, widened(swapaxes(k, -1, -2))));
  // As in MLX not -inf: a row without anything to look at takes the mean of all instead of NaN.
  const double lowest = scores.dtype() == Dtype::float64 ? std::numeric_limits<double>::lowest()
                                                         : std::numeric_limits<float>::lowest();
  if (causal) {
    Array at = arange(columns - rows, columns, 1, Dtype::int32);
    Array seen = expand_dims(at, {1}) >= arange(columns, Dtype::int32);
    scores = where(seen, scores, lowest);
  }
  if (mask.valid()) {
    Array wide = reshape(mask, scores.shape());
    scores = mask.dtype() == Dtype::bool_ ? where(wide, scores, lowest)
                                          : scores + astype(wide, scores.dtype());
  }
  if (sinks.valid()) {
    Array share = reshape(astype(sinks, scores.dtype()), {1, groups, each, 1, 1});
    share = broadcast_to(share, {batch, groups, each, rows, 1});
    scores = concatenate(std::vector<Array>{share, scores}, -1);
  }
  Array weights = softmax(scores, {-1});
  if (sinks.valid()) weights = weights[{ellipsis, Slice{1, columns + 1}}];
  Array out = matmul(weights, widened(v));
  return astype(reshape(out, {batch, heads, rows, values.shape(3)}), dtype);
}

bool is_call(const Array& queries, const Array& keys, const Array& values, const Array& mask,
             const Array& sinks) {
  const Dtype dtype = queries.dtype();
  if (!is_half(dtype) || keys.dtype() != dtype || values.dtype() != dtype || sinks.valid()) {
    return false;
  }
  if (keys.shape(0) != queries.shape(0) || values.shape(0) != queries.shape(0)) return false;
  if (queries.size() == 0 || keys.size() == 0 || values.size() == 0) return false;
  return !mask.valid() || mask.dtype() == Dtype::bool_ || mask.dtype() == dtype;
}

}  // namespace

Array attention(const Array& queries, const Array& keys, const Array& values, double scale,
                const Array& mask, bool causal, const Array& sinks) {
  if (!is_call(queries, keys, values, mask, sinks)) {
    return composed(queries, keys, values, scale, mask, causal, sinks);
  }
  const Call call{CallId::attention, {scale, int64_t{causal}}};
  if (!mask.valid()) return make(make_primitive(call), {queries, keys, values});
  return make(make_primitive(call), {queries, keys, values, mask});
}

ArrayTypes infer_attention(const Call& call, InputTypes inputs) {
  (void)call.attribute<double>(0), (void)call.attribute<int64_t>(1);
  if (inputs.size() != 4) expect_inputs("attention", inputs, 3);
  const ArrayTypeRef &q = inputs[0], &k = inputs[1], &v = inputs[2];
  bool good = is_half(q.dtype) && k.dtype == q.dtype && v.dtype == q.dtype;
  for (const ArrayTypeRef* x : {&q, &k, &v}) {
    good = good && x->shape.size() == 4 && element_count(x->shape) > 0;
  }
  good = good && k.shape[0] == q.shape[0] && v.shape[0] == q.shape[0] &&
         q.shape[1] % k.shape[1] == 0 && v.shape[1] == k.shape[1] && k.shape[3] == q.shape[3] &&
         v.shape[2] == k.shape[2];
  if (!good) {
    throw Error(fmt::format("attention: {}{}, {}{} and {}{} do not go together", name_of(q.dtype),
                            to_string(q.shape), name_of(k.dtype), to_string(k.shape),
                            name_of(v.dtype), to_string(v.shape)));
  }
  if (inputs.size() == 4) {
    const ArrayTypeRef& mask = inputs[3];
    const Shape scores{q.shape[0], q.shape[1], q.shape[2], k.shape[2]};
    if (mask.shape != scores || (mask.dtype != Dtype::bool_ && mask.dtype != q.dtype)) {
      throw Error(fmt::format("attention: a mask {}{} for scores of shape {} of {}",
                              name_of(mask.dtype), to_string(mask.shape), to_string(scores),
                              name_of(q.dtype)));
    }
  }
  return {{Shape{q.shape[0], q.shape[1], q.shape[2], v.shape[3]}, q.dtype}};
}

std::vector<Array> compose_attention(const Call& call, std::span<const Array> inputs) {
  return {composed(inputs[0], inputs[1], inputs[2], call.attribute<double>(0),
                   inputs.size() == 4 ? inputs[3] : Array(), call.attribute<int64_t>(1) != 0, {})};
}

}  // namespace lazulite
