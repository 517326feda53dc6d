// An Array that was made without a value, in the place of any array of any operation: an error that
// says so and begins with the operation's name.
#include <gtest/gtest.h>

#include "lazulite/lazulite.h"
#include "support/temp_folder.h"

namespace lazulite {
namespace {

const Array none;

void expect_refusal(const std::string& operation, const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << operation << " took an empty handle";
  } catch (const Error& error) {
    std::string sentence = error.what();
    EXPECT_EQ(sentence.find(operation), 0u) << sentence;
    EXPECT_NE(sentence.find("empty handle"), std::string::npos) << sentence;
  } catch (const std::exception& error) {
    ADD_FAILURE() << operation << ": " << error.what();
  }
}

#define ALIAS(alias, name)
#define ELEMENTWISE(name, arity, ...) LAZULITE_REFUSED_##arity(name)
#define LAZULITE_REFUSED_1(name) expect_refusal(#name, [&] { (void)name(none); });
#define LAZULITE_REFUSED_2(name)                       \
  expect_refusal(#name, [&] { (void)name(none, x); }); \
  expect_refusal(#name, [&] { (void)name(x, none); }); \
  expect_refusal(#name, [&] { (void)name(none, 1); }); \
  expect_refusal(#name, [&] { (void)name(1, none); });
#define LAZULITE_REFUSED_3(name)                          \
  expect_refusal(#name, [&] { (void)name(none, x, x); }); \
  expect_refusal(#name, [&] { (void)name(x, none, x); }); \
  expect_refusal(#name, [&] { (void)name(x, x, none); }); \
  expect_refusal(#name, [&] { (void)name(x, none, 1); }); \
  expect_refusal(#name, [&] { (void)name(x, 1, none); }); \
  expect_refusal(#name, [&] { (void)name(none, 1, 2); });

TEST(EmptyHandles, InEveryRow) {
  Array x({1, 2});
#include "lazulite/ops/elementwise.def"
}

#undef ELEMENTWISE
#undef ALIAS

// Calls the function with an empty handle in each place in turn and `x` in the others.
template <size_t... Places>
void refuse_each(const std::string& name, const auto& call, const Array& x,
                 std::index_sequence<Places...>) {
  auto once = [&](size_t empty) {
    expect_refusal(name, [&] { (void)call((Places == empty ? none : x)...); });
  };
  (once(Places), ...);
}
#define EACH(count, name, call) \
  refuse_each(                  \
      name, [&](auto... a) { return call; }, x, std::make_index_sequence<count>());
#define IN_FIRST(name, ...) expect_refusal(#name, [&] { (void)name(none, ##__VA_ARGS__); });
#define IN_BOTH(name) EACH(2, #name, name(a...))

TEST(EmptyHandles, InEveryOperation) {
  Array x = ones({2, 2});
  const std::vector<PadWidth> widths{{1, 1}, {1, 1}};
  IN_FIRST(astype, Dtype::int32)
  IN_FIRST(alias)
  IN_FIRST(stop_gradient)
  IN_FIRST(copy)
  IN_FIRST(contiguous)
  IN_FIRST(reshape, {2})
  IN_FIRST(flatten)
  IN_FIRST(unflatten, 0, {1, 2})
  IN_FIRST(expand_dims, 0)
  IN_FIRST(squeeze)
  IN_FIRST(atleast_1d)
  IN_FIRST(atleast_2d)
  IN_FIRST(atleast_3d)
  IN_FIRST(transpose)
  IN_FIRST(swapaxes, 0, 1)
  IN_FIRST(moveaxis, 0, 1)
  IN_FIRST(broadcast_to, {2})
  IN_FIRST(slice, {0}, {1})
  IN_FIRST(split, 2)
  IN_FIRST(unstack)
  IN_FIRST(flip)
  IN_FIRST(roll, 1, 0)
  IN_FIRST(roll, 1)
  IN_FIRST(tile, {2})
  IN_FIRST(repeat, 2, 0)
  IN_FIRST(repeat, 2)
  IN_FIRST(pad, widths)
  IN_FIRST(pad, 1)
  IN_FIRST(pad_edge, widths)
  IN_FIRST(full_like, 3)
  IN_FIRST(zeros_like)
  IN_FIRST(ones_like)
  IN_FIRST(empty_like)
  IN_FIRST(tril)
  IN_FIRST(triu)
  IN_FIRST(diag)
  IN_FIRST(diagonal)
  IN_FIRST(sum)
  IN_FIRST(prod)
  IN_FIRST(max)
  IN_FIRST(min)
  IN_FIRST(all)
  IN_FIRST(any)
  IN_FIRST(count_nonzero)
  IN_FIRST(mean)
  IN_FIRST(var)
  IN_FIRST(stddev)
  IN_FIRST(logsumexp)
  IN_FIRST(argmax)
  IN_FIRST(argmin)
  IN_FIRST(argmax, 0)
  IN_FIRST(argmin, 0)
  IN_FIRST(softmax, 0)
  IN_FIRST(log_softmax, 0)
  IN_FIRST(cumsum, 0)
  IN_FIRST(cumprod, 0)
  IN_FIRST(cummax, 0)
  IN_FIRST(cummin, 0)
  IN_FIRST(logcumsumexp, 0)
  IN_FIRST(view, Dtype::int32)
  IN_FIRST(diff)
  IN_FIRST(hadamard_transform)
  IN_FIRST(sort, 0)
  IN_FIRST(argsort, 0)
  IN_FIRST(partition, 0, 0)
  IN_FIRST(argpartition, 0, 0)
  IN_FIRST(topk, 1, 0)
  IN_FIRST(median)
  IN_FIRST(nan_to_num)
  IN_FIRST(round, 2)
  IN_FIRST(to_fp8)
  IN_FIRST(from_fp8)
  IN_FIRST(take, 1, 0)
  IN_FIRST(max_pool2d, 2)
  IN_FIRST(avg_pool2d, 2)
  IN_FIRST(clip, 0, 1)
  expect_refusal("std", [&] { (void)lazulite::std(none); });
  expect_refusal("index", [&] { (void)index(none, {0}); });
  expect_refusal("full", [&] { (void)full({2}, none); });
  expect_refusal("full", [&] { (void)full({2}, none, Dtype::int32); });
  expect_refusal("split", [&] { (void)split(none, std::vector<int64_t>{1}); });
  expect_refusal("concatenate", [&] { (void)concatenate({x, none}); });
  expect_refusal("concatenate", [&] { (void)concatenate({none, x}); });
  expect_refusal("stack", [&] { (void)stack({x, none}); });
  expect_refusal("broadcast_arrays", [&] { (void)broadcast_arrays({x, none}); });
  EACH(3, "clip", clip(a...))
  EACH(2, "slice_update", slice_update(a..., {0, 0}, {1, 1}))
  EACH(2, "linear_recurrence", linear_recurrence(a..., 0))
  IN_BOTH(matmul)
  IN_BOTH(inner)
  IN_BOTH(outer)
  IN_BOTH(tensordot)
  IN_BOTH(isclose)
  IN_BOTH(allclose)
  IN_BOTH(array_equal)
  IN_BOTH(divmod)
  IN_BOTH(conv2d)
  IN_BOTH(take)
  EACH(3, "addmm", addmm(a...))
  EACH(2, "take", take(a..., 0))
  EACH(2, "take_along_axis", take_along_axis(a..., 0))
  EACH(3, "put_along_axis", put_along_axis(a..., 0))
  EACH(3, "add_along_axis", add_along_axis(a..., 0))
  EACH(3, "scatter_add", scatter_add(a..., 0))
  refuse_each(
      "index",
      [](const Array& a, const Array& i) {
        return index(a, {0, i});
      },
      x, std::make_index_sequence<2>());
  refuse_each(
      "index_update",
      [](const Array& a, const Array& i, const Array& v) {
        return index_update(a, {i, 0}, v);
      },
      x, std::make_index_sequence<3>());
  refuse_each(
      "gather", [](const Array& a, const Array& i) { return gather(a, {i}, {0}); }, x,
      std::make_index_sequence<2>());
  refuse_each(
      "scatter",
      [](const Array& a, const Array& i, const Array& v) { return scatter(a, {i}, v, {0}); }, x,
      std::make_index_sequence<3>());
  EACH(2, "uniform", random::uniform(a..., {2, 2}))
  EACH(2, "truncated_normal", random::truncated_normal(a..., {2, 2}))
  EACH(2, "randint", random::randint(a..., {2, 2}))
  expect_refusal("bernoulli", [&] { (void)random::bernoulli(none, {2}); });
  expect_refusal("categorical", [&] { (void)random::categorical(none); });
  expect_refusal("categorical", [&] { (void)random::categorical(none, 0, 3); });
  expect_refusal("split", [&] { (void)random::split(none); });
}

TEST(EmptyHandles, InEveryMethod) {
#define METHOD(name, ...) expect_refusal(#name, [&] { (void)none.name(__VA_ARGS__); });
  METHOD(shape)
  METHOD(shape, 0)
  METHOD(dtype)
  METHOD(is_evaluated)
  METHOD(astype, Dtype::int32)
  METHOD(reshape, {2})
  METHOD(flatten)
  METHOD(squeeze)
  METHOD(transpose)
  METHOD(swapaxes, 0, 1)
  METHOD(moveaxis, 0, 1)
  METHOD(diag)
  METHOD(diagonal)
  METHOD(sum)
  METHOD(prod)
  METHOD(max)
  METHOD(min)
  METHOD(all)
  METHOD(any)
  METHOD(mean)
  METHOD(var)
  METHOD(std)
  METHOD(logsumexp)
  METHOD(argmax)
  METHOD(argmin)
  METHOD(argmax, 0)
  METHOD(argmin, 0)
  METHOD(abs)
  METHOD(cos)
  METHOD(exp)
  METHOD(imag)
  METHOD(log)
  METHOD(log10)
  METHOD(log1p)
  METHOD(log2)
  METHOD(real)
  METHOD(reciprocal)
  METHOD(round)
  METHOD(rsqrt)
  METHOD(sin)
  METHOD(sqrt)
  METHOD(square)
  METHOD(eval)
#undef METHOD
  Array x({1, 2});
  expect_refusal("item", [&] { (void)none.item<float>(); });
  expect_refusal("to_vector", [&] { (void)none.to_vector<float>(); });
  expect_refusal("data", [&] { (void)none.data<float>(); });
  expect_refusal("transpose", [&] { (void)none.T(); });
  expect_refusal("conjugate", [&] { (void)none.conj(); });
  expect_refusal("split", [&] { (void)none.split(2); });
  expect_refusal("shape", [&] { (void)none.ndim(); });
  expect_refusal("shape", [&] { (void)none.size(); });
  expect_refusal("print", [&] { (void)none.to_string(); });
  expect_refusal("bool", [&] { (void)bool(none); });
  expect_refusal("index", [&] { (void)none[0]; });
  expect_refusal("index", [&] { (void)none[{0, Slice{}}]; });
  expect_refusal("index", [&] { (void)none[x]; });
  expect_refusal("index", [&] { (void)x[none]; });
  expect_refusal("index_update", [&] { (void)none.at(0).set(x); });
  expect_refusal("index_update", [&] { (void)x.at(none).add(x); });
  expect_refusal("index_update", [&] { (void)x.at(0).set(none); });
  expect_refusal("add", [&] { (void)(none + x); });
  expect_refusal("add", [&] { (void)(x += none); });
  expect_refusal("negative", [&] { (void)-none; });
  expect_refusal("eval", [&] { eval(x, none); });
  expect_refusal("eval", [&] { async_eval({none}); });
}

TEST(EmptyHandles, InLayersAndLosses) {
  using namespace nn;
  Array x = ones({2, 2});
#define LAYER(name, ...) expect_refusal(#name, [&] { (void)name(__VA_ARGS__)(none); });
  LAYER(Linear, 2, 2)
  LAYER(Conv2d, 1, 1, 1)
  LAYER(BatchNorm, 2)
  LAYER(Dropout, 0.5)
  LAYER(MaxPool2d, 2)
  LAYER(AvgPool2d, 2)
  LAYER(Sequential)
  LAYER(ReLU)
  LAYER(ReLU6)
  LAYER(LeakyReLU)
  LAYER(ELU)
  LAYER(SELU)
  LAYER(CELU)
  LAYER(GELU)
  LAYER(SiLU)
  LAYER(Mish)
  LAYER(Softplus)
  LAYER(Softsign)
  LAYER(Hardswish)
  LAYER(LogSigmoid)
  LAYER(Sigmoid)
  LAYER(Tanh)
  LAYER(Softmax)
  LAYER(LogSoftmax)
  LAYER(Flatten)
  LAYER(Identity)
#undef LAYER
  IN_FIRST(leaky_relu)
  IN_FIRST(elu)
  IN_FIRST(celu)
  IN_FIRST(gelu)
  IN_FIRST(silu)
  IN_FIRST(mish)
  IN_FIRST(softsign)
  IN_FIRST(hardswish)
  IN_FIRST(relu6)
  IN_FIRST(selu)
  IN_FIRST(softplus)
  IN_FIRST(log_sigmoid)
  IN_BOTH(nll_loss)
  IN_BOTH(cross_entropy)
  IN_BOTH(mse_loss)
}

TEST(EmptyHandles, InTransformsOptimizersAndFiles) {
  Array x = ones({2});
  auto same = [](const Arrays& a) { return a; };
  auto nothing = [](const Arrays&) { return Arrays{none}; };
  expect_refusal("vjp", [&] { (void)vjp(same, {none}, {x}); });
  expect_refusal("vjp", [&] { (void)vjp(same, {x}, {none}); });
  expect_refusal("vjp", [&] { (void)vjp(nothing, {x}, {x}); });
  expect_refusal("jvp", [&] { (void)jvp(same, {none}, {x}); });
  expect_refusal("jvp", [&] { (void)jvp(nothing, {x}, {x}); });
  expect_refusal("vmap", [&] { (void)vmap(same)({none}); });
  expect_refusal("vmap", [&] { (void)vmap(nothing)({x}); });
  expect_refusal("grad", [&] { (void)grad(same)({none}); });
  expect_refusal("grad", [&] { (void)value_and_grad(nothing)({x}); });
  expect_refusal("compile", [&] { (void)compile(same)({none}); });
  expect_refusal("compile", [&] { (void)compile(nothing)({x}); });

  expect_refusal("tie", [&] { Cell(x).tie(none); });
  nn::Linear layer(2, 2);
  optim::SGD optimizer(0.1);
  nn::NamedArrays gradients;
  for (const auto& [name, parameter] : layer.parameters()) gradients.emplace_back(name, none);
  expect_refusal("Optimizer", [&] { optimizer.update(layer, gradients); });
  expect_refusal("clip_grad_norm", [&] { (void)optim::clip_grad_norm(gradients, 1); });
  expect_refusal("an empty handle", [&] { layer.update(gradients); });
  expect_refusal("ArrayDataset", [&] { data::ArrayDataset set(none, x); });
  expect_refusal("ArrayDataset", [&] { data::ArrayDataset set(x, none); });
  test::TempFolder folder;
  std::string path = folder / "x.safetensors";
  expect_refusal("save_safetensors", [&] { io::save_safetensors(path, {{"x", none}}); });
  EXPECT_FALSE(std::filesystem::exists(path));
  expect_refusal("export_function", [&] { io::export_function(path, same, {x, none}); });
  expect_refusal("export_function", [&] { io::export_function(path, nothing, {x}); });
  EXPECT_FALSE(std::filesystem::exists(path));
  io::export_function(path, same, {x});
  const auto imported = io::import_function(path);
  expect_refusal("import_function", [&] { (void)imported({none}); });
}

}  // namespace
}  // namespace lazulite
