#include "lazulite/core/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "lazulite/core/node.h"
#include "lazulite/core/observer.h"
#include "lazulite/core/release.h"

namespace lazulite {
namespace {

constexpr int64_t edge_items = 3;
constexpr size_t prefix = sizeof("array(") - 1;

std::atomic<int> precision{-1};

// A format with the precision that is set; the sign of an imaginary part always stands there.
std::string number(double value, bool with_sign = false) {
  const int decimals = precision;
  if (decimals == -1 || !std::isfinite(value)) {
    return with_sign ? fmt::format("{:+.6g}", value) : fmt::format("{:.6g}", value);
  }
  const int shown = decimals < 0 ? 6 : decimals;
  return with_sign ? fmt::format("{:+.{}f}", value, shown) : fmt::format("{:.{}f}", value, shown);
}

std::string element(const void* base, int64_t offset, Dtype dtype) {
  return visit_dtype(dtype, [&](auto tag) -> std::string {
    using T = typename decltype(tag)::type;
    T value = static_cast<const T*>(base)[offset];
    if constexpr (std::is_same_v<T, bool>) {
      return value ? "True" : "False";
    } else if constexpr (std::is_same_v<T, complex64>) {
      return number(printable(value.real())) + number(printable(value.imag()), true) + "j";
    } else if constexpr (std::is_integral_v<T>) {
      return fmt::format("{}", value);
    } else {
      return number(printable(convert_number<double>(value)));
    }
  });
}

// Row by row without recursion, as there may be any number of axes.
std::string elements(const Output& output, const void* base) {
  // An axis of no elements stands there as one, whatever it would hold.
  const auto* empty = std::find(output.shape.begin(), output.shape.end(), 0);
  const auto ndim = static_cast<size_t>(empty - output.shape.begin());
  const bool has_elements = ndim == output.shape.size();
  std::string text(ndim, '[');
  Shape index(ndim, 0);
  int64_t offset = output.offset;
  while (true) {
    text += has_elements ? element(base, offset, output.dtype) : "[]";
    // To the next element that is shown: along the last axis that has one.
    size_t axis = ndim;
    while (axis > 0 && index[axis - 1] + 1 == output.shape[axis - 1]) {
      --axis;
      offset -= index[axis] * output.strides[axis];
      index[axis] = 0;
      text += ']';
    }
    if (axis == 0) return text;
    --axis;
    const std::string separator =
        axis + 1 == output.shape.size() ? ", " : ",\n" + std::string(prefix + axis + 1, ' ');
    text += separator;
    int64_t next = index[axis] + 1;
    if (next == edge_items && output.shape[axis] > 2 * edge_items) {
      text += "..." + separator;
      next = output.shape[axis] - edge_items;
    }
    offset += (next - index[axis]) * output.strides[axis];
    index[axis] = next;
    text.append(ndim - axis - 1, '[');
  }
}

}  // namespace

int print_precision() { return precision; }
void set_print_precision(int decimals) { precision = decimals; }

std::string print(const Array& array) {
  expect_array("print", array);
  AskScope ask(Cause::print);
  array.eval();
  const Output& output = array.node()->outputs[array.output()];
  const void* base = array.size() ? output.buffer->readable(host_memory()) : nullptr;
  return fmt::format("array({}, dtype={})", elements(output, base), name_of(output.dtype));
}

}  // namespace lazulite
