#include "kernels.h"

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
          {"empty", empty()}};
}

}  // namespace lazulite::test
