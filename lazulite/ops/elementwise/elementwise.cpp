#include "lazulite/ops/elementwise.h"

#include "lazulite/core/fork.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/elementwise.h"

namespace lazulite {
namespace {

// Primitives have no state of their own, so all nodes of a row share one. Never freed: arrays may
// outlive static objects.
const PrimitivePtr& row_primitive(Row row) {
  static const auto* primitives = [] {
    auto all = std::make_unique<std::vector<PrimitivePtr>>();
    for (int i = 0; i < row_count; ++i) all->push_back(make_primitive(Elementwise{Row(i)}));
    return all.release();
  }();
  return (*primitives)[static_cast<size_t>(row)];
}

void make_rows() {
  (void)info(Row(0));
  (void)row_primitive(Row(0));
}
[[maybe_unused]] const bool made = (add_fork_handler(made_before_forks<make_rows>()), true);

template <class... Arrays>
SmallVector<Array, 2> operands(Arrays&... arrays) {
  SmallVector<Array, 2> inputs;
  (inputs.push_back(std::move(arrays)), ...);
  return inputs;
}

}  // namespace

Array apply_row(Row row, SmallVector<Array, 2>&& inputs) {
  const RowInfo& i = info(row);
  SmallVector<Dtype, 3> dtypes;
  for (const Array& input : inputs) {
    expect_array(i.name, input);
    dtypes.push_back(input.dtype());
  }
  // The first input of a selection is the condition; it takes no part in the promotion.
  size_t first = i.rule == TypeRule::select ? 1 : 0;
  RowTypes types = row_types(row, std::span(dtypes.data(), dtypes.size()).subspan(first));

  for (size_t k = 0; k < inputs.size(); ++k) {
    Dtype wanted = k < first ? Dtype::bool_ : types.compute;
    if (dtypes[k] != wanted) inputs[k] = astype(std::move(inputs[k]), wanted);
  }
  return make(row_primitive(row), std::move(inputs));
}

Array scalar_beside(const Scalar& scalar, const Array& other, const char* operation) {
  expect_array(operation, other);
  Dtype dtype = scalar.dtype_beside(other.dtype());
  scalar.expect_held_by(dtype, operation);
  return Array(scalar, dtype);
}

// Operands are moved into the node: what the caller's expression has made belongs to it alone.
#define LAZULITE_DEFINE_1(name) \
  Array name(Array x) { return apply_row(Row::name, operands(x)); }
#define LAZULITE_DEFINE_2(name)                                                 \
  Array name(Array x, Array y) { return apply_row(Row::name, operands(x, y)); } \
  Array name(Array x, const Scalar& y) {                                        \
    Array other = scalar_beside(y, x, #name);                                   \
    return apply_row(Row::name, operands(x, other));                            \
  }                                                                             \
  Array name(const Scalar& x, Array y) {                                        \
    Array other = scalar_beside(x, y, #name);                                   \
    return apply_row(Row::name, operands(other, y));                            \
  }
#define LAZULITE_DEFINE_3(name)                                                             \
  Array name(Array x, Array y, Array z) { return apply_row(Row::name, operands(x, y, z)); } \
  Array name(Array x, Array y, const Scalar& z) {                                           \
    Array other = scalar_beside(z, y, #name);                                               \
    return apply_row(Row::name, operands(x, y, other));                                     \
  }                                                                                         \
  Array name(Array x, const Scalar& y, Array z) {                                           \
    Array other = scalar_beside(y, z, #name);                                               \
    return apply_row(Row::name, operands(x, other, z));                                     \
  }                                                                                         \
  Array name(Array x, const Scalar& y, const Scalar& z) {                                   \
    Array first(y), second(z);                                                              \
    return apply_row(Row::name, operands(x, first, second));                                \
  }
#define ELEMENTWISE(name, arity, ...) LAZULITE_DEFINE_##arity(name)
#define ALIAS(alias, name)
#include "lazulite/ops/elementwise.def"
#undef ALIAS
#undef ELEMENTWISE

}  // namespace lazulite
