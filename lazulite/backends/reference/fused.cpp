#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "lazulite/backends/reference/rows.h"
#include "lazulite/backends/reference/run.h"

namespace lazulite::reference {
namespace {

// One element of any dtype.
using Element = std::array<std::byte, 8>;

Dtype compute_dtype(const FusedKernel& kernel, const FusedOp& op) {
  return kernel.register_dtype(op.inputs.back());
}

// What a reduction accumulates in.
Dtype wide_dtype(ReduceOp op, Dtype dtype) {
  if (op == ReduceOp::all || op == ReduceOp::any) return Dtype::bool_;
  switch (kind_of(dtype)) {
    case DtypeKind::complex: return dtype;
    case DtypeKind::floating: return Dtype::float64;
    case DtypeKind::signed_integer: return Dtype::int64;
    default: return Dtype::uint64;
  }
}

// By the number of the ReduceOp: how two elements fold.
constexpr Row fold_rows[] = {Row::add,     Row::multiply,    Row::minimum,
                             Row::maximum, Row::logical_and, Row::logical_or};

// What an empty fold gives, in the dtype that it accumulates in.
Element identity_of(ReduceOp op, Dtype wide) {
  return visit_dtype(wide, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Limits = std::numeric_limits<std::conditional_t<std::is_integral_v<T>, T, double>>;
    const bool endless = Limits::has_infinity;
    Scalar value = 0;
    switch (op) {
      case ReduceOp::sum:
      case ReduceOp::any: break;
      case ReduceOp::prod:
      case ReduceOp::all: value = 1; break;
      case ReduceOp::min: value = endless ? Limits::infinity() : Limits::max(); break;
      case ReduceOp::max: value = endless ? -Limits::infinity() : Limits::lowest(); break;
    }
    Element identity;
    value.store(&identity, wide);
    return identity;
  });
}

// Strides that lead each element of `shape` to its place in the row-major result of a reduction.
Strides reduced_strides(const Shape& shape, const Axes& axes) {
  Strides strides(shape.size(), 0);
  int64_t stride = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    if (std::find(axes.begin(), axes.end(), static_cast<int>(axis)) != axes.end()) continue;
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

void compute(const FusedKernel& kernel, std::vector<Element>& registers) {
  for (size_t i = 0; i < kernel.ops.size(); ++i) {
    const FusedOp& op = kernel.ops[i];
    Element& result = registers[kernel.input_dtypes.size() + i];
    const void* operands[3] = {};
    for (size_t k = 0; k < op.inputs.size(); ++k) operands[k] = &registers[op.inputs[k]];
    if (op.is_cast) {
      convert(operands[0], compute_dtype(kernel, op), &result, op.dtype);
    } else {
      row_function(op.row, compute_dtype(kernel, op))(operands, &result);
    }
  }
}

}  // namespace

bool can_run_fused(const FusedKernel& kernel) {
  return std::all_of(kernel.ops.begin(), kernel.ops.end(), [&](const FusedOp& op) {
    return op.is_cast || row_function(op.row, compute_dtype(kernel, op));
  });
}

void run_fused(const FusedKernel& kernel, const Run& run) {
  std::vector<Elements> sources, targets;
  for (Operand operand : run.launch.inputs) {
    operand.strides = broadcast_strides(operand.shape, operand.strides, kernel.shape);
    operand.shape = kernel.shape;
    sources.push_back(run.elements(operand));
  }
  for (const Operand& output : run.launch.outputs) targets.push_back(run.elements(output));
  std::vector<std::vector<Element>> folds;
  for (size_t i = 0; i < kernel.reductions.size(); ++i) {
    auto [op, input] = kernel.reductions[i];
    folds.emplace_back(targets[kernel.stores.size() + i].size(),
                       identity_of(op, wide_dtype(op, kernel.register_dtype(input))));
  }

  std::vector<Element> registers(kernel.register_count());
  size_t element = 0;
  for_each_offset(kernel.shape, reduced_strides(kernel.shape, kernel.reduce_axes), [&](int64_t at) {
    for (size_t i = 0; i < sources.size(); ++i) {
      std::memcpy(&registers[i], sources[i][element], size_of(kernel.input_dtypes[i]));
    }
    compute(kernel, registers);
    for (size_t i = 0; i < kernel.stores.size(); ++i) {
      size_t from = kernel.stores[i];
      std::memcpy(targets[i][element], &registers[from], size_of(kernel.register_dtype(from)));
    }
    for (size_t i = 0; i < folds.size(); ++i) {
      auto [op, input] = kernel.reductions[i];
      Dtype dtype = kernel.register_dtype(input), wide = wide_dtype(op, dtype);
      Element next;
      convert(&registers[input], dtype, &next, wide);
      const void* operands[] = {&folds[i][at], &next};
      row_function(fold_rows[static_cast<size_t>(op)], wide)(operands, &folds[i][at]);
    }
    ++element;
  });

  for (size_t i = 0; i < folds.size(); ++i) {
    auto [op, input] = kernel.reductions[i];
    size_t output = kernel.stores.size() + i;
    for (size_t k = 0; k < folds[i].size(); ++k) {
      convert(&folds[i][k], wide_dtype(op, kernel.register_dtype(input)), targets[output][k],
              run.output(output).dtype);
    }
  }
}

}  // namespace lazulite::reference
