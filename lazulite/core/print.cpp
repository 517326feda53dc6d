#include "lazulite/core/print.h"

#include <fmt/format.h>

#include "lazulite/core/node.h"

namespace lazulite {
namespace {

constexpr int64_t edge_items = 3;
constexpr size_t prefix = sizeof("array(") - 1;

std::string element(const void* base, int64_t offset, Dtype dtype) {
  return visit_dtype(dtype, [&](auto tag) -> std::string {
    using T = typename decltype(tag)::type;
    T value = static_cast<const T*>(base)[offset];
    if constexpr (std::is_same_v<T, bool>) {
      return value ? "True" : "False";
    } else if constexpr (std::is_same_v<T, complex64>) {
      return fmt::format("{:.6g}{:+.6g}j", value.real(), value.imag());
    } else if constexpr (std::is_integral_v<T>) {
      return fmt::format("{}", value);
    } else {
      return fmt::format("{:.6g}", Scalar(value).as<double>());
    }
  });
}

struct Printer {
  const Output& output;
  const void* base;
  std::string text;

  void axis(size_t depth, int64_t offset) {
    if (depth == output.shape.size()) {
      text += element(base, offset, output.dtype);
      return;
    }
    bool innermost = depth + 1 == output.shape.size();
    std::string separator = innermost ? ", " : ",\n" + std::string(prefix + depth + 1, ' ');
    int64_t size = output.shape[depth];
    bool abbreviated = size > 2 * edge_items;
    text += '[';
    for (int64_t i = 0; i < size; ++i) {
      if (i) text += separator;
      if (abbreviated && i == edge_items) {
        text += "...";
        i = size - edge_items - 1;
        continue;
      }
      axis(depth + 1, offset + i * output.strides[depth]);
    }
    text += ']';
  }
};

}  // namespace

std::string print(const Array& array) {
  array.eval();
  const Output& output = array.node()->outputs[array.output()];
  const void* base = array.size() ? output.buffer->readable(host_memory()) : nullptr;
  Printer printer{output, base, {}};
  printer.axis(0, output.offset);
  return fmt::format("array({}, dtype={})", printer.text, name_of(output.dtype));
}

}  // namespace lazulite
