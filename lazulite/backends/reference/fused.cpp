#include <complex>
#include <cstring>

#include "lazulite/backends/reference/kernels.h"
#include "lazulite/backends/reference/rows.h"

namespace lazulite::reference {
namespace {

Dtype compute_dtype(const FusedKernel& kernel, const FusedOp& op) {
  return kernel.register_dtype(op.inputs.back());
}

// Sums and products wide: integers modulo 2^64, all others as complex numbers in double.
struct Accumulator {
  std::complex<double> wide;
  uint64_t whole = 0;
  Element extreme;
  bool empty = true;
};

void add(Accumulator& a, ReduceOp op, const Element& value, Dtype dtype) {
  if (op == ReduceOp::sum || op == ReduceOp::prod) {
    visit_dtype(dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      T number;
      std::memcpy(static_cast<void*>(&number), &value, sizeof(T));
      bool sum = op == ReduceOp::sum;
      if constexpr (std::is_integral_v<T>) {
        auto next = static_cast<uint64_t>(number);
        a.whole = a.empty ? next : sum ? a.whole + next : a.whole * next;
      } else {
        std::complex<double> next;
        if constexpr (std::is_same_v<T, complex64>) {
          next = number;
        } else {
          next = static_cast<double>(
              static_cast<std::conditional_t<sizeof(T) == 2, float, T>>(number));
        }
        // Real numbers stay clear of complex multiplication, which makes NaN of inf * 0i.
        if (a.empty) {
          a.wide = next;
        } else if (sum) {
          a.wide += next;
        } else if constexpr (std::is_same_v<T, complex64>) {
          a.wide *= next;
        } else {
          a.wide = a.wide.real() * next.real();
        }
      }
    });
  } else if (a.empty) {
    a.extreme = value;
  } else {
    constexpr Row rows[] = {Row::add,     Row::multiply,    Row::minimum,
                            Row::maximum, Row::logical_and, Row::logical_or};
    const Element* inputs[] = {&a.extreme, &value};
    Element next;
    row_function(rows[static_cast<int>(op)], dtype)(inputs, &next);
    a.extreme = next;
  }
  a.empty = false;
}

void finish(const Accumulator& a, ReduceOp op, Dtype dtype, std::byte* output, Dtype output_dtype) {
  if (a.empty) {
    bool one = op == ReduceOp::prod || op == ReduceOp::all;
    convert(&one, Dtype::bool_, output, output_dtype);
  } else if (op != ReduceOp::sum && op != ReduceOp::prod) {
    convert(&a.extreme, dtype, output, output_dtype);
  } else if (output_dtype == Dtype::complex64) {
    complex64 value(a.wide);
    std::memcpy(output, &value, sizeof(value));
  } else if (is_inexact(dtype)) {
    double value = a.wide.real();
    convert(&value, Dtype::float64, output, output_dtype);
  } else if (is_inexact(output_dtype)) {
    auto value = static_cast<int64_t>(a.whole);
    convert(&value, kind_of(dtype) == DtypeKind::signed_integer ? Dtype::int64 : Dtype::uint64,
            output, output_dtype);
  } else if (output_dtype == Dtype::bool_) {
    convert(&a.whole, Dtype::uint64, output, output_dtype);
  } else {
    std::memcpy(output, &a.whole, size_of(output_dtype));  // the low bytes: wraps
  }
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

}  // namespace

bool can_run(const FusedKernel& kernel) {
  for (const FusedOp& op : kernel.ops) {
    if (!op.is_cast && !row_function(op.row, compute_dtype(kernel, op))) return false;
  }
  return true;
}

void run(const FusedKernel& kernel, const Run& run) {
  size_t inputs = kernel.input_dtypes.size();
  std::vector<std::vector<std::byte*>> sources, targets;
  for (Operand operand : run.launch.inputs) {
    operand.strides = broadcast_strides(operand.shape, operand.strides, kernel.shape);
    operand.shape = kernel.shape;
    sources.push_back(run.elements(operand));
  }
  for (size_t i = 0; i < kernel.stores.size(); ++i) {
    targets.push_back(run.output(i).used ? run.elements(run.output(i)) : std::vector<std::byte*>());
  }
  std::vector<std::vector<Accumulator>> accumulators(kernel.reductions.size());
  for (size_t i = 0; i < kernel.reductions.size(); ++i) {
    accumulators[i].resize(run.output(kernel.stores.size() + i).size());
  }

  std::vector<Element> registers(kernel.register_count());
  size_t element = 0;
  for_each_offset(kernel.shape, reduced_strides(kernel.shape, kernel.reduce_axes), [&](int64_t at) {
    for (size_t i = 0; i < inputs; ++i) {
      std::memcpy(&registers[i], sources[i][element], size_of(kernel.input_dtypes[i]));
    }
    for (size_t i = 0; i < kernel.ops.size(); ++i) {
      const FusedOp& op = kernel.ops[i];
      Element& result = registers[inputs + i];
      const Element* operands[3] = {};
      for (size_t k = 0; k < op.inputs.size(); ++k) operands[k] = &registers[op.inputs[k]];
      if (op.is_cast) {
        convert(operands[0], compute_dtype(kernel, op), &result, op.dtype);
      } else {
        row_function(op.row, compute_dtype(kernel, op))(operands, &result);
      }
    }
    for (size_t i = 0; i < kernel.stores.size(); ++i) {
      size_t from = kernel.stores[i];
      if (targets[i].empty()) continue;
      std::memcpy(targets[i][element], &registers[from], size_of(kernel.register_dtype(from)));
    }
    for (size_t i = 0; i < kernel.reductions.size(); ++i) {
      const FusedKernel::Reduction& reduction = kernel.reductions[i];
      add(accumulators[i][at], reduction.op, registers[reduction.input],
          kernel.register_dtype(reduction.input));
    }
    ++element;
  });

  for (size_t i = 0; i < kernel.reductions.size(); ++i) {
    const FusedKernel::Reduction& reduction = kernel.reductions[i];
    const Operand& output = run.output(kernel.stores.size() + i);
    std::vector<std::byte*> places = run.elements(output);
    for (size_t k = 0; k < places.size(); ++k) {
      finish(accumulators[i][k], reduction.op, kernel.register_dtype(reduction.input), places[k],
             output.dtype);
    }
  }
}

}  // namespace lazulite::reference
