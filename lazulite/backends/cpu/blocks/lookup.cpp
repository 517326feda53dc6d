#include <cstring>
#include <limits>

#include "lazulite/backends/cpu/blocks/row_table.h"

namespace lazulite::cpu {
namespace {

template <class T>
T identity(ReduceOp op) {
  switch (op) {
    case ReduceOp::sum:
    case ReduceOp::any: return T(0);
    case ReduceOp::prod:
    case ReduceOp::all: return T(1);
    case ReduceOp::min:
    case ReduceOp::max: break;
  }
  const bool is_min = op == ReduceOp::min;
  if constexpr (std::is_same_v<T, complex64>) {
    const float bound = identity<float>(op);
    return {bound, bound};
  } else if constexpr (std::is_floating_point_v<T>) {
    return is_min ? std::numeric_limits<T>::infinity() : -std::numeric_limits<T>::infinity();
  } else {
    return is_min ? std::numeric_limits<T>::max() : std::numeric_limits<T>::lowest();
  }
}

// Calls f with the type that `dtype` is computed in.
template <class F>
decltype(auto) visit_computed(Dtype dtype, F&& f) {
  return visit_dtype(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>) {
      return f(TypeTag<float>());
    } else {
      return f(tag);
    }
  });
}

}  // namespace

BlockFunction row_function(Row row, Dtype dtype, unsigned scalars) {
  const RowTable& table = visit_computed(
      dtype, [](auto tag) -> const RowTable& { return rows_of<typename decltype(tag)::type>(); });
  const RowForms& forms = table[static_cast<size_t>(row)];
  if (info(row).arity < 3) return forms[scalars];
  return scalars & 1 ? nullptr : forms[scalars >> 1];
}

void store_identity(ReduceOp op, Dtype dtype, void* out) {
  visit_computed(dtype, [&](auto tag) {
    const auto value = identity<typename decltype(tag)::type>(op);
    std::memcpy(out, &value, sizeof(value));
  });
}

}  // namespace lazulite::cpu
