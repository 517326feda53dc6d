#pragma once

#include <span>

#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

/// What a derivative rule sees of one node.
struct VjpRequest {
  std::span<const Array> inputs;
  /// All outputs of the node.
  std::span<const Array> outputs;
  /// One for each output; not valid() where nothing depends on that output.
  std::span<const Array> cotangents;
  /// For each input, whether its gradient is wanted at all.
  std::span<const bool> wanted;
};

/// For each input its gradient, of the input's shape and dtype; not valid() where none flows.
using Gradients = SmallVector<Array, 2>;

/// What the rule of a Jacobian-vector product sees of one node.
struct JvpRequest {
  std::span<const Array> inputs;
  std::span<const Array> outputs;
  /// One for each input, of its shape and dtype; not valid() where nothing flows in.
  std::span<const Array> tangents;
};

/// For each output its tangent, of the output's shape and dtype; not valid() where none flows.
using Tangents = SmallVector<Array, 2>;

/// What the rule of `vmap` sees: a node that is to be made again for many inputs at once. An input
/// that is mapped has one more axis, of `size`, in front.
struct VmapRequest {
  std::span<const Array> inputs;
  std::span<const bool> mapped;
  int64_t size;
  /// The types of the node's outputs for one of the many.
  std::span<const ArrayTypeRef> outputs;
};

/// All outputs, each with the axis of the many in front.
using Mapped = std::vector<Array>;

/// The transforms of one primitive, written in public operations, so that results can be
/// transformed again. A family a file in rules/.
struct Rules {
  Gradients (*vjp)(const Primitive&, const VjpRequest&) = nullptr;
  Tangents (*jvp)(const Primitive&, const JvpRequest&) = nullptr;
  Mapped (*vmap)(const Primitive&, const VmapRequest&) = nullptr;
};

/// The rules of the primitive's type; throws where it has none.
const Rules& rules_of(const Primitive& primitive);

/// Enters rules into the table when the library is loaded.
class RulesEntry {
 public:
  RulesEntry(const PrimitiveType& type, const Rules& rules);
};

/// Makes the functions `vjp(const T&, const VjpRequest&)`, `jvp` and `vmap` of this source T's
/// rules.
#define LAZULITE_RULES(T)                                                              \
  const RulesEntry rules_of_##T(                                                       \
      type_##T,                                                                        \
      {[](const Primitive& p, const VjpRequest& r) { return vjp(*p.get_if<T>(), r); }, \
       [](const Primitive& p, const JvpRequest& r) { return jvp(*p.get_if<T>(), r); }, \
       [](const Primitive& p, const VmapRequest& r) { return vmap(*p.get_if<T>(), r); }})

/// Sums a gradient over the axes along which an input of `shape` was broadcast.
Array sum_to_shape(const Array& gradient, const Shape& shape);

}  // namespace lazulite
