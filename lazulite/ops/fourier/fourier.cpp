#include "lazulite/ops/fourier.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/custom.h"
#include "lazulite/ops/fourier/fourier_plan.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/named_operation.h"
#include "lazulite/ops/primitives/spread.h"

namespace lazulite {
namespace {

using Operation = std::shared_ptr<const CustomOperation>;
using Arrays = CustomOperation::Arrays;

// Runs a plan on rows: read(row, memory, begin, end) fills elements of a row's memory, and
// write(row, memory, begin, end) takes what has become of them. Of one row, which the plan parts by
// itself, threads share these, too; of several each takes some.
template <class Read, class Write>
void transform_rows(const FourierPlan& plan, int64_t rows, Read read, Write write) {
  const int64_t size = plan.size(), needed = size + plan.scratch_size();
  if (rows == 1) {
    constexpr int64_t grain = 1 << 14;
    const WaveMemory memory(needed);
    Wave* row = memory.get();
    spread(size, grain, [&](int64_t begin, int64_t end) { read(0, row, begin, end); });
    plan.run(row, row + size);
    spread(size, grain, [&](int64_t begin, int64_t end) { write(0, row, begin, end); });
    return;
  }
  spread(rows, 1 + 4096 / size, [&](int64_t begin, int64_t end) {
    const WaveMemory memory(needed);
    for (int64_t i = begin; i < end; ++i) {
      read(i, memory.get(), 0, size);
      plan.run(memory.get(), memory.get() + size);
      write(i, memory.get(), 0, size);
    }
  });
}

Wave exchanged(const Wave& x) { return {x.im, x.re}; }
Wave wave_of(const std::complex<float>& x) { return {x.real(), x.imag()}; }
std::complex<float> number_of(const Wave& x) {
  return {static_cast<float>(x.re), static_cast<float>(x.im)};
}

// The other direction is the same one with the parts of all numbers exchanged.
void run_waves(const HostArray& x, const HostArray& y, bool inverse) {
  const int64_t size = x.shape.back(), rows = element_count(x.shape) / std::max<int64_t>(size, 1);
  if (rows == 0) return;
  const auto* from = x.elements<std::complex<float>>();
  auto* to = y.elements<std::complex<float>>();
  transform_rows(
      *fourier_plan(size), rows,
      [&](int64_t row, Wave* waves, int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const Wave wave = wave_of(from[row * size + i]);
          waves[i] = inverse ? exchanged(wave) : wave;
        }
      },
      [&](int64_t row, const Wave* waves, int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          to[row * size + i] = number_of(inverse ? exchanged(waves[i]) : waves[i]);
        }
      });
}

// Rows of an even number of real elements, to the lower half of the frequencies: neighbours are the
// parts of one complex number, and the transforms of both come apart by their symmetry.
void run_real_to_waves(const HostArray& x, const HostArray& y) {
  const int64_t size = x.shape.back(), half = size / 2, rows = element_count(x.shape) / size;
  if (rows == 0) return;
  const auto* from = x.elements<float>();
  auto* to = y.elements<std::complex<float>>();
  const Turns turns(size);
  transform_rows(
      *fourier_plan(half), rows,
      [&](int64_t row, Wave* waves, int64_t begin, int64_t end) {
        const float* source = from + row * size;
        for (int64_t i = begin; i < end; ++i) waves[i] = {source[2 * i], source[2 * i + 1]};
      },
      [&](int64_t row, const Wave* waves, int64_t begin, int64_t end) {
        auto* target = to + row * (half + 1);
        for (int64_t k = begin; k < end; ++k) {
          const Wave a = waves[k], b = conjugate(waves[k == 0 ? 0 : half - k]);
          const Wave even = a + b, odd = (a - b) * turns(k);
          target[k] = number_of({(even.re + odd.im) / 2, (even.im - odd.re) / 2});
        }
        if (begin == 0) target[half] = number_of({waves[0].re - waves[0].im, 0});
      });
}

// The sums of such rows with their conjugate other halves, which are real.
void run_waves_to_real(const HostArray& x, const HostArray& y) {
  const int64_t size = y.shape.back(), half = size / 2, rows = element_count(y.shape) / size;
  if (rows == 0) return;
  const auto* from = x.elements<std::complex<float>>();
  auto* to = y.elements<float>();
  const Turns turns(size);
  transform_rows(
      *fourier_plan(half), rows,
      [&](int64_t row, Wave* waves, int64_t begin, int64_t end) {
        const auto* source = from + row * (half + 1);
        for (int64_t k = begin; k < end; ++k) {
          Wave a = wave_of(source[k]), b = conjugate(wave_of(source[half - k]));
          // Of these two frequencies the imaginary parts add nothing that is real.
          if (k == 0) a.im = b.im = 0;
          const Wave even = a + b, odd = (a - b) * conjugate(turns(k));
          waves[k] = exchanged({even.re - odd.im, even.im + odd.re});
        }
      },
      [&](int64_t row, const Wave* waves, int64_t begin, int64_t end) {
        float* target = to + row * size;
        for (int64_t i = begin; i < end; ++i) {
          target[2 * i] = static_cast<float>(waves[i].im);
          target[2 * i + 1] = static_cast<float>(waves[i].re);
        }
      });
}

const Operation& sums_of_waves(bool inverse);

Array waves(const Array& x, bool inverse) {
  return apply_operation(sums_of_waves(inverse), {x})[0];
}

// Rows of complex64, not divided by anything. The matrix is symmetric, so its adjoint is the other
// direction.
Operation make_sums_of_waves(bool inverse) {
  CustomOperation out{.name = inverse ? "ifft" : "fft", .infer = {}, .run = {}};
  out.infer = [](InputTypes inputs) -> ArrayTypes {
    if (inputs.size() != 1 || inputs[0].dtype != Dtype::complex64 || inputs[0].shape.empty()) {
      throw Error("fft: one array of complex64 with an axis is needed");
    }
    return {{inputs[0].shape, inputs[0].dtype}};
  };
  out.run = [inverse](std::span<const HostArray> x, std::span<const HostArray> y) {
    run_waves(x[0], y[0], inverse);
  };
  out.vjp = [inverse](const Arrays&, const Arrays&, const Arrays& g) -> Arrays {
    return {waves(g[0], !inverse)};
  };
  out.jvp = [inverse](const Arrays&, const Arrays&, const Arrays& t) -> Arrays {
    return {waves(t[0], inverse)};
  };
  out.vmap = [inverse](const Arrays& x, const std::vector<bool>&) -> Arrays {
    return {waves(x[0], inverse)};
  };
  return std::make_shared<const CustomOperation>(out);
}

const Operation& sums_of_waves(bool inverse) {
  static const Operation &forward = kept(make_sums_of_waves(false)),
                         &backward = kept(make_sums_of_waves(true));
  return inverse ? backward : forward;
}

Array fitted(Array x, int64_t n);
Array real_to_waves(const Array& x);
Array waves_to_real(const Array& x);

// Both are linear, so that tangents and many rows go through them as they are.
CustomOperation make_linear(const char* name, Array (*apply)(const Array&)) {
  CustomOperation out{.name = name, .infer = {}, .run = {}};
  out.jvp = [apply](const Arrays&, const Arrays&, const Arrays& t) -> Arrays {
    return {apply(t[0])};
  };
  out.vmap = [apply](const Arrays& x, const std::vector<bool>&) -> Arrays { return {apply(x[0])}; };
  return out;
}

ArrayTypes with_last_size(InputTypes inputs, int64_t size, Dtype dtype) {
  Shape shape = inputs[0].shape;
  shape.back() = size;
  return {{std::move(shape), dtype}};
}

// Of real rows with an even number of elements, not divided by anything.
const Operation& real_to_waves_operation() {
  static const Operation& operation = kept([] {
    CustomOperation out = make_linear("rfft", real_to_waves);
    out.infer = [](InputTypes inputs) -> ArrayTypes {
      if (inputs.size() != 1 || inputs[0].dtype != Dtype::float32 || inputs[0].shape.empty() ||
          inputs[0].shape.back() == 0 || inputs[0].shape.back() % 2 != 0) {
        throw Error(
            "rfft: one array of float32 with an even number of elements in a row is needed");
      }
      return with_last_size(inputs, inputs[0].shape.back() / 2 + 1, Dtype::complex64);
    };
    out.run = [](std::span<const HostArray> x, std::span<const HostArray> y) {
      run_real_to_waves(x[0], y[0]);
    };
    out.vjp = [](const Arrays& x, const Arrays&, const Arrays& g) -> Arrays {
      return {real(waves(fitted(g[0], x[0].shape().back()), true))};
    };
    return std::make_shared<const CustomOperation>(out);
  }());
  return operation;
}

Array real_to_waves(const Array& x) { return apply_operation(real_to_waves_operation(), {x})[0]; }

// An even number of real sums, of the lower half of the frequencies with both ends.
const Operation& waves_to_real_operation() {
  static const Operation& operation = kept([] {
    CustomOperation out = make_linear("irfft", waves_to_real);
    out.infer = [](InputTypes inputs) -> ArrayTypes {
      if (inputs.size() != 1 || inputs[0].dtype != Dtype::complex64 || inputs[0].shape.empty() ||
          inputs[0].shape.back() < 2) {
        throw Error(
            "irfft: one array of complex64 with two frequencies or more in a row is needed");
      }
      return with_last_size(inputs, 2 * (inputs[0].shape.back() - 1), Dtype::float32);
    };
    out.run = [](std::span<const HostArray> x, std::span<const HostArray> y) {
      run_waves_to_real(x[0], y[0]);
    };
    // All frequencies but those at the ends count twice.
    out.vjp = [](const Arrays& x, const Arrays&, const Arrays& g) -> Arrays {
      const int64_t last = x[0].shape().back() - 1;
      Array place = arange(last + 1, Dtype::int32);
      Array count = where(equal(place, 0) | equal(place, last), 1.0, 2.0);
      return {real_to_waves(g[0]) * astype(count, Dtype::float32)};
    };
    return std::make_shared<const CustomOperation>(out);
  }());
  return operation;
}

Array waves_to_real(const Array& x) { return apply_operation(waves_to_real_operation(), {x})[0]; }

const NamedOperation named_transforms[] = {
    {"fft", []() -> const Operation& { return sums_of_waves(false); }},
    {"ifft", []() -> const Operation& { return sums_of_waves(true); }},
    {"rfft", real_to_waves_operation},
    {"irfft", waves_to_real_operation}};

void expect_size(const char* operation, int64_t n) {
  if (n > 0) return;
  throw ValueError(
      fmt::format("{}: at least one element is needed along an axis, not {}", operation, n));
}

// The first n elements along the last axis, zeros behind them.
Array fitted(Array x, int64_t n) {
  const int64_t size = x.shape().back();
  if (size == n) return x;
  std::vector<PadWidth> widths(x.ndim());
  if (size < n) {
    widths.back() = {0, n - size};
    return pad(std::move(x), widths);
  }
  Positions starts(x.ndim(), 0), stops(x.shape().begin(), x.shape().end());
  stops.back() = n;
  return slice(std::move(x), starts, stops);
}

Array divided(Array x, int64_t n, FourierNorm norm, bool inverse) {
  if (norm == FourierNorm::ortho) return x * (1 / std::sqrt(static_cast<double>(n)));
  if (inverse != (norm == FourierNorm::backward)) return x;
  return x * (1 / static_cast<double>(n));
}

// Transforms the last axis of what `axis` is moved to.
template <class F>
Array along(const char* operation, Array x, int axis, F function) {
  const int at = normalize_axis(axis, x.ndim(), operation);
  const int last = static_cast<int>(x.ndim()) - 1;
  return moveaxis(function(moveaxis(std::move(x), at, last)), last, at);
}

Array complex_transform(const char* operation, Array x, std::optional<int64_t> n, int axis,
                        FourierNorm norm, bool inverse) {
  return along(operation, std::move(x), axis, [&](Array rows) {
    const int64_t size = n.value_or(rows.shape().back());
    expect_size(operation, size);
    rows = fitted(astype(std::move(rows), Dtype::complex64), size);
    return divided(waves(rows, inverse), size, norm, inverse);
  });
}

Array real_part(Array x) {
  return kind_of(x.dtype()) == DtypeKind::complex ? real(std::move(x)) : x;
}

struct Axis {
  int axis;
  std::optional<int64_t> size;
};

std::vector<Axis> axes_of(const char* operation, const Array& x, const std::optional<Shape>& sizes,
                          const std::optional<Axes>& axes) {
  if (x.ndim() == 0) {
    throw ValueError(fmt::format("{}: an array with at least one axis is needed", operation));
  }
  if (sizes && !axes) {
    throw ValueError(fmt::format("{}: sizes are given without the axes they belong to", operation));
  }
  std::vector<Axis> out;
  std::vector<bool> seen(x.ndim());
  const size_t count = axes ? axes->size() : x.ndim();
  if (sizes && sizes->size() != count) {
    throw ValueError(
        fmt::format("{}: {} sizes are given for {} axes", operation, sizes->size(), count));
  }
  for (size_t i = 0; i < count; ++i) {
    int axis = axes ? normalize_axis((*axes)[i], x.ndim(), operation) : static_cast<int>(i);
    if (seen[axis]) throw ValueError(fmt::format("{}: axis {} is given twice", operation, axis));
    seen[axis] = true;
    out.push_back({axis, sizes ? std::optional((*sizes)[i]) : std::nullopt});
  }
  return out;
}

Array shifted(const char* operation, Array x, const std::optional<Axes>& axes, bool back) {
  // An axis that is given twice is shifted twice.
  const size_t count = axes ? axes->size() : x.ndim();
  for (size_t i = 0; i < count; ++i) {
    const int axis = axes ? normalize_axis((*axes)[i], x.ndim(), operation) : static_cast<int>(i);
    const int64_t half = x.shape()[static_cast<size_t>(axis)] / 2;
    x = roll(std::move(x), back ? -half : half, axis);
  }
  return x;
}

}  // namespace

Array fft(Array x, std::optional<int64_t> n, int axis, FourierNorm norm) {
  const ReleaseOnReturn release(x);
  return complex_transform("fft", std::move(x), n, axis, norm, false);
}

Array ifft(Array x, std::optional<int64_t> n, int axis, FourierNorm norm) {
  const ReleaseOnReturn release(x);
  return complex_transform("ifft", std::move(x), n, axis, norm, true);
}

Array rfft(Array x, std::optional<int64_t> n, int axis, FourierNorm norm) {
  const ReleaseOnReturn release(x);
  return along("rfft", real_part(std::move(x)), axis, [&](Array rows) {
    const int64_t size = n.value_or(rows.shape().back());
    expect_size("rfft", size);
    if (size % 2 == 0) {
      rows = fitted(astype(std::move(rows), Dtype::float32), size);
      return divided(real_to_waves(rows), size, norm, false);
    }
    rows = fitted(astype(std::move(rows), Dtype::complex64), size);
    return divided(fitted(waves(rows, false), size / 2 + 1), size, norm, false);
  });
}

// The other half of the frequencies is the conjugate of this one.
Array irfft(Array x, std::optional<int64_t> n, int axis, FourierNorm norm) {
  const ReleaseOnReturn release(x);
  return along("irfft", std::move(x), axis, [&](Array rows) {
    const int64_t size = n.value_or(2 * (rows.shape().back() - 1));
    expect_size("irfft", size);
    rows = fitted(astype(std::move(rows), Dtype::complex64), size / 2 + 1);
    if (size % 2 == 0) return divided(waves_to_real(rows), size, norm, true);
    Positions starts(rows.ndim(), 0), stops(rows.shape().begin(), rows.shape().end());
    starts.back() = 1;
    stops.back() = (size + 1) / 2;
    Array others = conjugate(flip(slice(rows, starts, stops), {-1}));
    Array all = concatenate({rows, others}, -1);
    return divided(real(waves(all, true)), size, norm, true);
  });
}

Array fftn(Array x, const std::optional<Shape>& sizes, const std::optional<Axes>& axes,
           FourierNorm norm) {
  const ReleaseOnReturn release(x);
  for (const Axis& axis : axes_of("fftn", x, sizes, axes)) x = fft(x, axis.size, axis.axis, norm);
  return x;
}

Array ifftn(Array x, const std::optional<Shape>& sizes, const std::optional<Axes>& axes,
            FourierNorm norm) {
  const ReleaseOnReturn release(x);
  for (const Axis& axis : axes_of("ifftn", x, sizes, axes)) {
    x = ifft(x, axis.size, axis.axis, norm);
  }
  return x;
}

Array rfftn(Array x, const std::optional<Shape>& sizes, const std::optional<Axes>& axes,
            FourierNorm norm) {
  const ReleaseOnReturn release(x);
  std::vector<Axis> along = axes_of("rfftn", x, sizes, axes);
  if (along.empty()) return x;
  x = rfft(std::move(x), along.back().size, along.back().axis, norm);
  along.pop_back();
  for (const Axis& axis : along) x = fft(std::move(x), axis.size, axis.axis, norm);
  return x;
}

Array irfftn(Array x, const std::optional<Shape>& sizes, const std::optional<Axes>& axes,
             FourierNorm norm) {
  const ReleaseOnReturn release(x);
  std::vector<Axis> along = axes_of("irfftn", x, sizes, axes);
  if (along.empty()) return x;
  const Axis last = along.back();
  along.pop_back();
  for (const Axis& axis : along) x = ifft(std::move(x), axis.size, axis.axis, norm);
  return irfft(std::move(x), last.size, last.axis, norm);
}

Array fftshift(Array x, const std::optional<Axes>& axes) {
  const ReleaseOnReturn release(x);
  return shifted("fftshift", std::move(x), axes, false);
}

Array ifftshift(Array x, const std::optional<Axes>& axes) {
  const ReleaseOnReturn release(x);
  return shifted("ifftshift", std::move(x), axes, true);
}

Array fftfreq(int64_t n, double d) {
  expect_size("fftfreq", n);
  Array positive = arange(0, (n + 1) / 2, 1, Dtype::float32);
  Array negative = arange(-(n / 2), 0, 1, Dtype::float32);
  return concatenate({positive, negative}) * (1 / (static_cast<double>(n) * d));
}

Array rfftfreq(int64_t n, double d) {
  expect_size("rfftfreq", n);
  return arange(0, n / 2 + 1, 1, Dtype::float32) * (1 / (static_cast<double>(n) * d));
}

}  // namespace lazulite
