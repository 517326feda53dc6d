#include "lazulite/backends/cuda/kernels/windows.h"

#include <fmt/format.h>

#include <cstdlib>

namespace lazulite::cuda {
namespace {

constexpr size_t most_spatial = 3;
// Windows of no more elements than this have a bit for each that lies inside.
constexpr int64_t most_bits = 64;

int64_t taps(const Operand& w) {
  return element_count(std::span(w.shape.begin() + 1, w.shape.end() - 1));
}
int64_t pixels(const Operand& images) { return images.size() / images.shape.back(); }
int64_t channels_of_group(const ConvGeometry& g, const ConvOperands& o) {
  return o.w.shape.front() / g.groups;
}

// How far apart in memory two elements of an array can be, with some room for the padding.
int64_t extent(const Operand& operand) {
  int64_t reach = 0;
  for (size_t axis = 0; axis < operand.shape.size(); ++axis) {
    reach += (operand.shape[axis] + 64) * std::abs(operand.strides[axis]);
  }
  return reach;
}

// All sizes but the number of images, as constants of the text; axes that an array lacks have size
// 1.
std::string constants(const ConvGeometry& g, const ConvOperands& o, bool pooled) {
  const auto& [x, w, y] = o;
  const size_t spatial = g.stride.size(), missing = most_spatial - spatial;
  const bool narrow = std::max({extent(x), extent(w), extent(y)}) < most_elements;
  std::string text = fmt::format("typedef {} Where;\n", narrow ? "int" : "long long");
  auto define = [&](const std::string& name, int64_t value) {
    text += fmt::format("constexpr Where {} = {};\n", name, value);
  };
  for (size_t k = 0; k < most_spatial; ++k) {
    const bool has = k >= missing;
    const size_t axis = k - missing;
    auto number = [&](const char* name, int64_t value, int64_t otherwise) {
      text += fmt::format("constexpr int {}{} = {};\n", name, k, has ? value : otherwise);
    };
    number("X", has ? x.shape[axis + 1] : 0, 1);
    number("Y", has ? y.shape[axis + 1] : 0, 1);
    number("W", has ? w.shape[axis + 1] : 0, 1);
    number("S", has ? g.stride[axis] : 0, 1);
    number("P", has ? g.padding[axis] : 0, 0);
    number("D", has ? g.dilation[axis] : 0, 1);
    define(fmt::format("XS{}", k), has ? x.strides[axis + 1] : 0);
    define(fmt::format("YS{}", k), has ? y.strides[axis + 1] : 0);
    define(fmt::format("WS{}", k), has ? w.strides[axis + 1] : 0);
  }
  define("XN", x.strides.front());
  define("XC", x.strides.back());
  define("YN", y.strides.front());
  define("YC", y.strides.back());
  define("WO", w.strides.front());
  define("WC", w.strides.back());
  const int64_t bits = taps(w);
  text += fmt::format("constexpr unsigned CI = {}, CO = {};\n", w.shape.back(),
                      channels_of_group(g, o));
  text += fmt::format("#define BITS {:d}\ntypedef unsigned {} Bits;\n", bits <= most_bits,
                      bits <= 32 ? "int" : "long long");
  text += fmt::format("#define IN_WINDOWS {:d}\n", pooled);
  return text;
}

// The pieces that the three products are put together from.
constexpr const char* common = R"cuda(
struct Extra { long long none; };
struct Pixel {
  int at[3];
  unsigned image;
  __device__ Pixel(unsigned number, int size0, int size1, int size2) {
    at[2] = int(number % size2);
    number /= size2;
    at[1] = int(number % size1);
    number /= size1;
    at[0] = int(number % size0);
    image = number / size0;
  }
};
DEVICE Pixel pixel_of_y(unsigned number) {
#if IN_WINDOWS
  // Four neighbours are the elements of a window of the pool.
  const unsigned in_window = number % 4;
  Pixel pixel(number / 4, 1, Y1 / 2, Y2 / 2);
  pixel.at[1] = 2 * pixel.at[1] + in_window / 2;
  pixel.at[2] = 2 * pixel.at[2] + in_window % 2;
  return pixel;
#else
  return Pixel(number, Y0, Y1, Y2);
#endif
}
// A place in the window and a channel.
struct Tap {
  int at[3];
  unsigned channel;
  int number;
  Tap() = default;
  __device__ Tap(unsigned index, unsigned channels) {
    channel = index % channels;
    index /= channels;
    number = int(index);
    at[2] = int(index % W2);
    index /= W2;
    at[1] = int(index % W1);
    at[0] = int(index / W1);
  }
  __device__ Where in_weights() const { return at[0] * WS0 + at[1] * WS1 + at[2] * WS2; }
};
// Which elements of a window lie inside, where element w of an axis lies at start + w * step.
DEVICE Bits bits_inside(const int* start, const int* step, const int* size) {
  const int window[3] = {W0, W1, W2};
  Bits bits = 1;
  // From the innermost axis on, the pattern so far is repeated for each element that is inside.
  int width = 1;
  #pragma unroll
  for (int axis = 2; axis >= 0; --axis) {
    Bits more = 0;
    for (int w = 0; w < window[axis]; ++w) {
      if (unsigned(start[axis] + w * step[axis]) < unsigned(size[axis])) more |= bits << (w * width);
    }
    bits = more;
    width *= window[axis];
  }
  return bits;
}
// Where the window of a pixel of y begins in x.
struct Window {
  Where at;
#if BITS
  Bits inside;
#else
  int start[3];
#endif
  Window() = default;
  __device__ explicit Window(Pixel y) {
    const int first[3] = {y.at[0] * S0 - P0, y.at[1] * S1 - P1, y.at[2] * S2 - P2};
    at = Where(y.image) * XN + first[0] * XS0 + first[1] * XS1 + first[2] * XS2;
#if BITS
    const int step[3] = {D0, D1, D2}, size[3] = {X0, X1, X2};
    inside = P0 + P1 + P2 == 0 ? ~Bits(0) : bits_inside(first, step, size);
#else
    for (int i = 0; i < 3; ++i) start[i] = first[i];
#endif
  }
};
// A place in the window, as an offset in x.
struct Reach {
  Where at;
#if BITS
  int number;
#else
  int reach[3];
#endif
  Reach() = default;
  __device__ explicit Reach(Tap tap) {
    const int by[3] = {tap.at[0] * D0, tap.at[1] * D1, tap.at[2] * D2};
    at = by[0] * XS0 + by[1] * XS1 + by[2] * XS2 + Where(tap.channel) * XC;
#if BITS
    number = tap.number;
#else
    for (int i = 0; i < 3; ++i) reach[i] = by[i];
#endif
  }
};
DEVICE S in_window(const T* x, const Window& window, const Reach& reach) {
#if BITS
  const bool inside = (window.inside >> reach.number) & 1;
#else
  const bool inside = unsigned(window.start[0] + reach.reach[0]) < unsigned(X0) &&
                      unsigned(window.start[1] + reach.reach[1]) < unsigned(X1) &&
                      unsigned(window.start[2] + reach.reach[2]) < unsigned(X2);
#endif
  return inside ? S(load(x[window.at + reach.at])) : S(0);
}
struct Offset {
  Where at;
  Offset() = default;
  __device__ explicit Offset(Where at_) : at(at_) {}
};
#define DERIVED(name, base, value)                                              \
  struct name : base {                                                          \
    name() = default;                                                           \
    __device__ name(const Extra&, unsigned i) : base(value) {}                  \
  };
DEVICE Where tap_offset(Tap tap, Where channel_stride) {
  return tap.in_weights() + Where(tap.channel) * channel_stride;
}
DEVICE long long a_batch(const Extra&, unsigned z) { return (long long)z * BATCH_A; }
DEVICE long long b_batch(const Extra&, unsigned z) { return (long long)z * BATCH_B; }
)cuda";

constexpr const char* forward = R"cuda(
DERIVED(RowA, Window, pixel_of_y(i))
DERIVED(ColumnA, Reach, Tap(i, CI))
DERIVED(RowB, Offset, Where(i) * WO)
DERIVED(ColumnB, Offset, tap_offset(Tap(i, CI), WC))
DEVICE S a_at(const T* x, const RowA& row, const ColumnA& column) {
  return in_window(x, row, column);
}
DEVICE S b_at(const T* w, RowB row, ColumnB column) { return S(load(w[row.at + column.at])); }
)cuda";

// With strides of 1 the windows of y that hold a pixel of x are a window again, read backwards.
constexpr const char* grad_input = R"cuda(
#define MIRRORED (BITS && S0 == 1 && S1 == 1 && S2 == 1)
struct RowA {
  Where at;
  Bits inside;
  int first[3];
  RowA() = default;
  __device__ RowA(const Extra&, unsigned i) {
    const Pixel pixel(i, X0, X1, X2);
    first[0] = pixel.at[0] + P0;
    first[1] = pixel.at[1] + P1;
    first[2] = pixel.at[2] + P2;
    at = Where(pixel.image) * YN;
    if (MIRRORED) {
      at += first[0] * YS0 + first[1] * YS1 + first[2] * YS2;
      const int step[3] = {-D0, -D1, -D2}, size[3] = {Y0, Y1, Y2};
      inside = bits_inside(first, step, size);
    }
  }
};
struct ColumnA {
  Where at;
  int number, reach[3];
  ColumnA() = default;
  __device__ ColumnA(const Extra&, unsigned i) {
    const Tap tap(i, CO);
    reach[0] = tap.at[0] * D0;
    reach[1] = tap.at[1] * D1;
    reach[2] = tap.at[2] * D2;
    number = tap.number;
    at = Where(tap.channel) * YC;
    if (MIRRORED) at -= reach[0] * YS0 + reach[1] * YS1 + reach[2] * YS2;
  }
};
DERIVED(RowB, Offset, Where(i) * WC)
DERIVED(ColumnB, Offset, tap_offset(Tap(i, CO), WO))
DEVICE S a_at(const T* dy, const RowA& row, const ColumnA& column) {
  if (MIRRORED) {
    return (row.inside >> column.number) & 1 ? S(load(dy[row.at + column.at])) : S(0);
  }
  const int a = row.first[0] - column.reach[0], b = row.first[1] - column.reach[1];
  const int c = row.first[2] - column.reach[2];
  if (a < 0 || b < 0 || c < 0 || a % S0 != 0 || b % S1 != 0 || c % S2 != 0) return S(0);
  if (a / S0 >= Y0 || b / S1 >= Y1 || c / S2 >= Y2) return S(0);
  return S(load(dy[row.at + column.at + a / S0 * YS0 + b / S1 * YS1 + c / S2 * YS2]));
}
DEVICE S b_at(const T* w, RowB row, ColumnB column) { return S(load(w[row.at + column.at])); }
)cuda";

constexpr const char* grad_weight = R"cuda(
DEVICE Where offset_in_y(Pixel y) {
  return Where(y.image) * YN + y.at[0] * YS0 + y.at[1] * YS1 + y.at[2] * YS2;
}
DERIVED(RowA, Offset, Where(i) * YC)
DERIVED(ColumnA, Offset, offset_in_y(pixel_of_y(i)))
DERIVED(RowB, Reach, Tap(i, CI))
DERIVED(ColumnB, Window, pixel_of_y(i))
DEVICE S a_at(const T* dy, RowA row, const ColumnA& column) {
  return S(load(dy[row.at + column.at]));
}
DEVICE S b_at(const T* x, const RowB& row, const ColumnB& column) {
  return in_window(x, column, row);
}
)cuda";

Product start(const char* name, const ConvGeometry& g, const ConvOperands& o, const char* functions,
              int64_t batch_a, int64_t batch_b, bool pooled = false) {
  KernelText extra;
  extra.add_constant(int64_t{0});
  return {
      .dtype = o.x.dtype,
      .batch = g.groups,
      .functions = constants(g, o, pooled) +
                   fmt::format("#define BATCH_A {}ll\n#define BATCH_B {}ll\n", batch_a, batch_b) +
                   common + functions,
      .extra = std::move(extra.constants),
      .name = name};
}

}  // namespace

Product convolution_product(const ConvGeometry& g, const ConvOperands& o) {
  const int64_t out = channels_of_group(g, o);
  Product p = start("convolution", g, o, forward, o.w.shape.back() * o.x.strides.back(),
                    out * o.w.strides.front());
  p.m = pixels(o.y);
  p.n = out;
  p.k = taps(o.w) * o.w.shape.back();
  p.a = pointer_to(o.x);
  p.b = pointer_to(o.w);
  p.c = result_at(o.y);
  p.c_batch = p.n;
  p.c_row = o.y.shape.back();
  p.a_along_k = p.b_along_k = true;
  return p;
}

Product grad_input_product(const ConvGeometry& g, const ConvOperands& o) {
  const int64_t out = channels_of_group(g, o);
  Product p = start("convolution_grad_input", g, o, grad_input, out * o.y.strides.back(),
                    out * o.w.strides.front());
  p.m = pixels(o.x);
  p.n = o.w.shape.back();
  p.k = taps(o.w) * out;
  p.a = pointer_to(o.y);
  p.b = pointer_to(o.w);
  p.c = result_at(o.x);
  p.c_batch = p.n;
  p.c_row = o.x.shape.back();
  p.a_along_k = true;
  p.b_along_k = false;
  return p;
}

Product grad_weight_product(const ConvGeometry& g, const ConvOperands& o) {
  const int64_t out = channels_of_group(g, o);
  Product p = start("convolution_grad_weight", g, o, grad_weight, out * o.y.strides.back(),
                    o.w.shape.back() * o.x.strides.back());
  p.m = out;
  p.n = taps(o.w) * o.w.shape.back();
  p.k = pixels(o.y);
  p.a = pointer_to(o.y);
  p.b = pointer_to(o.x);
  p.c = result_at(o.w);
  p.c_batch = p.m * p.n;
  p.c_row = p.n;
  p.a_along_k = p.b_along_k = false;
  return p;
}

Product conv_block_product(const ConvGeometry& g, const ConvOperands& o, const Operand& bias,
                           const Operand& value, const Operand& positions) {
  Product p = start("conv_block", g, o, forward, 0, 0, true);
  p.m = 4 * pixels(value);
  p.n = o.w.shape.front();
  p.k = taps(o.w) * o.w.shape.back();
  p.a = pointer_to(o.x);
  p.b = pointer_to(o.w);
  p.c = result_at(value);
  p.c_row = p.n;
  p.a_along_k = p.b_along_k = true;
  p.pooled = {pointer_to(bias), result_at(positions), value.used, positions.used};
  return p;
}

bool can_run_convolution(const ConvGeometry& g, const ConvOperands& o) {
  return g.stride.size() <= most_spatial && o.x.size() <= most_elements &&
         o.y.size() <= most_elements && o.x.size() > 0 && o.w.size() > 0 && o.y.size() > 0;
}

}  // namespace lazulite::cuda
