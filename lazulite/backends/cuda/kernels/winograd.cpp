#include "lazulite/backends/cuda/kernels/winograd.h"

#include <fmt/format.h>

#include <algorithm>

#include "lazulite/backends/cuda/kernels/points_product.h"
#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/winograd_text.h"
#include "lazulite/program/options.h"

namespace lazulite::cuda {
namespace {

// Outputs of a tile in each direction: windows of a pool lie inside of tiles.
constexpr int64_t outputs = 4;
constexpr int64_t least_channels = 8;

int64_t padded(int64_t channels) { return ceil_div(channels, 4) * 4; }

// The tiles of images whose outputs are `height` by `width`.
struct Tiles {
  int64_t taps, images, down, across;
  Tiles(int64_t taps_, int64_t images_, int64_t height, int64_t width)
      : taps(taps_),
        images(images_),
        down(ceil_div(height, outputs)),
        across(ceil_div(width, outputs)) {}
  // The same tiles of other images.
  Tiles(const Tiles& tiles, int64_t images_) : Tiles(tiles) { images = images_; }
  int64_t count() const { return images * down * across; }
  int64_t points() const { return (outputs + taps - 1) * (outputs + taps - 1); }
};

// A four-dimensional operand's element strides with its place.
struct Weights {
  Pointer at;
  int64_t out, row, column, in;
};
Weights weights_at(const Operand& w) {
  return {pointer_to(w), w.strides[0], w.strides[1], w.strides[2], w.strides[3]};
}
// The same windows read backwards.
Weights flipped(Weights w, int64_t taps) {
  const int64_t last = (taps - 1) * (w.row + w.column) * static_cast<int64_t>(sizeof(float));
  w.at.offset += last;
  w.at.first -= last;
  w.at.last -= last;
  w.row = -w.row;
  w.column = -w.column;
  return w;
}

std::string head(const Tiles& tiles, const std::string& defines) {
  return std::string(prelude) +
         fmt::format("#define OUTPUTS {}\n#define TAPS {}\n{}", outputs, tiles.taps, defines) +
         winograd_matrices;
}

void set_blocks(KernelText& text, int64_t elements) {
  text.block = 128;
  text.grid[0] = static_cast<unsigned>(ceil_div(elements, text.block));
}

void add_numbers(KernelText& text, std::initializer_list<int64_t> numbers) {
  for (int64_t number : numbers) text.add_constant(static_cast<uint32_t>(number));
}

// Points [point][tile][channel], channels padded with zeros. `adjoint` transforms the tiles of
// outputs, else the windows that they are computed from, which begin `padding` before them.
Pointer add_points(const Tiles& tiles, const Operand& image, const Operand* positions,
                   int64_t padding, bool adjoint, const char* name, Recipe& recipe) {
  const int64_t channels = padded(image.shape[3]), elements = tiles.count() * channels;
  const Pointer points =
      recipe.take_workspace(static_cast<size_t>(tiles.points() * elements) * sizeof(float));
  KernelText text{
      .name = name,
      .source =
          head(tiles, fmt::format("#define POOLED {:d}\n#define ODD {}\n#define SIDE {}\n"
                                  "#define FACTOR(point, place) {}\n",
                                  positions != nullptr, padding & 1, adjoint ? "OUTPUTS" : "AL",
                                  adjoint ? "m.at[place][point]" : "m.bt[point][place]")) +
          winograd_points_source};
  const Operand& last = positions ? *positions : image;
  text.add_pointers({pointer_to(image), pointer_to(last), points.as_result()});
  for (const Operand* operand : {&image, &last}) {
    for (int64_t stride : operand->strides) text.add_constant(stride);
  }
  for (int64_t size : {channels, tiles.across, tiles.down}) text.add_constant(Axis(size));
  add_numbers(text, {image.shape[1], image.shape[2], padding, image.shape[3], elements});
  set_blocks(text, elements);
  recipe.steps.emplace_back(std::move(text));
  return points;
}

// Points [point][from][to] of weights whose strides along the channels are `from` and `to`.
Pointer add_weights(const Tiles& tiles, const Weights& w, int64_t from_stride, int64_t to_stride,
                    int64_t from, int64_t to, Recipe& recipe) {
  const Pointer points = recipe.take_workspace(
      static_cast<size_t>(tiles.points() * padded(from) * padded(to)) * sizeof(float));
  KernelText text{.name = "convolution_weights",
                  .source = head(tiles, "") + winograd_weights_source};
  text.add_pointers({w.at, points.as_result()});
  for (int64_t stride : {from_stride, to_stride, w.row, w.column}) text.add_constant(stride);
  add_numbers(text, {from, to, padded(from), padded(to)});
  text.block = static_cast<unsigned>(32 * (outputs + tiles.taps - 1));
  text.grid[0] = static_cast<unsigned>(ceil_div(padded(to), 32));
  text.grid[1] = static_cast<unsigned>(padded(from));
  recipe.steps.emplace_back(std::move(text));
  return points;
}

// The products of points, or (`by_rows`) the outputs of their rows.
struct Products {
  Pointer at;
  bool by_rows;
};

Products add_product(const Tiles& tiles, const Pointer& points, const Pointer& weights,
                     int64_t from, int64_t to, const char* name, Recipe& recipe) {
  const PointsProduct product{.batch = tiles.points(),
                              .m = tiles.count(),
                              .n = padded(to),
                              .k = padded(from),
                              .a = points,
                              .b = weights,
                              .name = name};
  const int64_t row = outputs + tiles.taps - 1;
  if (prefers_rows(product, row)) {
    return {add_rows_product(product, {row, outputs, head(tiles, "")}, recipe), true};
  }
  return {add_points_product(product, recipe).at, false};
}

// The outputs of products of points, stored to `out` or pooled.
void add_outputs(const Tiles& tiles, const Products& products, const Operand& out,
                 const WinogradPool* pool, const char* name, Recipe& recipe) {
  const int64_t channels = padded(out.shape[3]), elements = tiles.count() * channels;
  std::string defines = "#define POOLED 0\n";
  if (pool) {
    defines = fmt::format(
        "#define POOLED 1\n#define STORES_VALUE {:d}\n#define STORES_POSITION {:d}\n"
        "typedef float S;\ntypedef float T;\n{}",
        pool->value.used, pool->positions.used, window_source);
  }
  defines += fmt::format("#define BY_ROWS {:d}\n", products.by_rows);
  KernelText text{.name = name, .source = head(tiles, defines) + winograd_outputs_source};
  text.add_pointers({products.at, result_at(out)});
  if (pool) text.add_pointers({pointer_to(pool->bias), result_at(pool->positions)});
  for (int64_t size : {channels, tiles.across, tiles.down}) text.add_constant(Axis(size));
  add_numbers(text, {out.shape[1], out.shape[2], out.shape[3], elements});
  set_blocks(text, elements);
  recipe.steps.emplace_back(std::move(text));
}

void add_weight_gradient(const Tiles& tiles, const PointsSums& sums, const Weights& dw,
                         int64_t from, int64_t to, Recipe& recipe) {
  KernelText text{.name = "convolution_weight_gradient",
                  .source = head(tiles, "") + winograd_weight_gradient_source};
  text.add_pointers({sums.at, dw.at.as_result()});
  for (int64_t stride : {dw.in, dw.out, dw.row, dw.column}) text.add_constant(stride);
  add_numbers(text, {to, padded(from), padded(to), sums.parts});
  text.block = static_cast<unsigned>(32 * (outputs + tiles.taps - 1));
  text.grid[0] = static_cast<unsigned>(ceil_div(to, 32));
  text.grid[1] = static_cast<unsigned>(from);
  recipe.steps.emplace_back(std::move(text));
}

Operand images_of(Operand images, int64_t first, int64_t count) {
  images.offset += first * images.strides[0];
  images.shape[0] = count;
  return images;
}

// So many images at a time that their points and products stay in the device's cache until they are
// read; the device has several such parts under way at once.
int64_t images_at_once(const Tiles& tiles, int64_t from, int64_t to) {
  constexpr int64_t most_bytes = int64_t{37} << 20, most_parts = 8;
  const int64_t floats = tiles.points() * tiles.count() * (padded(from) + padded(to));
  int64_t parts = 1;
  while (parts < most_parts && floats * 4 > parts * most_bytes) parts *= 2;
  return ceil_div(tiles.images, parts);
}

void add_forward(const ConvGeometry& g, const ConvOperands& o, const WinogradPool* pool,
                 Recipe& recipe) {
  const int64_t taps = o.w.shape[1], from = o.w.shape[3], to = o.w.shape[0];
  // Of pooled outputs, those that no window holds are left out.
  const Tiles tiles(taps, o.x.shape[0], pool ? pool->value.shape[1] * 2 : o.y.shape[1],
                    pool ? pool->value.shape[2] * 2 : o.y.shape[2]);
  const Weights w = weights_at(o.w);
  const Pointer weights = add_weights(tiles, w, w.in, w.out, from, to, recipe);
  const int64_t all = o.x.shape[0], count = images_at_once(tiles, from, to);
  for (int64_t first = 0; first < all; first += count) {
    const int64_t images = std::min(count, all - first);
    const Operand x = images_of(o.x, first, images);
    const Operand out = images_of(pool ? pool->value : o.y, first, images);
    const Tiles part(tiles, images);
    const Pointer points =
        add_points(part, x, nullptr, g.padding[0], false, "convolution_points", recipe);
    const Products products =
        add_product(part, points, weights, from, to, "convolution_products", recipe);
    if (pool) {
      const Operand positions = images_of(pool->positions, first, images);
      const WinogradPool pooled{pool->bias, out, positions};
      add_outputs(part, products, out, &pooled, "convolution_pool", recipe);
    } else {
      add_outputs(part, products, out, nullptr, "convolution_outputs", recipe);
    }
  }
}

}  // namespace

bool prefers_winograd(const ConvGeometry& g, const ConvOperands& o) {
  if (conv_algorithm() == ConvAlgorithm::direct || o.x.dtype != Dtype::float32) return false;
  if (g.stride.size() != 2 || g.groups != 1) return false;
  const int64_t taps = o.w.shape[1];
  for (size_t axis : {0, 1}) {
    if (g.stride[axis] != 1 || g.dilation[axis] != 1 || o.w.shape[axis + 1] != taps) return false;
    if (g.padding[axis] != g.padding[0] || g.padding[axis] >= taps) return false;
  }
  if (taps != 3 && taps != 5) return false;
  const int64_t from = o.w.shape[3], to = o.w.shape[0];
  if (from < least_channels || to < least_channels || padded(from) > 65535) return false;
  // The points of the larger images are counted in 32 bits, and should not take too much memory.
  constexpr int64_t most_points = int64_t{1} << 28;
  const Operand& larger = o.x.shape[1] > o.y.shape[1] ? o.x : o.y;
  const Tiles tiles(taps, o.x.shape[0], larger.shape[1], larger.shape[2]);
  return tiles.points() * tiles.count() * std::max(padded(from), padded(to)) <= most_points;
}

void add_winograd(const ConvGeometry& g, const ConvOperands& o, Recipe& recipe) {
  add_forward(g, o, nullptr, recipe);
}

void add_winograd_block(const ConvGeometry& g, const ConvOperands& o, const WinogradPool& pool,
                        Recipe& recipe) {
  add_forward(g, o, &pool, recipe);
}

// With the windows read backwards, dx is a convolution of y's gradient; dw is the gradient of the
// same convolution's weights if x is taken for its outputs' gradient. So one set of points of the
// gradient serves both.
void add_winograd_gradients(const ConvGeometry& g, const ConvOperands& o,
                            const WinogradGradient& gradient, const Operand* dx, const Operand* dw,
                            Recipe& recipe) {
  const int64_t taps = o.w.shape[1], in = o.w.shape[3], out = o.w.shape[0];
  const Tiles tiles(taps, o.x.shape[0], o.x.shape[1], o.x.shape[2]);
  const Pointer points = add_points(tiles, gradient.dy, gradient.positions, taps - 1 - g.padding[0],
                                    false, "gradient_points", recipe);
  if (dx) {
    const Weights w = flipped(weights_at(o.w), taps);
    const Pointer weights = add_weights(tiles, w, w.out, w.in, out, in, recipe);
    const Products products =
        add_product(tiles, points, weights, out, in, "gradient_products", recipe);
    add_outputs(tiles, products, *dx, nullptr, "gradient_outputs", recipe);
  }
  if (dw) {
    const Pointer images = add_points(tiles, o.x, nullptr, 0, true, "image_points", recipe);
    const PointsSums sums = add_points_product({.batch = tiles.points(),
                                                .m = padded(in),
                                                .n = padded(out),
                                                .k = tiles.count(),
                                                .a_transposed = true,
                                                .a = images,
                                                .b = points,
                                                .name = "weight_products"},
                                               recipe);
    add_weight_gradient(tiles, sums, flipped(weights_at(*dw), taps), in, out, recipe);
  }
}

}  // namespace lazulite::cuda
