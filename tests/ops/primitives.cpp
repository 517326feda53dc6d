// What primitives know of themselves: types of outputs, keys, texts.
#include "lazulite/ops/primitives.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <set>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/ops/primitives/key_writer.h"
#include "lazulite/program/program.h"

namespace lazulite {
namespace {

template <class T>
std::string key_of(const T& value) {
  PrimitivePtr primitive = make_primitive(value);
  KeyWriter key;
  primitive->type.write(*primitive, key);
  return key.take();
}

template <class... T>
void expect_all_differ(const T&... values) {
  std::set<std::string> keys{key_of(values)...};
  EXPECT_EQ(keys.size(), sizeof...(values));
}

TEST(Primitives, AreNumberedAsTheyAreListed) {
  auto types = primitive_types();
  ASSERT_GT(types.size(), 20u);
  std::set<std::string> names;
  for (size_t i = 0; i < types.size(); ++i) {
    EXPECT_EQ(types[i]->id, i) << types[i]->name;
    EXPECT_TRUE(names.insert(types[i]->name).second) << types[i]->name << " is listed twice";
  }
}

TEST(Primitives, KnowTheirStruct) {
  PrimitivePtr primitive = make_primitive(Transpose{{1, 0}});
  ASSERT_NE(primitive->get_if<Transpose>(), nullptr);
  EXPECT_EQ(primitive->get_if<Transpose>()->axes, (Axes{1, 0}));
  EXPECT_EQ(primitive->get_if<Reshape>(), nullptr);
  EXPECT_TRUE(is_view(*primitive));
  EXPECT_FALSE(is_view(*make_primitive(Copy{})));
  EXPECT_TRUE(*primitive == *make_primitive(Transpose{{1, 0}}));
  EXPECT_FALSE(*primitive == *make_primitive(Transpose{{0, 1}}));
  EXPECT_FALSE(*make_primitive(Copy{}) == *make_primitive(Alias{}));
  EXPECT_STREQ(name_of(*make_primitive(Elementwise{Row::exp})), "exp");
  EXPECT_STREQ(name_of(*make_primitive(Call{CallId::softmax, {}})), "softmax");
  EXPECT_EQ(to_string(*primitive), "Transpose[(1, 0)]");
  EXPECT_EQ(to_string(*make_primitive(Copy{})), "Copy");
  EXPECT_EQ(to_string(*make_primitive(Cast{Dtype::int8})), "Cast[int8]");
}

TEST(PrimitiveKeys, HoldNumbersExactly) {
  double nan = std::nan(""), other_nan = std::bit_cast<double>(std::bit_cast<uint64_t>(nan) + 1);
  auto from = [](const Scalar& start) { return Arange{start, 1, 4, Dtype::float64}; };
  expect_all_differ(from(0.0), from(-0.0), from(0), from(false), from(nan), from(other_nan),
                    from(complex64(0, 0)), from(complex64(0, 1)), from(complex64(1, 0)),
                    from(complex64(0, -0.0f)), from(int64_t{1} << 62),
                    from((int64_t{1} << 62) + 1));
  EXPECT_EQ(key_of(from(other_nan)), key_of(from(other_nan)));
  EXPECT_TRUE(from(nan) == from(nan));
  EXPECT_FALSE(from(nan) == from(other_nan));
}

TEST(PrimitiveKeys, TellFieldsApart) {
  expect_all_differ(SliceView{{1, 2}, {3}, {}}, SliceView{{1}, {2, 3}, {}},
                    SliceView{{}, {1, 2}, {3}});
  auto call = [](std::vector<Attribute> attributes) {
    return Call{CallId::softmax, std::move(attributes)};
  };
  using namespace std::string_literals;
  expect_all_differ(call({}), call({int64_t{1}}), call({1.0}), call({Scalar(1)}),
                    call({Scalar(1.0)}), call({Dtype::uint8}), call({Shape{1}}), call({"1"s}),
                    call({"ab"s, "c"s}), call({"a"s, "bc"s}), call({Shape{1, 2}, Shape{3}}),
                    call({Shape{1}, Shape{2, 3}}), call({"a\0b"s}), call({"a"s}));
  EXPECT_EQ(call({Shape{1, 2}, "x"s}).attribute<std::string>(1), "x");
}

// The key of a program with one input and one instruction.
std::string program_key(PrimitivePtr primitive, const Shape& shape, Dtype dtype) {
  Program program;
  ValueId in = program.add_value(shape, dtype);
  program.inputs.push_back(in);
  program.input_strides.push_back(row_major_strides(shape));
  ArrayTypeRef type(shape, dtype);
  ArrayType out = infer(*primitive, {&type, 1})[0];
  ValueId result = program.add_value(out.shape, out.dtype);
  program.instructions.push_back({primitive, nullptr, {in}, {result}, default_stream()});
  program.outputs.push_back(result);
  return structural_key(program);
}

TEST(PrimitiveKeys, TellProgramsApart) {
  std::set<std::string> keys{
      program_key(make_primitive(Copy{}), {2, 3}, Dtype::float32),
      program_key(make_primitive(Alias{}), {2, 3}, Dtype::float32),
      program_key(make_primitive(Copy{}), {3, 2}, Dtype::float32),
      program_key(make_primitive(Copy{}), {6}, Dtype::float32),
      program_key(make_primitive(Copy{}), {2, 3}, Dtype::int32),
      program_key(make_primitive(Cast{Dtype::int32}), {2, 3}, Dtype::float32),
      program_key(make_primitive(Reduce{ReduceOp::sum, {0}}), {2, 3}, Dtype::float32),
      program_key(make_primitive(Reduce{ReduceOp::sum, {1}}), {2, 3}, Dtype::float32),
      program_key(make_primitive(Reduce{ReduceOp::max, {1}}), {2, 3}, Dtype::float32),
  };
  EXPECT_EQ(keys.size(), 9u);
  EXPECT_EQ(program_key(make_primitive(Copy{}), {2, 3}, Dtype::float32),
            program_key(make_primitive(Copy{}), {2, 3}, Dtype::float32));
}

// What a primitive says to inputs that it does not take.
template <class T>
std::string complaint(const T& primitive, const std::vector<ArrayType>& inputs) {
  std::vector<ArrayTypeRef> types(inputs.begin(), inputs.end());
  try {
    infer(*make_primitive(primitive), types);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

constexpr Dtype f32 = Dtype::float32, i32 = Dtype::int32;

TEST(Infer, RefusesWhatPrimitivesDoNotTake) {
  const ArrayType x{{2, 3}, f32}, y{{3, 2}, f32}, whole{{2, 3}, i32}, pictures{{1, 4, 4, 2}, f32};
  const ArrayType weights{{3, 3, 3, 2}, f32};
  const ConvGeometry unit{{1, 1}, {0, 0}, {1, 1}, 1};
  const PoolGeometry pairs{{2, 2}, {2, 2}, {0, 0}};
  struct Wrong {
    std::string complaint, operation;
  };
  for (const Wrong& wrong : std::vector<Wrong>{
           {complaint(Elementwise{Row::add}, {x}), "add: 1 inputs"},
           {complaint(Elementwise{Row::add}, {x, whole}), "add: inputs of dtypes"},
           {complaint(Elementwise{Row::add}, {x, y}), "add:"},
           {complaint(Elementwise{Row::exp}, {whole}), "exp:"},
           {complaint(Elementwise{Row::where}, {x, x, x}), "where: a condition of dtype float32"},
           {complaint(Cast{f32}, {}), "astype:"},
           {complaint(Arange{0, 1, -1, f32}, {}), "arange: -1 elements"},
           {complaint(RandomBits{{2}, Dtype::uint32}, {x}), "random: a key"},
           {complaint(RandomBits{{2}, f32}, {{{2}, Dtype::uint32}}), "random: bits"},
           {complaint(Reduce{ReduceOp::sum, {2}}, {x}), "sum: axis 2"},
           {complaint(Reduce{ReduceOp::sum, {1, 0}}, {x}), "sum: the axes"},
           {complaint(Reduce{ReduceOp::all, {0}}, {x}), "all: bool"},
           {complaint(ArgReduce{true, 0}, {{{0, 3}, f32}}), "argmax: an array of shape (0, 3)"},
           {complaint(Reshape{{5}}, {x}), "reshape: an array of 6 elements"},
           {complaint(Transpose{{0}}, {x}), "transpose: 1 axes"},
           {complaint(Transpose{{0, 0}}, {x}), "transpose: axis 0 is given twice"},
           {complaint(Broadcast{{3, 3}}, {x}), "broadcast_to:"},
           {complaint(Broadcast{{2, -3}}, {x}), "broadcast_to: shape (2, -3)"},
           {complaint(SliceView{{0, 2}, {1, 1}, {2, 2}}, {x}), "slice:"},
           {complaint(SliceView{{0, 1}, {1, -1}, {2, 3}}, {x}), "slice:"},
           {complaint(SliceView{{0, 0}, {1, INT64_MAX}, {2, 3}}, {x}), "slice:"},
           {complaint(SliceUpdate{{0, 0}, {1, 1}}, {x, whole}), "slice_update: inputs of dtypes"},
           {complaint(SliceUpdate{{1, 0}, {1, 1}}, {x, x}), "slice_update:"},
           {complaint(Concatenate{0}, {}), "concatenate: no arrays"},
           {complaint(Concatenate{0}, {x, y}), "concatenate: along axis 0"},
           {complaint(Gather{0}, {x, x}), "take: indices are integers"},
           {complaint(Gather{0}, {{{0, 3}, f32}, {{2}, i32}}), "take: axis 0"},
           {complaint(GatherAlong{0}, {x, {{2, 2}, i32}}), "take_along_axis: indices of shape"},
           {complaint(ScatterAdd{0}, {x, {{1}, i32}, x}), "scatter_add: updates of shape"},
           {complaint(ScatterAlong{1, false}, {x, whole, y}), "put_along_axis: updates of shape"},
           {complaint(GatherPoints{{0, 1}, 0}, {x, whole}), "gather: 1 arrays of indices for 2"},
           {complaint(GatherPoints{{0, 0}, 0}, {x, whole, whole}), "gather: an axis of shape"},
           {complaint(GatherPoints{{0, 1}, 0}, {x, whole, {{1}, i32}}),
            "gather: indices of shapes"},
           {complaint(GatherPoints{{0}, 2}, {x, whole}), "gather: place 2 among 1"},
           {complaint(GatherPoints{{0}, 0}, {x, x}), "gather: indices are integers"},
           {complaint(ScatterPoints{{0}, 0, ScatterOp::maximum}, {x, {{4}, i32}, x}),
            "scatter_max: updates of shape"},
           {complaint(ScatterPoints{{0, 1}, 0, ScatterOp::divide},
                      {{{2, 3}, Dtype::bool_}, whole, whole, {{2, 3}, Dtype::bool_}}),
            "scatter_divide: numbers"},
           {complaint(Matmul{}, {x, x}), "matmul: shapes (2, 3) and (2, 3)"},
           {complaint(Matmul{}, {whole, {{3, 2}, i32}}), "matmul: floating"},
           {complaint(Convolution{unit}, {pictures, x}), "convolution: images"},
           {complaint(Convolution{unit}, {pictures, {{3, 3, 3, 1}, f32}}), "convolution: images"},
           {complaint(Convolution{unit}, {pictures, {{3, 5, 3, 2}, f32}}), "convolution: images"},
           {complaint(ConvolutionGradInput{unit, {1, 4, 4, 2}}, {weights, pictures}),
            "convolution: images"},
           {complaint(ConvolutionGradWeight{unit, {3, 3, 3, 2}}, {pictures, pictures}),
            "convolution: images"},
           {complaint(MaxPool{pairs}, {x}), "max_pool: images"},
           {complaint(MaxPool{pairs}, {{{1, 4, 4, 2}, Dtype::complex64}}), "max_pool: complex"},
           {complaint(MaxPoolGrad{pairs, {1, 4, 4, 2}}, {pictures, pictures}), "max_pool_grad:"},
           {complaint(AvgPool{pairs}, {{{1, 4, 4, 2}, i32}}), "avg_pool: floating"},
           {complaint(AvgPoolGrad{pairs, {1, 4, 4, 2}}, {pictures}), "avg_pool_grad:"},
           {complaint(Call{CallId::softmax, {}}, {{{}, f32}}), "softmax: rows"},
           {complaint(Call{CallId::logsumexp, {}}, {whole}), "logsumexp: rows"},
           {complaint(Call{CallId::conv_block, {int64_t{1}}}, {pictures, weights, {{2}, f32}}),
            "conv_block: a bias"},
       }) {
    EXPECT_EQ(wrong.complaint.substr(0, wrong.operation.size()), wrong.operation);
  }
}

TEST(Infer, FindsWhatPassesGotWrong) {
  Program program;
  ValueId in = program.add_value({2, 3}, f32);
  program.inputs.push_back(in);
  program.input_strides.push_back(row_major_strides({2, 3}));
  ValueId out = program.add_value({3, 2}, f32);
  program.instructions.push_back(
      {make_primitive(Transpose{{1, 0}}), nullptr, {in}, {out}, default_stream()});
  program.outputs.push_back(out);
  EXPECT_NO_THROW(verify(program, "test"));
  program.values[out].shape = {2, 3};
  EXPECT_THROW(verify(program, "test"), Error);
  program.values[out] = {{3, 2}, i32};
  EXPECT_THROW(verify(program, "test"), Error);
  program.values[out] = {{3, 2}, f32};
  program.values[in].shape = {2, 3, 1};
  EXPECT_THROW(verify(program, "test"), Error);
}

TEST(Infer, MakesNodesAgain) {
  Array x = ones({2, 4, 4, 3});
  std::vector<Array> pooled = remake(make_primitive(MaxPool{{{2, 2}, {2, 2}, {0, 0}}}), {x});
  ASSERT_EQ(pooled.size(), 2u);
  EXPECT_EQ(pooled[0].shape(), (Shape{2, 2, 2, 3}));
  EXPECT_EQ(pooled[1].dtype(), Dtype::uint8);
  std::vector<Array> again = remake(pooled[0].node()->primitive, {ones({1, 6, 6, 1})});
  EXPECT_EQ(again[0].shape(), (Shape{1, 3, 3, 1}));
}

}  // namespace
}  // namespace lazulite
