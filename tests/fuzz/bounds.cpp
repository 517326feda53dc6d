#include "fuzz/bounds.h"

#include <cmath>
#include <limits>
#include <sstream>

#include "fuzz/check.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/primitives.h"
#include "lazulite/ops/quantization/product.h"
#include "support/compare.h"

namespace lazulite::fuzz {
namespace {

using test::agree;
using test::parts;

struct Format {
  double unit, least, largest;  // rounding unit, least denormal, largest number
};

Format format_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::float16: return {0x1p-10, 0x1p-24, 65504};
    case Dtype::bfloat16: return {0x1p-7, 0x1p-133, 3.38e38};
    case Dtype::float64: return {0x1p-52, 5e-324, std::numeric_limits<double>::max()};
    default: return {0x1p-23, 0x1p-149, std::numeric_limits<float>::max()};
  }
}
Format accumulator_of(Dtype dtype) {
  return format_of(dtype == Dtype::float64 ? Dtype::float64 : Dtype::float32);
}

// Magnitudes in float64, 0 where there is no number.
Array magnitudes(const Array& x) {
  Array size = astype(abs(x), Dtype::float64);
  return where(isfinite(size), size, 0);
}

// The sums of magnitudes behind each element of the outputs.
Arrays sums_of_magnitudes(const Record& record) {
  DeviceScope scope(Device("reference"));
  Arrays inputs;
  for (const Array& input : record.inputs) {
    inputs.push_back(is_inexact(input.dtype()) ? magnitudes(input) : input);
  }
  SmallVector<Output, 1> outputs;
  for (const Array& output : record.outputs) {
    Dtype dtype = is_inexact(output.dtype()) ? Dtype::float64 : output.dtype();
    outputs.push_back(Output{output.shape(), dtype});
  }
  Arrays out = make_arrays(record.primitive, {inputs.begin(), inputs.end()}, std::move(outputs));
  eval(out);
  return out;
}

// Processors' instructions for bfloat16 take denormal numbers, and results, for zeros.
struct Denormals {
  double loss = 0;       // the most that one term loses
  bool present = false;  // then an infinity may have met a zero

  explicit Denormals(const Record& record) {
    double largest = 1;
    for (const Array& input : record.inputs) {
      if (input.dtype() != Dtype::bfloat16) return;
      for (double x : parts(input)) {
        if (std::isfinite(x)) largest = std::max(largest, std::fabs(x));
        present |= x != 0 && std::fabs(x) < 0x1p-126;
      }
    }
    loss = 2 * 0x1p-126 * largest;
  }
};

std::string sentence(size_t element, double got, double expected, double tolerance) {
  std::ostringstream text;
  text.precision(17);
  text << "element " << element << " is " << got << ", expected " << expected << " within "
       << tolerance;
  return text.str();
}

bool finite_pair(const std::vector<double>& parts, size_t i) {
  return std::isfinite(parts[i & ~size_t{1}]) && std::isfinite(parts[i | 1]);
}

bool same_kind(double a, double b) { return std::isnan(a) ? std::isnan(b) : a == b; }

// `tolerance` says how far each element may be off; negative where nothing can be said.
template <class F>
std::string within(const Array& got, const Array& expected, F&& tolerance) {
  size_t width = got.dtype() == Dtype::complex64 ? 2 : 1;
  std::vector<double> a = parts(got), b = parts(expected);
  for (size_t i = 0; i < a.size(); ++i) {
    double limit = tolerance(i / width, b[i]);
    if (limit < 0) continue;
    bool numbers = std::isfinite(a[i]) && std::isfinite(b[i]);
    // The parts of a complex number that is infinite, or none, are not promised.
    if (width == 2 && !finite_pair(a, i) && !finite_pair(b, i)) continue;
    if (numbers ? std::fabs(a[i] - b[i]) <= limit : same_kind(a[i], b[i])) continue;
    return sentence(i, a[i], b[i], limit);
  }
  return "";
}

std::string exact(const Arrays& got, const Arrays& expected) {
  for (size_t i = 0; i < got.size(); ++i) {
    std::string text = different_bits(got[i], expected[i]);
    if (!text.empty()) return text;
  }
  return "";
}

std::string within_sums(const Record& record, const Arrays& got, const Arrays& expected,
                        double terms, double factor, double divisor) {
  bool any = false;
  for (const Array& output : got) any |= is_inexact(output.dtype());
  if (!any) return exact(got, expected);
  Arrays sums = sums_of_magnitudes(record);
  const Denormals denormals(record);
  for (size_t i = 0; i < got.size(); ++i) {
    if (!is_inexact(got[i].dtype())) continue;
    Format wide = accumulator_of(got[i].dtype()), out = format_of(got[i].dtype());
    std::vector<double> sizes = sums[i].to_vector<double>();
    std::string text = within(got[i], expected[i], [&](size_t element, double value) {
      double size = sizes[element];
      // On the way to such sums an order may overflow where another does not.
      if (divisor * size > 0.25 * out.largest || divisor * size > 0.25 * wide.largest) return -1.0;
      if (!std::isfinite(value) && denormals.present) return -1.0;
      double rounded = std::isfinite(value) ? out.unit * std::fabs(value) : 0;
      return factor * (terms + 2) * (wide.unit * size + wide.least) + rounded + out.least +
             terms * denormals.loss;
    });
    if (!text.empty()) return text;
  }
  return "";
}

double count(const Array& x) { return static_cast<double>(x.size()); }
double ratio(const Array& x, int64_t by) { return count(x) / static_cast<double>(by ? by : 1); }

// Winograd's transforms add up a tile's numbers; on tame numbers they lose so many units more.
constexpr double winograd_factor = 400;

struct Bounds {
  const Record& record;
  const Arrays& got;
  const Arrays& expected;
  bool winograd;

  double convolution_factor() const { return winograd ? winograd_factor : 1; }
  std::string sums(double terms, double factor = 1, double divisor = 1) const {
    return within_sums(record, got, expected, terms, factor, divisor);
  }

  template <class P>
  std::string operator()(const P&) const {
    return exact(got, expected);
  }

  std::string operator()(const Elementwise& p) const {
    Dtype dtype = record.inputs.back().dtype();
    const RowInfo& row = info(p.row);
    if (dtype == Dtype::complex64) return complex_row(p.row);
    Accuracy allowed = row.accuracy;
    if (row.accuracy.ulp != 0 && is_half(dtype)) allowed = Accuracy(1, row.accuracy.magnitude);
    if (row.accuracy.ulp != 0 && dtype == Dtype::float64) {
      allowed = Accuracy(2 * row.accuracy.ulp + 2, row.accuracy.magnitude);
    }
    auto result = agree(got[0], expected[0], allowed);
    return result ? "" : result.message();
  }

  // Functions of complex numbers are measured against the magnitude, and promise nothing where a
  // step on their way overflows, underflows or cancels.
  std::string complex_row(Row row) const {
    if (!is_inexact(got[0].dtype())) return exact(got, expected);
    std::vector<double> b = parts(expected[0]);
    size_t width = got[0].dtype() == Dtype::complex64 ? 2 : 1;
    double units = row == Row::power ? 1000 : 64;
    return within(got[0], expected[0], [&](size_t i, double) {
      double size = width == 2 ? std::hypot(b[2 * i], b[2 * i + 1]) : std::fabs(b[i]);
      if (!(size < 1e15) || size < 1e-15) return -1.0;
      return units * 0x1p-23 * size;
    });
  }

  std::string operator()(const Reduce& p) const {
    double terms = ratio(record.inputs[0], got[0].size());
    bool inexact = is_inexact(got[0].dtype());
    switch (p.op) {
      case ReduceOp::sum: return inexact ? sums(terms) : exact(got, expected);
      case ReduceOp::prod: return inexact ? product(terms) : exact(got, expected);
      default: {
        // Which of two zeros is the largest depends on the order.
        if (!is_inexact(got[0].dtype())) return exact(got, expected);
        return within(got[0], expected[0], [](size_t, double) { return 0.0; });
      }
    }
  }

  std::string operator()(const CumulativeSum& p) const {
    return sums(static_cast<double>(got[0].shape(p.axis)));
  }

  // Largest and smallest elements are copies; each step of the others rounds in the wide format.
  std::string operator()(const Cumulative& p) const {
    if (p.op == CumulativeOp::maximum || p.op == CumulativeOp::minimum) return exact(got, expected);
    if (!is_inexact(got[0].dtype())) return exact(got, expected);
    if (got[0].dtype() == Dtype::complex64) return "";
    const double terms = static_cast<double>(got[0].shape(p.axis));
    Format wide = accumulator_of(got[0].dtype()), out = format_of(got[0].dtype());
    const bool product = p.op == CumulativeOp::product;
    return within(got[0], expected[0], [&](size_t, double value) {
      if (!std::isfinite(value)) return -1.0;
      const double size = product ? std::fabs(value) : std::fabs(value) + std::log(terms + 1) + 1;
      // What is small may have passed a number that is none.
      if (product && size < 16 * out.least) return -1.0;
      return 4 * (terms + 2) * wide.unit * size + out.unit * std::fabs(value) + out.least;
    });
  }

  // The same steps in the same format; half precision is rounded by way of float32.
  std::string operator()(const LinearRecurrence&) const {
    if (got[0].dtype() == Dtype::complex64) return "";
    if (!is_half(got[0].dtype())) return exact(got, expected);
    Format out = format_of(got[0].dtype());
    return within(got[0], expected[0], [&](size_t, double value) {
      return std::isfinite(value) ? out.unit * std::fabs(value) + out.least : -1.0;
    });
  }

  // Products may overflow or vanish in one order and not in another.
  std::string product(double terms) const {
    if (got[0].dtype() == Dtype::complex64) return "";
    Format wide = accumulator_of(got[0].dtype()), out = format_of(got[0].dtype());
    DeviceScope scope(Device("reference"));
    Array x = magnitudes(record.inputs[0]);
    std::vector<double> logs = sum(abs(log2(where(x == 0, 1, x))), p_axes()).to_vector<double>();
    double range = std::log2(out.largest) - 25;
    return within(got[0], expected[0], [&](size_t i, double value) {
      if (logs[i] > range) return -1.0;
      double rounded = std::isfinite(value) ? std::fabs(value) : 0;
      return (terms + 2) * wide.unit * rounded + out.unit * rounded + out.least;
    });
  }
  Axes p_axes() const { return record.primitive->get_if<Reduce>()->axes; }

  std::string operator()(const Matmul&) const {
    return sums(static_cast<double>(record.inputs[0].shape(-1)));
  }
  // A weight that is no finite number may spoil all of its channel: it also meets padding.
  bool spoilt(size_t operand) const { return !all(isfinite(record.inputs[operand])).item<bool>(); }
  std::string operator()(const Convolution&) const {
    if (spoilt(1)) return "";
    return sums(ratio(record.inputs[1], record.inputs[1].shape(0)), convolution_factor());
  }
  std::string operator()(const ConvolutionGradInput&) const {
    const Array& w = record.inputs[0];
    if (spoilt(0)) return "";
    return sums(ratio(w, w.shape(-1)), convolution_factor());
  }
  std::string operator()(const ConvolutionGradWeight&) const {
    const Array& dy = record.inputs[1];
    if (spoilt(1)) return "";
    return sums(ratio(dy, dy.shape(-1)), convolution_factor());
  }
  std::string operator()(const AvgPool& p) const { return sums(window_size(p), 1, window_size(p)); }
  std::string operator()(const AvgPoolGrad& p) const { return sums(window_size(p)); }
  std::string operator()(const MaxPoolGrad& p) const { return sums(window_size(p)); }
  static double window_size(const PoolGeometry& p) {
    double size = 1;
    for (int side : p.window) size *= side;
    return size;
  }
  std::string operator()(const ScatterAdd&) const { return sums(count(record.inputs[1]) + 1); }
  std::string operator()(const ScatterAlong& p) const {
    return p.add ? sums(ratio(record.inputs[1], 1) + 1) : exact(got, expected);
  }

  // Updates are applied in order: only products of complex numbers may round differently.
  std::string operator()(const ScatterPoints&) const {
    return got[0].dtype() == Dtype::complex64 ? sums(ratio(record.inputs[1], 1) + 1)
                                              : exact(got, expected);
  }

  std::string operator()(const Call& call) const {
    switch (call.id) {
      case CallId::softmax: return softmax();
      case CallId::log_softmax: return logarithm();
      case CallId::logsumexp: return logarithm();
      case CallId::conv_block: return conv_block();
      case CallId::conv_block_grad: return sums(most_terms(), convolution_factor());
      case CallId::quantized_matmul: return quantized_matmul(QuantizedProduct::of(call));
      case CallId::gather_mm:
      case CallId::segmented_mm:
      case CallId::block_masked_mm: return sums(static_cast<double>(record.inputs[0].shape(-1)));
      case CallId::attention: return attention(call.attribute<double>(0));
      case CallId::as_strided: return exact(got, expected);
    }
    return "";
  }

  std::string quantized_matmul(const QuantizedProduct& product) const {
    Record positive = record;  // codes of floats have signs of their own
    if (!product.format.affine()) {
      DeviceScope scope(Device("reference"));
      const uint32_t magnitude = product.format.bits == 4 ? 0x77777777 : 0x7f7f7f7f;
      positive.inputs[product.w] =
          bitwise_and(record.inputs[product.w], Array(int64_t{magnitude}, Dtype::uint32));
    }
    const double depth = ratio(record.inputs[product.x], record.inputs[product.x].shape(-2));
    return within_sums(positive, got, expected, depth, 1, 1);
  }

  // A mean of values by weights, which may be rounded to half precision, and are exponentials of
  // scores that were summed in float32.
  std::string attention(double scale) const {
    const Format out = format_of(got[0].dtype()), wide = accumulator_of(got[0].dtype());
    auto most = [](const Array& x) {
      DeviceScope scope(Device("reference"));
      return max(magnitudes(x)).item<double>();
    };
    const double features = static_cast<double>(record.inputs[0].shape(-1));
    const double columns = static_cast<double>(record.inputs[1].shape(-2));
    const double score =
        std::fabs(scale) * features * most(record.inputs[0]) * most(record.inputs[1]);
    const double value = most(record.inputs[2]);
    const double error = 4 * out.unit + 4 * wide.unit * (columns + (features + 4) * (score + 1));
    return within(got[0], expected[0], [&](size_t, double) {
      return std::isfinite(error * value) ? error * value + 4 * out.least : -1.0;
    });
  }

  double most_terms() const {
    double most = 1;
    for (const Array& input : record.inputs) most = std::max(most, count(input));
    return most;
  }

  std::string softmax() const {
    size_t width = got[0].dtype() == Dtype::complex64 ? 2 : 1;
    std::vector<double> b = parts(expected[0]);
    double n = static_cast<double>(record.inputs[0].shape(-1));
    Format out = format_of(got[0].dtype()), wide = accumulator_of(got[0].dtype());
    return within(got[0], expected[0], [&](size_t i, double value) {
      double size = std::isfinite(value) ? std::fabs(value) : 0;
      if (width == 2) size = std::hypot(b[2 * i], b[2 * i + 1]);
      if (!std::isfinite(size)) return -1.0;
      return (n + 16) * wide.unit * size + out.unit * size + 16 * (out.least + wide.least);
    });
  }

  // Both add a logarithm to a number of the input.
  std::string logarithm() const {
    const Array& x = record.inputs[0];
    double n = static_cast<double>(x.shape(-1));
    Format out = format_of(got[0].dtype()), wide = accumulator_of(got[0].dtype());
    DeviceScope scope(Device("reference"));
    Array largest = max(magnitudes(x), -1, true);
    bool folded = got[0].ndim() < x.ndim();
    largest = folded ? squeeze(largest, Axes{-1}) : broadcast_to(largest, x.shape());
    std::vector<double> sizes = largest.to_vector<double>();
    return within(got[0], expected[0], [&](size_t i, double value) {
      double size = std::isfinite(value) ? std::fabs(value) : 0;
      return wide.unit * (n + 16 + 4 * sizes[i]) + out.unit * size + out.least;
    });
  }

  // Positions may differ where two sums of a window are as good as equal: then the second output
  // must point at a sum that is as large as the first output says.
  std::string conv_block() const {
    const Array& w = record.inputs[1];
    double terms = ratio(w, w.shape(0)) + 1;
    Format wide = accumulator_of(got[0].dtype()), out = format_of(got[0].dtype());
    std::vector<double> sizes = sums_of_magnitudes(record)[0].to_vector<double>();
    auto tolerance = [&](size_t i, double value) {
      if (sizes[i] > 0.25 * out.largest) return -1.0;
      double rounded = std::isfinite(value) ? out.unit * std::fabs(value) : 0;
      return convolution_factor() * (terms + 2) * (wide.unit * sizes[i] + wide.least) + rounded +
             out.least;
    };
    std::string text = within(got[0], expected[0], tolerance);
    if (!text.empty() || !used(1)) return text;
    return positions(tolerance);
  }

  bool used(size_t output) const { return output < got.size(); }

  template <class F>
  std::string positions(F&& tolerance) const {
    DeviceScope scope(Device("reference"));
    int64_t padding = record.primitive->get_if<Call>()->attribute<int64_t>(0);
    auto wide = [](const Array& x) { return astype(x, Dtype::float64); };
    Array sums =
        conv2d(wide(record.inputs[0]), wide(record.inputs[1]), 1, static_cast<int>(padding)) +
        wide(record.inputs[2]);
    sums.eval();
    const double* values = sums.data<double>();
    std::vector<double> out = parts(got[0]);
    std::vector<int> at = got[1].to_vector<int>();
    int64_t rows = got[0].shape(1), columns = got[0].shape(2), channels = got[0].shape(3);
    for (size_t i = 0; i < at.size(); ++i) {
      double limit = tolerance(i, out[i]);
      if (limit < 0 || !std::isfinite(out[i])) continue;
      auto element = static_cast<int64_t>(i);
      int64_t c = element % channels, column = element / channels % columns;
      int64_t row = element / channels / columns % rows, n = element / channels / columns / rows;
      if (at[i] == 255) {
        if (out[i] > limit) return sentence(i, out[i], 0, limit) + ", cut off";
        continue;
      }
      if (at[i] > 3) return "position " + std::to_string(at[i]);
      int64_t y = 2 * row + at[i] / 2, x = 2 * column + at[i] % 2;
      double value = values[((n * sums.shape(1) + y) * sums.shape(2) + x) * channels + c];
      if (std::fabs(value - out[i]) > 2 * limit) {
        return sentence(i, value, out[i], 2 * limit) + ", at the given position";
      }
    }
    return "";
  }
};

}  // namespace

std::string beyond_bounds(const Record& record, const Arrays& got, const Arrays& expected,
                          bool winograd) {
  for (size_t i = 0; i < got.size(); ++i) {
    if (!(got[i].shape() == expected[i].shape())) return "another shape";
    if (got[i].size() == 0) return "";
  }
  const Bounds bounds{record, got, expected, winograd};
#define PRIMITIVE(T) \
  if (const auto* primitive = record.primitive->get_if<T>()) return bounds(*primitive);
#include "lazulite/ops/primitives/primitives.def"
#undef PRIMITIVE
  return "a primitive that nobody has listed";
}

}  // namespace lazulite::fuzz
