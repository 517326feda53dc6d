#include "lazulite/ops/primitives/scan.h"

#include <cmath>
#include <limits>

#include "lazulite/backends/reference/primitives/elements.h"
#include "lazulite/backends/reference/primitives/primitives.h"

namespace lazulite::reference {
namespace {

// Integers wrap, which numbers in double would not.
uint64_t load_bits(const std::byte* from, Dtype dtype) {
  uint64_t bits = 0;
  std::memcpy(&bits, from, size_of(dtype));
  return bits;
}

// What folds start with where there is no element.
void store_identity(CumulativeOp op, std::byte* to, Dtype dtype) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  switch (op) {
    case CumulativeOp::product: return store_number(1, to, dtype);
    case CumulativeOp::logaddexp: return store_number(-infinity, to, dtype);
    default: break;
  }
  const bool lowest = op == CumulativeOp::maximum;
  visit_dtype(dtype, [&]<class T>(TypeTag<T>) {
    if constexpr (std::is_integral_v<T>) {
      using Limits = std::numeric_limits<T>;
      const T value = lowest ? Limits::lowest() : Limits::max();
      std::memcpy(to, &value, sizeof value);
    } else {
      const double part = lowest ? -infinity : infinity;
      const bool complex = kind_of(dtype) == DtypeKind::complex;
      store_number({part, complex ? part : 0}, to, dtype);
    }
  });
}

std::complex<double> logaddexp(std::complex<double> x, std::complex<double> y) {
  if (x.real() < y.real()) std::swap(x, y);
  if (y.real() == -std::numeric_limits<double>::infinity()) return x;
  if (x == y) return x + std::log(2.0);
  if (x.imag() == 0 && y.imag() == 0) {
    return x.real() + std::log1p(std::exp(y.real() - x.real()));
  }
  return x + std::log(1.0 + std::exp(y - x));
}

// One line of elements from its beginning to its end, `step(from, to)` for each.
template <class Step>
void for_each_line(const Run& run, int axis, bool reverse, Step start_line) {
  const Operand& x = run.input(0);
  Elements from = run.elements(x), to = run.elements(run.output());
  int64_t size = x.shape[axis];
  int64_t after = element_count(std::span(x.shape.begin() + axis + 1, x.shape.end()));
  for (int64_t line = 0; size > 0 && line < x.size() / size; ++line) {
    int64_t first = line / after * size * after + line % after;
    auto step = start_line();
    for (int64_t k = 0; k < size; ++k) {
      int64_t at = first + (reverse ? size - 1 - k : k) * after;
      step(from[at], to[at]);
    }
  }
}

void run(const CumulativeSum& p, const Run& run) {
  const Dtype dtype = run.input(0).dtype;
  for_each_line(run, p.axis, p.reverse, [&] {
    return [&, sum = std::complex<double>(0), whole = uint64_t{0}](const std::byte* from,
                                                                   std::byte* to) mutable {
      auto store = [&] {
        if (is_inexact(dtype)) {
          store_number(sum, to, dtype);
        } else {
          std::memcpy(to, &whole, size_of(dtype));
        }
      };
      const std::complex<double> number =
          is_inexact(dtype) ? load_number(from, dtype) : std::complex<double>();
      const uint64_t bits = is_inexact(dtype) ? 0 : load_bits(from, dtype);
      if (!p.inclusive) store();
      sum += number;
      whole += bits;
      if (p.inclusive) store();
    };
  });
}

// Products and sums of exponentials of inexact numbers are rounded where they are stored; all else
// is kept in the dtype itself.
void run(const Cumulative& p, const Run& run) {
  const Dtype dtype = run.input(0).dtype;
  const size_t size = size_of(dtype);
  const bool extreme = p.op == CumulativeOp::maximum || p.op == CumulativeOp::minimum;
  for_each_line(run, p.axis, p.reverse, [&] {
    std::vector<std::byte> so_far(size);
    store_identity(p.op, so_far.data(), dtype);
    return [&, so_far, wide = load_number(so_far.data(), dtype), any = false](
               const std::byte* from, std::byte* to) mutable {
      std::vector<std::byte> element(from, from + size);
      if (!p.inclusive) std::memcpy(to, so_far.data(), size);
      if (extreme) {
        const bool maximum = p.op == CumulativeOp::maximum;
        if (!any || beats(element.data(), so_far.data(), dtype, maximum)) so_far = element;
      } else if (is_inexact(dtype)) {
        const std::complex<double> number = load_number(element.data(), dtype);
        const bool real = kind_of(dtype) != DtypeKind::complex;
        wide = p.op == CumulativeOp::logaddexp ? logaddexp(wide, number)
               : real                          ? wide.real() * number.real()
                                               : wide * number;
        store_number(wide, so_far.data(), dtype);
      } else if (dtype == Dtype::bool_) {
        so_far[0] &= element[0];
      } else {
        const uint64_t product = load_bits(so_far.data(), dtype) * load_bits(element.data(), dtype);
        std::memcpy(so_far.data(), &product, size);
      }
      any = true;
      if (p.inclusive) std::memcpy(to, so_far.data(), size);
    };
  });
}

void run(const LinearRecurrence& p, const Run& run) {
  const Elements factors = run.elements(run.input(0)), added = run.elements(run.input(1));
  const Elements to = run.elements(run.output());
  const Dtype dtype = run.output().dtype;
  const bool real = kind_of(dtype) != DtypeKind::complex;
  const Shape& shape = run.output().shape;
  const int64_t size = shape[p.axis];
  const int64_t after = element_count(std::span(shape.begin() + p.axis + 1, shape.end()));
  for (int64_t line = 0; size > 0 && line < run.output().size() / size; ++line) {
    const int64_t first = line / after * size * after + line % after;
    std::complex<double> h;
    for (int64_t k = 0; k < size; ++k) {
      const int64_t at = first + (p.reverse ? size - 1 - k : k) * after;
      const std::complex<double> a = load_number(factors[at], dtype),
                                 b = load_number(added[at], dtype);
      h = k == 0 ? b : real ? a.real() * h.real() + b.real() : a * h + b;
      store_number(h, to[at], dtype);
    }
  }
}

}  // namespace

LAZULITE_REFERENCE_KERNEL(CumulativeSum);
LAZULITE_REFERENCE_KERNEL(Cumulative);
LAZULITE_REFERENCE_KERNEL(LinearRecurrence);

}  // namespace lazulite::reference
