#pragma once

#include "lazulite/transforms/rules.h"

// What rules have in common.
namespace lazulite {

/// The tangent, or zeros like the input that it belongs to.
Array or_zeros(const Array& tangent, const Array& input);

/// The same primitive applied to the tangents of all inputs: for primitives that are linear in all
/// of them together.
Tangents linear(PrimitivePtr primitive, const JvpRequest& r);
template <class T>
Tangents linear(const T& primitive, const JvpRequest& r) {
  return linear(make_primitive(primitive), r);
}
/// The primitive on other inputs; the first output.
template <class T>
Array again(const T& primitive, SmallVector<Array, 2> inputs) {
  return make(make_primitive(primitive), std::move(inputs));
}

/// Throws unless a user's rule has given as many arrays as `like`, of those shapes; with
/// `may_miss`, empty handles too. Gives them the dtypes of `like`.
void fit_rule(const char* whose, const char* rule, std::vector<Array>& given,
              std::span<const Array> like, bool may_miss);

/// Throws unless the outputs are those of the request, each with the axis of the many in front.
void fit_mapped(const char* whose, const std::vector<Array>& given, const VmapRequest& r);

/// Input i with the axis of the many in front, repeated along it if it is not mapped.
Array every(const VmapRequest& r, size_t i);
/// Input i; if it is mapped, with axes of size 1 after the first so that `rank` others follow.
Array aligned(const VmapRequest& r, size_t i, size_t rank);
/// The shape with `size` in front.
Shape with_front(int64_t size, const Shape& shape);
/// (size, n, …) as (size * n, …), and back.
Array fold(const Array& x);
Array unfold(const Array& x, int64_t size);
/// Axis 0 moved to become the outer part of `axis` (counted with axis 0 gone), and back.
Array fold_into(const Array& x, int axis);
Array unfold_from(const Array& x, int64_t size, int axis);

}  // namespace lazulite
