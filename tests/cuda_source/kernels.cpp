#include "kernels.h"

#include "lazulite/backends/cuda/kernels/fused.h"
#include "lazulite/backends/cuda/primitives/primitives.h"
#include "lazulite/ops/primitives/call.h"
#include "lazulite/ops/primitives/convolution.h"
#include "lazulite/ops/primitives/creation.h"
#include "lazulite/ops/primitives/custom.h"
#include "lazulite/ops/primitives/indexing.h"
#include "lazulite/ops/primitives/linear.h"
#include "lazulite/ops/primitives/movers.h"
#include "lazulite/ops/primitives/named_operation.h"
#include "lazulite/ops/primitives/pooling.h"
#include "lazulite/ops/primitives/reduction.h"
#include "lazulite/ops/primitives/scan.h"
#include "lazulite/ops/primitives/sort.h"
#include "lazulite/ops/quantization/product.h"

namespace lazulite::test {
namespace {

// Builds a launch step by step; registers are numbered in the order of their making.
class Builder {
 public:
  explicit Builder(Shape shape) { kernel_.shape = std::move(shape); }

  uint16_t input(Dtype dtype, Shape shape, Strides strides, int64_t offset = 0) {
    launch_.inputs.push_back({.slot = slot_++,
                              .offset = offset,
                              .shape = std::move(shape),
                              .strides = std::move(strides),
                              .dtype = dtype});
    kernel_.input_dtypes.push_back(dtype);
    return static_cast<uint16_t>(kernel_.input_dtypes.size() - 1);
  }
  uint16_t input(Dtype dtype) {
    return input(dtype, kernel_.shape, row_major_strides(kernel_.shape));
  }
  uint16_t op(Row row, Dtype dtype, SmallVector<uint16_t, 3> inputs) {
    kernel_.ops.push_back({.row = row, .dtype = dtype, .inputs = std::move(inputs)});
    return static_cast<uint16_t>(kernel_.register_count() - 1);
  }
  uint16_t cast(Dtype dtype, uint16_t input) {
    kernel_.ops.push_back({.is_cast = true, .dtype = dtype, .inputs = {input}});
    return static_cast<uint16_t>(kernel_.register_count() - 1);
  }
  void store(uint16_t value) {
    kernel_.stores.push_back(value);
    output(kernel_.shape, kernel_.register_dtype(value));
  }
  void reduce(ReduceOp op, uint16_t value, Axes axes, Shape shape, Dtype dtype) {
    kernel_.reduce_axes = std::move(axes);
    kernel_.reductions.push_back({op, value});
    output(std::move(shape), dtype);
  }
  Launch launch() {
    launch_.fused = std::make_shared<FusedKernel>(kernel_);
    return launch_;
  }

 private:
  void output(Shape shape, Dtype dtype) {
    Strides strides = row_major_strides(shape);
    launch_.outputs.push_back(
        {.slot = slot_++, .shape = shape, .strides = strides, .dtype = dtype});
  }

  FusedKernel kernel_;
  Launch launch_;
  uint32_t slot_ = 0;
};

Launch gelu() {
  Builder b(Shape{1000});
  uint16_t x = b.input(Dtype::float32);
  uint16_t half = b.input(Dtype::float32, {}, {});
  uint16_t cube = b.op(Row::multiply, Dtype::float32, {b.op(Row::square, Dtype::float32, {x}), x});
  uint16_t t = b.op(Row::tanh, Dtype::float32, {b.op(Row::add, Dtype::float32, {x, cube})});
  b.store(b.op(Row::multiply, Dtype::float32, {b.op(Row::multiply, Dtype::float32, {x, half}), t}));
  return b.launch();
}

Launch mixed_precision() {
  Builder b({3, 4, 5});
  uint16_t x = b.input(Dtype::float16, {3, 4, 5}, {1, 15, 3}, 2);
  uint16_t y = b.input(Dtype::bfloat16, {4, 1}, {-1, 0}, 3);
  uint16_t sum =
      b.op(Row::add, Dtype::float32, {b.cast(Dtype::float32, x), b.cast(Dtype::float32, y)});
  b.store(b.cast(Dtype::float16, sum));
  b.store(b.op(Row::exp, Dtype::bfloat16, {y}));
  b.store(b.cast(Dtype::int8, sum));
  return b.launch();
}

Launch selection() {
  Builder b({7, 6});
  uint16_t x = b.input(Dtype::int32), y = b.input(Dtype::int32, {6}, {2});
  uint16_t larger = b.op(Row::greater, Dtype::bool_, {x, y});
  b.store(
      b.op(Row::where, Dtype::int32, {larger, x, b.op(Row::floor_divide, Dtype::int32, {x, y})}));
  b.store(b.op(Row::logical_not, Dtype::bool_, {larger}));
  return b.launch();
}

Launch complex_numbers() {
  Builder b(Shape{9});
  uint16_t z = b.input(Dtype::complex64);
  b.store(b.op(Row::abs, Dtype::float32, {b.op(Row::exp, Dtype::complex64, {z})}));
  b.reduce(ReduceOp::sum, z, {0}, {}, Dtype::complex64);
  return b.launch();
}

Launch reductions() {
  Builder b({2, 3, 4});
  uint16_t x = b.input(Dtype::float16), flags = b.input(Dtype::bool_), n = b.input(Dtype::uint8);
  uint16_t squares = b.op(Row::square, Dtype::float16, {x});
  b.store(squares);
  b.reduce(ReduceOp::sum, squares, {1}, {2, 4}, Dtype::float16);
  b.reduce(ReduceOp::max, x, {1}, {2, 4}, Dtype::float16);
  b.reduce(ReduceOp::all, flags, {1}, {2, 4}, Dtype::bool_);
  b.reduce(ReduceOp::min, n, {1}, {2, 4}, Dtype::uint8);
  b.reduce(ReduceOp::prod, n, {1}, {2, 4}, Dtype::uint32);
  return b.launch();
}

Launch large_vectors() {
  Builder b({1 << 12, 1 << 8});
  uint16_t x = b.input(Dtype::float32), y = b.input(Dtype::float32, {1 << 8}, {1});
  uint16_t z = b.input(Dtype::float32, {1 << 12, 1}, {1, 0});
  b.store(b.op(Row::add, Dtype::float32, {b.op(Row::multiply, Dtype::float32, {x, y}), z}));
  return b.launch();
}

Launch sum_of(const Shape& shape, const Axes& axes, const Shape& result) {
  Builder b(shape);
  b.reduce(ReduceOp::sum, b.input(Dtype::float32), axes, result, Dtype::float32);
  return b.launch();
}

// A primitive on row-major inputs, with the outputs that it infers.
Launch launch_of(PrimitivePtr primitive, const std::vector<ArrayType>& inputs) {
  Launch launch{primitive, nullptr, {}, {}};
  uint32_t slot = 0;
  auto operand = [&](const ArrayType& type) {
    return Operand{.slot = slot++,
                   .shape = type.shape,
                   .strides = row_major_strides(type.shape),
                   .dtype = type.dtype};
  };
  std::vector<ArrayTypeRef> types(inputs.begin(), inputs.end());
  for (const ArrayType& input : inputs) launch.inputs.push_back(operand(input));
  for (const ArrayType& output : infer(*primitive, types)) {
    launch.outputs.push_back(operand(output));
  }
  return launch;
}

// Products with codes of every format, of one row and of some, of matrices that indices choose.
template <class Add>
void add_quantized(Dtype dtype, const Add& add) {
  std::vector<QuantizationFormat> formats{{QuantizationMode::mxfp4, 32, 4},
                                          {QuantizationMode::mxfp8, 32, 8},
                                          {QuantizationMode::nvfp4, 16, 4}};
  for (int bits : {1, 2, 3, 4, 5, 6, 8}) {
    formats.push_back({QuantizationMode::affine, 64, bits});
  }
  for (const QuantizationFormat& format : formats) {
    for (bool transpose : {false, true}) {
      for (bool indexed : {false, true}) {
        const int64_t rows = indexed ? 20 : 1, count = transpose ? 128 : 10;
        const Dtype of_scale = format.affine() ? dtype : Dtype::uint8;
        auto type = [&](Shape shape, Dtype of) {
          if (indexed) shape.insert(shape.begin(), 3);
          return ArrayType{shape, of};
        };
        std::vector<ArrayType> inputs{type({rows, count}, dtype),
                                      type({10, 4 * format.bits}, Dtype::uint32),
                                      type({10, 128 / format.group_size}, of_scale)};
        if (format.affine()) inputs.push_back(inputs.back());
        for (int i = 0; indexed && i < 2; ++i) inputs.push_back({{5}, Dtype::int32});
        const QuantizedProduct product{format, transpose, indexed};
        add(std::string("quantized_matmul_") + name_of(format.mode) + std::to_string(format.bits) +
                (transpose ? "_transposed" : "") + (indexed ? "_indexed" : ""),
            make_primitive(product.call()), inputs);
      }
    }
  }
}

// Operations of the library's own, of small matrices and of large ones, for which a library is.
template <class Add>
void add_operations(const Add& add) {
  auto of = [&](const char* name, const std::vector<ArrayType>& inputs) {
    const std::string size = std::to_string(inputs[0].shape.back());
    add(std::string(name) + "_of_" + size, make_primitive(Custom{NamedOperation::named(name)}),
        inputs);
  };
  for (const char* name : {"fft", "ifft", "irfft"}) of(name, {{{3, 4, 10}, Dtype::complex64}});
  of("rfft", {{{3, 4, 10}, Dtype::float32}});
  for (Dtype dtype : {Dtype::float32, Dtype::float64}) {
    for (int64_t side : {5, 64, 100}) {
      const ArrayType square{{2, side, side}, dtype}, sides{{2, side, 3}, dtype};
      for (const char* name : {"cholesky", "det", "lu_factor"}) of(name, {square});
      for (const char* name : {"solve", "inv", "solve_lower", "solve_upper"}) {
        of(name, {square, sides});
      }
    }
  }
  for (Dtype dtype : {Dtype::float32, Dtype::float64, Dtype::complex64}) {
    const ArrayType square{{2, 256, 256}, dtype}, wide{{2, 200, 256}, dtype};
    for (const char* name : {"svd", "singular_values"}) of(name, {wide});
    for (const char* name : {"eigh", "eigvalsh"}) of(name, {square});
    if (dtype != Dtype::complex64) of("qr", {wide});
  }
}

template <class Add>
void add_attention(Dtype dtype, const Add& add) {
  auto of = [&](const char* name, int64_t rows, int64_t features, int64_t causal,
                std::vector<Dtype> mask) {
    std::vector<ArrayType> inputs{{{2, 4, rows, features}, dtype},
                                  {{2, 2, 90, features}, dtype},
                                  {{2, 2, 90, features}, dtype}};
    for (Dtype one : mask) inputs.push_back({{2, 4, rows, 90}, one});
    add(std::string("attention_") + name + std::to_string(features),
        make_primitive(Call{CallId::attention, {0.125, causal}}), inputs);
  };
  of("of_", 20, 64, 0, {});
  of("causal_", 90, 128, 1, {});
  of("of_many_rows_", 100, 96, 1, {});
  of("masked_", 90, 64, 0, {Dtype::bool_});
  of("moved_", 90, 128, 0, {dtype});
}

Launch empty() {
  Builder b({0, 3});
  b.store(b.op(Row::negative, Dtype::int64, {b.input(Dtype::int64)}));
  return b.launch();
}

}  // namespace

std::vector<NamedLaunch> fused_launches() {
  return {{"gelu", gelu()},
          {"mixed_precision", mixed_precision()},
          {"selection", selection()},
          {"complex_numbers", complex_numbers()},
          {"reductions", reductions()},
          {"large_vectors", large_vectors()},
          {"sum_of_all", sum_of({1 << 20}, {0}, {})},
          {"sum_of_rows", sum_of({64, 1000}, {1}, {64})},
          {"sum_of_columns", sum_of({1 << 16, 20}, {0}, {20})},
          {"sum_of_middle", sum_of({7, 5, 300}, {1}, {7, 300})},
          {"empty", empty()}};
}

std::vector<NamedLaunch> primitive_launches() {
  std::vector<NamedLaunch> all;
  auto add = [&](const std::string& name, PrimitivePtr primitive, std::vector<ArrayType> inputs) {
    Launch launch = launch_of(std::move(primitive), inputs);
    std::string of = inputs.empty() ? "" : std::string("_") + name_of(inputs[0].dtype);
    all.push_back({name + of + "_to_" + name_of(launch.outputs[0].dtype), launch});
  };
  const ConvGeometry plain{{1, 1}, {2, 2}, {1, 1}, 1}, odd{{2, 1}, {0, 1}, {1, 2}, 2};
  const PoolGeometry pool{{2, 2}, {2, 2}, {0, 0}};
  const ArrayType image{{3, 9, 11, 5}, Dtype::float32}, filter{{6, 5, 5, 5}, Dtype::float32};
  const ArrayType pooled{{3, 4, 5, 6}, Dtype::float32}, taken{{3, 4, 5, 6}, Dtype::uint8};
  add("conv_block", make_primitive(Call{CallId::conv_block, {int64_t{2}}}),
      {image, filter, {{6}, Dtype::float32}});
  add("conv_block_grad", make_primitive(Call{CallId::conv_block_grad, {int64_t{2}}}),
      {image, filter, pooled, taken});
  // By Winograd's tiles: paddings that are even and odd on the way back, sizes that tiles do not
  // divide.
  const ArrayType wide{{3, 9, 11, 10}, Dtype::float32}, of_wide{{3, 4, 5, 50}, Dtype::float32};
  const ArrayType filters{{50, 5, 5, 10}, Dtype::float32}, small{{12, 3, 3, 10}, Dtype::float32};
  const ArrayType many{{5, 9, 11, 10}, Dtype::float32};
  add("winograd_block", make_primitive(Call{CallId::conv_block, {int64_t{2}}}),
      {many, filters, {{50}, Dtype::float32}});
  add("winograd_block_grad", make_primitive(Call{CallId::conv_block_grad, {int64_t{2}}}),
      {wide, filters, of_wide, {of_wide.shape, Dtype::uint8}});
  add("winograd_block_of_3", make_primitive(Call{CallId::conv_block, {int64_t{1}}}),
      {many, small, {{12}, Dtype::float32}});
  add("winograd_block_grad_of_3", make_primitive(Call{CallId::conv_block_grad, {int64_t{1}}}),
      {wide, small, {{3, 4, 5, 12}, Dtype::float32}, {{3, 4, 5, 12}, Dtype::uint8}});
  const ArrayType of_small{{3, 9, 11, 12}, Dtype::float32};
  const ConvGeometry same{{1, 1}, {1, 1}, {1, 1}, 1};
  add("winograd", make_primitive(Convolution{same}), {wide, small});
  add("winograd_grad_input", make_primitive(ConvolutionGradInput{same, wide.shape}),
      {small, of_small});
  add("winograd_grad_weight", make_primitive(ConvolutionGradWeight{same, small.shape}),
      {wide, of_small});
  // So many images that products of points are transformed as they are stored.
  add("winograd_block_of_many", make_primitive(Call{CallId::conv_block, {int64_t{2}}}),
      {{{512, 14, 14, 20}, Dtype::float32},
       {{50, 5, 5, 20}, Dtype::float32},
       {{50}, Dtype::float32}});
  add("winograd_of_many", make_primitive(Convolution{same}),
      {{{200, 32, 32, 16}, Dtype::float32}, {{64, 3, 3, 16}, Dtype::float32}});
  // Few channels, and few images.
  const ArrayType thin{{3, 9, 11, 3}, Dtype::float32}, of_thin{{6, 5, 5, 3}, Dtype::float32};
  add("thin_block", make_primitive(Call{CallId::conv_block, {int64_t{2}}}),
      {thin, of_thin, {{6}, Dtype::float32}});
  add("thin_block_grad", make_primitive(Call{CallId::conv_block_grad, {int64_t{2}}}),
      {thin, of_thin, pooled, taken});
  add("thin_convolution", make_primitive(Convolution{same}),
      {thin, {{70, 3, 3, 3}, Dtype::float32}});
  add("thin_weight_gradient", make_primitive(ConvolutionGradWeight{same, {70, 3, 3, 3}}),
      {thin, {{3, 9, 11, 70}, Dtype::float32}});
  add("few_outputs", make_primitive(Convolution{same}),
      {{{220, 9, 11, 20}, Dtype::float32}, {{3, 3, 3, 20}, Dtype::float32}});
  add("few_inputs_gradient", make_primitive(ConvolutionGradInput{same, {220, 9, 11, 3}}),
      {{{20, 3, 3, 3}, Dtype::float32}, {{220, 9, 11, 20}, Dtype::float32}});
  add("narrow_block", make_primitive(Call{CallId::conv_block, {int64_t{2}}}),
      {{{1, 14, 14, 20}, Dtype::float32},
       {{50, 5, 5, 20}, Dtype::float32},
       {{50}, Dtype::float32}});
  add("convolution_1d", make_primitive(Convolution{{{2}, {3}, {1}, 1}}),
      {{{2, 20, 3}, Dtype::float32}, {{4, 7, 3}, Dtype::float32}});
  for (Dtype dtype : {Dtype::float16, Dtype::bfloat16, Dtype::float32, Dtype::float64}) {
    for (int64_t columns : {10, 1000, 100'000}) {
      const ArrayType x{{3, columns}, dtype};
      const std::string of = std::to_string(columns);
      add("softmax_" + of, make_primitive(Call{CallId::softmax, {}}), {x});
      add("log_softmax_" + of, make_primitive(Call{CallId::log_softmax, {}}), {x});
      add("logsumexp_" + of, make_primitive(Call{CallId::logsumexp, {}}), {x});
    }
  }
  const ConvGeometry deep{{1, 2, 1}, {2, 2, 2}, {1, 1, 1}, 1};
  const ArrayType volume{{1, 6, 6, 6, 2}, Dtype::float32}, large{{3, 5, 5, 5, 2}, Dtype::float32};
  const ArrayType of_volume{{1, 6, 3, 6, 3}, Dtype::float32};
  add("convolution_3d", make_primitive(Convolution{deep}), {volume, large});
  add("convolution_3d_grad_input", make_primitive(ConvolutionGradInput{deep, volume.shape}),
      {large, of_volume});
  add("convolution_3d_grad_weight", make_primitive(ConvolutionGradWeight{deep, large.shape}),
      {volume, of_volume});
  add("arange", make_primitive(Arange{Scalar(0), Scalar(1), 100, Dtype::int32}), {});
  add("arange_fractions", make_primitive(Arange{Scalar(0.5), Scalar(1), 100, Dtype::float16}), {});
  for (Dtype dtype : {Dtype::uint8, Dtype::uint32}) {
    add("random_bits", make_primitive(RandomBits{{100}, dtype}), {{{3, 2}, Dtype::uint32}});
  }
  for (Dtype index : {Dtype::int32, Dtype::uint8, Dtype::uint64}) {
    for (int64_t count : {8, 10'000}) {
      add("check_index_" + std::to_string(count),
          make_primitive(CheckIndex{IndexUse::take, 10, true, false}), {{{count}, index}});
    }
  }
  for (Dtype dtype : {Dtype::float32, Dtype::float16, Dtype::bfloat16, Dtype::float64}) {
    add("gather_mm", make_primitive(Call{CallId::gather_mm, {}}),
        {{{4, 70, 300}, dtype}, {{3, 300, 10}, dtype}, {{5}, Dtype::int32}, {{5}, Dtype::int32}});
    add("segmented_mm", make_primitive(Call{CallId::segmented_mm, {}}),
        {{{70, 300}, dtype}, {{300, 10}, dtype}, {{5, 2}, Dtype::int64}});
    add("block_masked_mm",
        make_primitive(
            Call{CallId::block_masked_mm, {int64_t{32}, int64_t{1}, int64_t{1}, int64_t{0}}}),
        {{{1, 33, 40}, dtype},
         {{1, 40, 20}, dtype},
         {{1, 2, 1}, Dtype::bool_},
         {{1, 2, 2}, Dtype::bool_}});
  }
  for (Dtype dtype : {Dtype::float32, Dtype::float16, Dtype::bfloat16}) add_quantized(dtype, add);
  add_operations(add);
  for (Dtype dtype : {Dtype::float16, Dtype::bfloat16}) add_attention(dtype, add);
  for (Dtype dtype :
       {Dtype::float32, Dtype::float16, Dtype::bfloat16, Dtype::float64, Dtype::complex64}) {
    add("matmul", make_primitive(Matmul{}), {{{2, 70, 300}, dtype}, {{2, 300, 10}, dtype}});
    add("matmul_of_few_rows", make_primitive(Matmul{}), {{{3, 300}, dtype}, {{300, 10}, dtype}});
    add("wide_matmul", make_primitive(Matmul{}), {{{2048, 64}, dtype}, {{64, 2048}, dtype}});
    if (dtype == Dtype::complex64) continue;
    const ArrayType x{{2, 9, 9, 4}, dtype}, w{{6, 3, 3, 4}, dtype}, y{{2, 11, 11, 6}, dtype};
    add("convolution", make_primitive(Convolution{plain}), {x, w});
    add("convolution_grad_input", make_primitive(ConvolutionGradInput{plain, x.shape}), {w, y});
    add("convolution_grad_weight", make_primitive(ConvolutionGradWeight{plain, w.shape}), {x, y});
    add("strided", make_primitive(Convolution{odd}), {x, {{6, 3, 3, 2}, dtype}});
    add("max_pool", make_primitive(MaxPool{pool}), {x});
    add("max_pool_grad", make_primitive(MaxPoolGrad{pool, x.shape}),
        {{{2, 4, 4, 4}, dtype}, {{2, 4, 4, 4}, Dtype::uint8}});
    add("avg_pool", make_primitive(AvgPool{pool}), {x});
    add("avg_pool_grad", make_primitive(AvgPoolGrad{pool, x.shape}), {{{2, 4, 4, 4}, dtype}});
  }
  for (Dtype dtype : {Dtype::bool_, Dtype::uint8, Dtype::int64, Dtype::float16, Dtype::float32,
                      Dtype::float64, Dtype::complex64}) {
    const ArrayType x{{5, 40, 3}, dtype}, some{{5, 4, 3}, dtype};
    const ArrayType flat{{4}, Dtype::int32}, along{{5, 4, 3}, Dtype::int64};
    add("arg_max", make_primitive(ArgReduce{true, 1}), {x});
    add("arg_min", make_primitive(ArgReduce{false, 2}), {x});
    add("copy", make_primitive(Copy{}), {x});
    add("arg_sort", make_primitive(ArgSort{1}), {x});
    add("long_arg_sort", make_primitive(ArgSort{0}), {{{5000}, dtype}});
    if (is_inexact(dtype)) {
      add("linear_recurrence", make_primitive(LinearRecurrence{1, true}), {x, x});
      add("long_linear_recurrence", make_primitive(LinearRecurrence{1, false}),
          {{{3, 5000}, dtype}, {{3, 5000}, dtype}});
      add("many_linear_recurrences", make_primitive(LinearRecurrence{1, false}),
          {{{3000, 50}, dtype}, {{3000, 50}, dtype}});
    }
    if (dtype != Dtype::bool_) {
      add("cumulative_sum", make_primitive(CumulativeSum{1, false, true}), {x});
      add("long_cumulative_sum", make_primitive(CumulativeSum{1, true, false}),
          {{{3, 5000}, dtype}});
    }
    for (CumulativeOp op : {CumulativeOp::product, CumulativeOp::maximum, CumulativeOp::minimum,
                            CumulativeOp::logaddexp}) {
      if (op == CumulativeOp::logaddexp && !is_inexact(dtype)) continue;
      if (op != CumulativeOp::product && dtype == Dtype::complex64) continue;
      const std::string name = "cumulative_" + std::to_string(static_cast<int>(op));
      add(name, make_primitive(Cumulative{op, 1, true, true}), {x});
      add("long_" + name, make_primitive(Cumulative{op, 1, true, true}), {{{3, 5000}, dtype}});
    }
    add("as_strided",
        make_primitive(Call{CallId::as_strided, {Shape{4, 3}, Shape{-2, 1}, int64_t{7}}}),
        {{{20}, dtype}});
    add("bit_view", make_primitive(BitView{Dtype::uint8}), {x});
    add("concatenate", make_primitive(Concatenate{1}), {x, some});
    add("slice_update", make_primitive(SliceUpdate{{0, 1, 0}, {1, 2, 1}}), {x, some});
    add("gather", make_primitive(Gather{1}), {x, flat});
    add("gather_along", make_primitive(GatherAlong{1}), {x, along});
    add("scatter_add", make_primitive(ScatterAdd{1}), {x, flat, some});
    add("scatter_along", make_primitive(ScatterAlong{1, false}), {x, along, some});
    // Enough updates for a sorted list.
    const ArrayType rows{{1000, 40}, dtype}, more{{5000, 40}, dtype};
    add("sorted_scatter_add", make_primitive(ScatterAdd{0}), {rows, {{5000}, Dtype::int32}, more});
    add("sorted_scatter_points", make_primitive(ScatterPoints{{0}, 0, ScatterOp::add}),
        {rows, {{5000}, Dtype::int32}, more});
    const ArrayType flat64{{4}, Dtype::int64}, points{{3, 4}, dtype};
    add("gather_points", make_primitive(GatherPoints{{1, 0}, 1}), {x, flat, flat64});
    for (ScatterOp op : {ScatterOp::assign, ScatterOp::add, ScatterOp::multiply, ScatterOp::divide,
                         ScatterOp::maximum}) {
      if (op == ScatterOp::divide && dtype == Dtype::bool_) continue;
      add("scatter_points_" + std::to_string(static_cast<int>(op)),
          make_primitive(ScatterPoints{{1, 0}, 1, op}), {x, flat, flat64, points});
    }
  }
  return all;
}

std::vector<NamedLaunch> all_launches() {
  std::vector<NamedLaunch> all = fused_launches(), more = primitive_launches();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Launch copy_launch(const Operand& from, const Operand& to) {
  FusedKernel kernel;
  kernel.shape = to.shape;
  kernel.input_dtypes = {from.dtype};
  kernel.stores = {0};
  return {nullptr, std::make_shared<FusedKernel>(kernel), {from}, {to}};
}

std::vector<std::string> texts_of(const Launch& launch) {
  cuda::Recipe recipe;
  if (launch.fused) {
    cuda::add_fused(launch, recipe);
  } else {
    if (!cuda::can_run_primitive(launch)) {
      throw Error(std::string("there is no kernel for ") + launch.name());
    }
    cuda::add_primitive(launch, recipe);
  }
  std::vector<std::string> texts;
  for (const auto& step : recipe.steps) {
    if (const auto* text = std::get_if<cuda::KernelText>(&step)) texts.push_back(text->source);
  }
  return texts;
}

}  // namespace lazulite::test
