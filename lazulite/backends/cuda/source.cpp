#include "lazulite/backends/cuda/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "lazulite/backends/cuda/prelude.h"
#include "lazulite/core/errors.h"

namespace lazulite::cuda {
namespace {

// The type of an element in memory.
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

// The type of a register: half precision is held, rounded, in float.
const char* register_type(Dtype dtype) { return is_half(dtype) ? "float" : type_of(dtype); }

std::string function_name(Row row, Dtype compute) {
  return fmt::format("{}_{}", info(row).name, name_of(compute));
}

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

Dtype compute_dtype(const FusedKernel& kernel, const FusedOp& op) {
  return kernel.register_dtype(op.inputs.back());
}

// The position that `index` (a variable of row-major numbers over some of the axes) has in memory.
std::string offset_source(const char* index, const Shape& shape, const Strides& strides,
                          const Axes& axes) {
  std::string out;
  int64_t below = 1;
  for (size_t k = axes.size(); k-- > 0;) {
    auto axis = static_cast<size_t>(axes[k]);
    if (shape[axis] != 1 && strides[axis] != 0) {
      std::string number = below == 1 ? index : fmt::format("{} / {}", index, below);
      if (k > 0) number = fmt::format("{} % {}", number, shape[axis]);
      out += fmt::format("{}({}) * {}ll", out.empty() ? "" : " + ", number, strides[axis]);
    }
    below *= shape[axis];
  }
  return out.empty() ? "0" : out;
}

// The folds of a reduction, in a wide type.
struct Fold {
  std::string type, start, step;
};
Fold fold_of(ReduceOp op, Dtype dtype) {
  bool complex = dtype == Dtype::complex64;
  std::string type = complex                                         ? "Complex<double>"
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
  return {register_type(dtype), "", fmt::format("{}(a, b)", function_name(row, dtype))};
}

class KernelPrinter {
 public:
  KernelPrinter(const Launch& launch, const std::string& name)
      : launch_(launch), kernel_(*launch.fused), name_(name) {
    for (int axis = 0; axis < static_cast<int>(kernel_.shape.size()); ++axis) {
      bool reduced = std::find(kernel_.reduce_axes.begin(), kernel_.reduce_axes.end(), axis) !=
                     kernel_.reduce_axes.end();
      (reduced ? reduced_ : kept_).push_back(axis);
    }
  }

  std::string print() {
    functions();
    signature();
    folds();
    line("  for (long long r = 0; r < {}; ++r) {{", count(reduced_));
    loads();
    operations();
    stores();
    steps();
    line("  }}");
    results();
    line("}}");
    return text_;
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    text_ += fmt::format(format, std::forward<Args>(args)...) + "\n";
  }

  int64_t count(const Axes& axes) const {
    int64_t product = 1;
    for (int axis : axes) product *= kernel_.shape[static_cast<size_t>(axis)];
    return product;
  }

  // Where the thread's element number r lies in an operand of the kernel's shape.
  std::string place(const Operand& operand) const {
    Strides strides = broadcast_strides(operand.shape, operand.strides, kernel_.shape);
    return fmt::format("{}ll + {} + {}", operand.offset,
                       offset_source("t", kernel_.shape, strides, kept_),
                       offset_source("r", kernel_.shape, strides, reduced_));
  }

  void functions() {
    text_ = prelude;
    std::set<std::pair<Row, Dtype>> needed;
    for (const FusedOp& op : kernel_.ops) {
      if (!op.is_cast) needed.insert({op.row, compute_dtype(kernel_, op)});
    }
    for (const FusedKernel::Reduction& reduction : kernel_.reductions) {
      Dtype dtype = kernel_.register_dtype(reduction.input);
      if (reduction.op == ReduceOp::min) needed.insert({Row::minimum, dtype});
      if (reduction.op == ReduceOp::max) needed.insert({Row::maximum, dtype});
    }
    for (auto [row, dtype] : needed) text_ += row_source(row, dtype);
  }

  void signature() {
    std::string parameters;
    for (size_t i = 0; i < launch_.inputs.size(); ++i) {
      parameters +=
          fmt::format("{}const {}* in{}", i ? ", " : "", type_of(launch_.inputs[i].dtype), i);
    }
    for (size_t i = 0; i < launch_.outputs.size(); ++i) {
      parameters += fmt::format("{}{}* out{}", parameters.empty() ? "" : ", ",
                                type_of(launch_.outputs[i].dtype), i);
    }
    line("extern \"C\" __global__ void {}({}) {{", name_, parameters);
    line("  using namespace dialect;");
    line("  const long long t = blockIdx.x * (long long)blockDim.x + threadIdx.x;");
    line("  if (t >= {}) return;", count(kept_));
  }

  void folds() {
    for (size_t i = 0; i < kernel_.reductions.size(); ++i) {
      auto [op, input] = kernel_.reductions[i];
      Fold fold = fold_of(op, kernel_.register_dtype(input));
      line("  {} fold{}{};", fold.type, i, fold.start.empty() ? "" : " = " + fold.start);
    }
  }

  void loads() {
    for (size_t i = 0; i < launch_.inputs.size(); ++i) {
      const Operand& operand = launch_.inputs[i];
      line("    const {} r{} = load(in{}[{}]);", register_type(operand.dtype), i, i,
           place(operand));
    }
  }

  void operations() {
    for (size_t i = 0; i < kernel_.ops.size(); ++i) {
      const FusedOp& op = kernel_.ops[i];
      Dtype compute = compute_dtype(kernel_, op);
      std::string value = op.is_cast ? fmt::format("Cast<{}>::of", type_of(op.dtype))
                                     : function_name(op.row, compute);
      value += "(";
      for (size_t k = 0; k < op.inputs.size(); ++k) {
        value += fmt::format("{}r{}", k ? ", " : "", op.inputs[k]);
      }
      line("    const {} r{} = {});", register_type(op.dtype), kernel_.input_dtypes.size() + i,
           value);
    }
  }

  void stores() {
    for (size_t i = 0; i < kernel_.stores.size(); ++i) {
      const Operand& output = launch_.outputs[i];
      if (!output.used) continue;
      line("    out{}[{}] = Store<{}>::of(r{});", i, place(output), type_of(output.dtype),
           kernel_.stores[i]);
    }
  }

  void steps() {
    for (size_t i = 0; i < kernel_.reductions.size(); ++i) {
      auto [op, input] = kernel_.reductions[i];
      Fold fold = fold_of(op, kernel_.register_dtype(input));
      line("    {{ const {0} a = fold{1}, b = ({0})(r{2});", fold.type, i, input);
      line("      fold{} = {}{}; }}", i, fold.start.empty() ? "r == 0 ? b : " : "", fold.step);
    }
  }

  void results() {
    for (size_t i = 0; i < kernel_.reductions.size(); ++i) {
      size_t index = kernel_.stores.size() + i;
      const Operand& output = launch_.outputs[index];
      std::string value = fmt::format("fold{}", i);
      if (fold_of(kernel_.reductions[i].op, kernel_.register_dtype(kernel_.reductions[i].input))
              .type == "Complex<double>") {
        value = fmt::format("complex64({})", value);
      }
      line("  out{}[{}ll + t] = Store<{}>::of(Cast<{}>::of({}));", index, output.offset,
           type_of(output.dtype), type_of(output.dtype), value);
    }
  }

  const Launch& launch_;
  const FusedKernel& kernel_;
  const std::string& name_;
  Axes kept_, reduced_;
  std::string text_;
};

}  // namespace

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
      register_type(output), function_name(row, compute), parameters, dialect_type(compute),
      operands, type_of(output), value);
}

std::string kernel_source(const Launch& launch, const std::string& name) {
  for (const FusedOp& op : launch.fused->ops) {
    Dtype compute = compute_dtype(*launch.fused, op);
    if (op.is_cast || *value_source(op.row, compute) != '\0') continue;
    throw Error(
        fmt::format("{}: there is no such operation on {}", info(op.row).name, name_of(compute)));
  }
  return KernelPrinter(launch, name).print();
}

int64_t thread_count(const FusedKernel& kernel) {
  int64_t threads = 1;
  for (int axis = 0; axis < static_cast<int>(kernel.shape.size()); ++axis) {
    if (std::find(kernel.reduce_axes.begin(), kernel.reduce_axes.end(), axis) ==
        kernel.reduce_axes.end()) {
      threads *= kernel.shape[static_cast<size_t>(axis)];
    }
  }
  return threads;
}

}  // namespace lazulite::cuda
