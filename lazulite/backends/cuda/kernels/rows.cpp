#include "lazulite/backends/cuda/kernels/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lazulite/backends/cuda/kernels/prelude.h"

namespace lazulite::cuda {
namespace {

// What the row's source sees: integers that wrap, complex numbers in double.
std::string dialect_type(Dtype compute) {
  if (compute == Dtype::complex64) return "Complex<double>";
  if (is_floating(compute)) return register_type(compute);
  return fmt::format("Int<{}>", type_of(compute));
}

const char* value_source(Row row, Dtype compute) {
  const RowInfo& i = info(row);
  if (compute == Dtype::complex64) return i.complex;
  return is_floating(compute) ? i.floating : i.integer;
}

Dtype output_dtype(Row row, Dtype compute) { return row_types(row, std::span(&compute, 1)).output; }

}  // namespace

const char* type_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::bool_: return "bool";
    case Dtype::uint8: return "unsigned char";
    case Dtype::uint16: return "unsigned short";
    case Dtype::uint32: return "unsigned int";
    case Dtype::uint64: return "unsigned long long";
    case Dtype::int8: return "signed char";
    case Dtype::int16: return "short";
    case Dtype::int32: return "int";
    case Dtype::int64: return "long long";
    case Dtype::float32: return "float";
    case Dtype::float64: return "double";
    default: return name_of(dtype);
  }
}

const char* register_type(Dtype dtype) { return is_half(dtype) ? "float" : type_of(dtype); }

std::string row_function(Row row, Dtype compute) {
  return fmt::format("{}_{}", info(row).name, name_of(compute));
}

std::string row_source(Row row, Dtype compute) {
  const RowInfo& i = info(row);
  const char* value = value_source(row, compute);
  if (*value == '\0') return "";
  std::string parameters, operands;
  const char* names[] = {"x", "y", "z"};
  for (int k = 0; k < i.arity; ++k) {
    bool condition = i.rule == TypeRule::select && k == 0;
    parameters += fmt::format("{}{} {}_", k ? ", " : "",
                              condition ? "bool" : register_type(compute), names[k]);
    operands += fmt::format("  const {0} {1}({1}_);\n", condition ? "bool" : dialect_type(compute),
                            names[k]);
  }
  Dtype output = output_dtype(row, compute);
  return fmt::format(
      "namespace dialect {{\n"
      "DEVICE {0} {1}({2}) {{\n"
      "  typedef {3} T;\n"
      "{4}"
      "  return rounded<{5}>(plain({6}));\n"
      "}}\n}}\n",
      register_type(output), row_function(row, compute), parameters, dialect_type(compute),
      operands, type_of(output), value);
}

Dtype compute_dtype(const FusedKernel& kernel, const FusedOp& op) {
  return kernel.register_dtype(op.inputs.back());
}

bool has_values(const FusedKernel& kernel, const FusedOp** missing) {
  for (const FusedOp& op : kernel.ops) {
    if (op.is_cast || *value_source(op.row, compute_dtype(kernel, op)) != '\0') continue;
    if (missing) *missing = &op;
    return false;
  }
  return true;
}

std::string functions_source(const FusedKernel& kernel) {
  return prelude + row_functions_source(kernel);
}

std::string row_functions_source(const FusedKernel& kernel) {
  std::set<std::pair<Row, Dtype>> needed;
  for (const FusedOp& op : kernel.ops) {
    if (!op.is_cast) needed.insert({op.row, compute_dtype(kernel, op)});
  }
  for (const FusedKernel::Reduction& reduction : kernel.reductions) {
    Dtype dtype = kernel.register_dtype(reduction.input);
    if (reduction.op == ReduceOp::min) needed.insert({Row::minimum, dtype});
    if (reduction.op == ReduceOp::max) needed.insert({Row::maximum, dtype});
  }
  std::string text;
  for (size_t i = 0; i < kernel.register_count(); ++i) {
    if (kernel.register_dtype(i) != Dtype::complex64) continue;
    text += complex_prelude;
    break;
  }
  for (auto [row, dtype] : needed) text += row_source(row, dtype);
  return text;
}

Fold fold_of(ReduceOp op, Dtype dtype) {
  std::string type = dtype == Dtype::complex64                       ? "Complex<double>"
                     : dtype == Dtype::float64                       ? "double"
                     : is_floating(dtype)                            ? "float"
                     : kind_of(dtype) <= DtypeKind::unsigned_integer ? "unsigned long long"
                                                                     : "long long";
  switch (op) {
    case ReduceOp::sum: return {type, "0", "a + b"};
    case ReduceOp::prod: return {type, "1", "a * b"};
    case ReduceOp::all: return {"bool", "true", "a & b"};
    case ReduceOp::any: return {"bool", "false", "a | b"};
    default: break;
  }
  Row row = op == ReduceOp::min ? Row::minimum : Row::maximum;
  return {register_type(dtype), "", fmt::format("dialect::{}(a, b)", row_function(row, dtype))};
}

}  // namespace lazulite::cuda
