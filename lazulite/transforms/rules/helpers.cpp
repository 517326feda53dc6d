#include "lazulite/transforms/rules/helpers.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"

namespace lazulite {

Array or_zeros(const Array& tangent, const Array& input) {
  return tangent.valid() ? tangent : zeros_like(input);
}

Tangents linear(PrimitivePtr primitive, const JvpRequest& r) {
  // Tangents of integers may be of any dtype: all take one that holds them.
  std::optional<Dtype> dtype;
  for (const Array& tangent : r.tangents) {
    if (tangent.valid()) dtype = dtype ? result_type(*dtype, tangent.dtype()) : tangent.dtype();
  }
  if (!dtype) return {Array()};
  SmallVector<Array, 2> tangents;
  for (size_t i = 0; i < r.inputs.size(); ++i) {
    tangents.push_back(r.tangents[i].valid() ? astype(r.tangents[i], *dtype)
                                             : zeros(r.inputs[i].shape(), *dtype));
  }
  return {make(std::move(primitive), std::move(tangents))};
}

void fit_rule(const char* whose, const char* rule, std::vector<Array>& given,
              std::span<const Array> like, bool may_miss) {
  if (given.size() != like.size()) {
    throw Error(fmt::format("{}: {} gave {} arrays where {} are expected", whose, rule,
                            given.size(), like.size()));
  }
  for (size_t i = 0; i < given.size(); ++i) {
    if (!given[i].valid() && may_miss) continue;
    if (!given[i].valid() || given[i].shape() != like[i].shape()) {
      throw Error(fmt::format("{}: array {} of {} {} where shape {} is expected", whose, i, rule,
                              given[i].valid() ? "has shape " + to_string(given[i].shape())
                                               : std::string("is an empty handle"),
                              to_string(like[i].shape())));
    }
    given[i] = astype(given[i], like[i].dtype());
  }
}

void fit_mapped(const char* whose, const std::vector<Array>& given, const VmapRequest& r) {
  for (size_t i = 0; i < r.outputs.size(); ++i) {
    const Shape expected = with_front(r.size, r.outputs[i].shape);
    if (i < given.size() && given[i].valid() && given[i].shape() == expected) continue;
    throw Error(fmt::format("{}: array {} of vmap {} where shape {} is expected", whose, i,
                            i < given.size() && given[i].valid()
                                ? "has shape " + to_string(given[i].shape())
                                : std::string("is missing"),
                            to_string(expected)));
  }
}

Array every(const VmapRequest& r, size_t i) {
  const Array& x = r.inputs[i];
  return r.mapped[i] ? x : broadcast_to(x, with_front(r.size, x.shape()));
}

Array aligned(const VmapRequest& r, size_t i, size_t rank) {
  const Array& x = r.inputs[i];
  if (!r.mapped[i] || x.ndim() > rank) return x;
  Shape shape{r.size};
  shape.resize(1 + rank - (x.ndim() - 1), 1);
  for (size_t axis = 1; axis < x.ndim(); ++axis) shape.push_back(x.shape()[axis]);
  return reshape(x, shape);
}

Shape with_front(int64_t size, const Shape& shape) {
  Shape out{size};
  for (int64_t length : shape) out.push_back(length);
  return out;
}

Array fold(const Array& x) { return flatten(x, 0, 1); }
Array unfold(const Array& x, int64_t size) { return unflatten(x, 0, {size, x.shape(0) / size}); }

Array fold_into(const Array& x, int axis) { return flatten(moveaxis(x, 0, axis), axis, axis + 1); }
Array unfold_from(const Array& x, int64_t size, int axis) {
  return moveaxis(unflatten(x, axis, {size, x.shape(axis) / size}), axis, 0);
}

}  // namespace lazulite
