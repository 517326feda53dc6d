#include "lazulite/io/exported_function.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "lazulite/core/errors.h"
#include "lazulite/nn/nn.h"
#include "lazulite/ops/custom.h"
#include "lazulite/ops/ops.h"
#include "lazulite/program/evaluate.h"
#include "lazulite/transforms/checkpoint.h"
#include "lazulite/transforms/compile.h"
#include "lazulite/transforms/custom_function.h"
#include "lazulite/transforms/vjp.h"
#include "lazulite/transforms/vmap.h"
#include "support/expect.h"
#include "support/temp_folder.h"

namespace lazulite {
namespace {

using io::export_function;
using io::import_function;
using test::expect_close;
using test::expect_equal;
using testing::HasSubstr;

class ExportedFunction : public testing::Test {
 protected:
  std::string path(const std::string& name = "f") const { return folder_ / name; }

  template <class Function>
  io::ImportedFunction round_trip(Function function, const Arrays& examples,
                                  io::ExportOptions options = {}) const {
    export_function(path(), std::move(function), examples, std::move(options));
    return import_function(path());
  }
  template <class F>
  static std::string error_in(F&& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  test::TempFolder folder_;
};

TEST_F(ExportedFunction, GivesWhatTheFunctionGives) {
  auto function = [](const Array& x, const Array& y) {
    return std::pair(softmax(matmul(x, y), {-1}), sum(x, 0));
  };
  const io::ImportedFunction imported = round_trip(function, {ones({2, 3}), ones({3, 4})});
  const Array x = {{0.5, -1.0, 2.0}, {1.0, 0.0, -0.5}},
              y = reshape(arange(12, Dtype::float32), {3, 4});
  const auto [first, second] = function(x, y);
  const Arrays results = imported({x, y});
  ASSERT_EQ(results.size(), 2);
  expect_equal(results[0], first);
  expect_equal(results[1], second);
  EXPECT_EQ(imported.metadata(), "");
}

TEST_F(ExportedFunction, HoldsWhatItCaptures) {
  const Array weight = {{1.0, 2.0}, {3.0, 4.0}};
  const Array pending = transpose(weight) * 2;
  const auto imported = round_trip(
      [&](const Arrays& x) {
        return Arrays{matmul(x[0], pending), weight};
      },
      {ones({1, 2})});
  const Arrays results = imported({Array({{1.0, -1.0}})});
  expect_equal(results[0], Array({{-2.0, -2.0}}));
  expect_equal(results[1], weight);
}

TEST_F(ExportedFunction, TakesNamedArguments) {
  auto function = [](const Arrays& x, const io::NamedArrays& named) {
    Array out = x[0];
    for (const auto& [name, array] : named) out = name == "minus" ? out - array : out * array;
    return Arrays{out};
  };
  const Array one(1.0f);
  export_function(path(), function, {one}, {{"times", one}, {"minus", one}},
                  {.metadata = "a model"});
  const auto imported = import_function(path());
  EXPECT_EQ(imported.metadata(), "a model");
  const Array x(7.0f), two(2.0f), three(3.0f);
  // In the order of the names.
  expect_equal(imported({x}, {{"times", three}, {"minus", two}})[0], Array(15.0f));
  expect_equal(imported({x}, {{"minus", two}, {"times", three}})[0], Array(15.0f));
  EXPECT_THAT(error_in([&] {
                imported({x}, {{"times", three}, {"plus", two}});
              }),
              HasSubstr("\"minus\": () float32"));
  EXPECT_THROW(imported({x, two, three}), ValueError);
  EXPECT_THROW(imported({x}, {{"minus", two}, {"minus", three}}), ValueError);
  EXPECT_THROW(imported({Array()}), Error);
}

TEST_F(ExportedFunction, IsOfTheShapesAndDtypesOfItsExamples) {
  const auto imported = round_trip([](const Array& x) { return exp(x); }, {ones({2})});
  EXPECT_THROW(imported({ones({3})}), ValueError);
  EXPECT_THROW(imported({ones({2}, Dtype::float16)}), ValueError);
  EXPECT_THROW(imported({}), ValueError);
}

TEST_F(ExportedFunction, FollowsOtherShapesWhereAsked) {
  auto shaped = [](const Arrays& a) {
    const Array& x = a[0];
    return Arrays{exp(x) + 1,
                  transpose(x),
                  flatten(x),
                  mean(x),
                  concatenate({x, x}, 1),
                  zeros_like(x),
                  broadcast_to(sum(x, 0), x.shape()),
                  matmul(x, transpose(x)),
                  take(x, Array({0, -1}), 0)};
  };
  const auto imported = round_trip(shaped, {ones({2, 4})}, {.shapeless = true});
  for (const Shape& shape : {Shape{2, 4}, Shape{3, 6}, Shape{5, 1}}) {
    const Array x = reshape(arange(element_count(shape), Dtype::float32), shape) * 0.25f;
    const Arrays got = imported({x}), expected = shaped({x});
    for (size_t i = 0; i < got.size(); ++i) {
      SCOPED_TRACE(i);
      expect_close(got[i], expected[i], 1e-6, 1e-6);
    }
  }
  EXPECT_THROW(imported({ones({2})}), ValueError);
  const auto sliced = round_trip(
      [](const Array& x) {
        return x[Slice{0, 2}];
      },
      {ones({4})}, {.shapeless = true});
  expect_equal(sliced({ones({4})})[0], ones({2}));
  EXPECT_THROW(sliced({ones({5})}), ValueError);
}

TEST_F(ExportedFunction, CanBeTransformed) {
  const auto imported = round_trip([](const Array& x) { return sin(x) * 2; }, {zeros({3})});
  const Array x = {0.0, 1.0, 2.0};
  auto loss = [&](const Array& a) { return sum(imported({a})[0]); };
  expect_close(grad(loss)(x), cos(x) * 2, 1e-6);
  const Array many = reshape(arange(6, Dtype::float32), {2, 3});
  expect_close(vmap([&](const Array& a) { return imported({a})[0]; })(many), sin(many) * 2, 1e-6);
  auto compiled = compile([&](const Array& a) { return imported({a})[0] + 1; });
  expect_close(compiled(x), sin(x) * 2 + 1, 1e-6);
  expect_close(compiled(x + 1), sin(x + 1) * 2 + 1, 1e-6);
}

TEST_F(ExportedFunction, HoldsDerivatives) {
  auto gradient = grad([](const Array& x) { return sum(exp(x) * x); });
  const auto imported = round_trip(gradient, {zeros({2})});
  const Array x = {0.5, -1.0};
  expect_close(imported({x})[0], exp(x) * (x + 1), 1e-6);
}

TEST_F(ExportedFunction, HoldsSeveralTraces) {
  const Array weight = ones({100, 100});
  auto function = [&](const Arrays& x, const io::NamedArrays&) {
    Array total = sum(weight);
    for (const Array& one : x) total = total + sum(one);
    return Arrays{total};
  };
  io::FunctionExporter exporter(path(), function);
  const Array one(1.0f);
  exporter({one});
  exporter({one, one});
  exporter({ones({3})});
  EXPECT_THAT(error_in([&] { exporter({Array(5.0f)}); }), HasSubstr("exported for such arguments"));
  exporter.close();
  exporter.close();
  EXPECT_THAT(error_in([&] { exporter({one, one, one}); }), HasSubstr("is written"));
  // The weights are there once.
  EXPECT_LT(test::content_of(path()).size(), weight.nbytes() * 3 / 2);
  const auto imported = import_function(path());
  expect_equal(imported({one})[0], Array(10001.0f));
  expect_equal(imported({one, one})[0], Array(10002.0f));
  expect_equal(imported({ones({3})})[0], Array(10003.0f));
  EXPECT_THAT(error_in([&] { imported({one, one, one}); }), HasSubstr(" 3. 1 positional inputs"));
}

TEST_F(ExportedFunction, DoesNotExportItselfOnTheWay) {
  io::FunctionExporter* own = nullptr;
  io::FunctionExporter exporter(path(), [&](const Array& x) {
    if (x.size() == 2) (*own)({x});
    return x * 2;
  });
  own = &exporter;
  EXPECT_THAT(error_in([&] { exporter({ones({2})}); }), HasSubstr("its own exporter"));
  exporter({ones({3})});
  exporter.close();
  expect_equal(import_function(path())({ones({3})})[0], full({3}, 2.0f));
}

TEST_F(ExportedFunction, IsNotLostWhereItsFolderIsGone) {
  namespace fs = std::filesystem;
  const std::string place = path("folder");
  fs::create_directory(place);
  io::FunctionExporter exporter(place + "/f", [](const Array& x) { return x * 2; });
  exporter({ones({2})});
  fs::remove(place);
  EXPECT_THROW(exporter.close(), Error);
  EXPECT_THROW(exporter.close(), Error);
  exporter({ones({3})});
  fs::create_directory(place);
  exporter.close();
  const auto imported = import_function(place + "/f");
  expect_equal(imported({ones({2})})[0], full({2}, 2.0f));
  expect_equal(imported({ones({3})})[0], full({3}, 2.0f));
}

struct Net : nn::Module {
  nn::Conv2d convolution{1, 4, 3};
  nn::BatchNorm norm{4};
  nn::Linear out{4, 3};
  Net() { modules({{"convolution", convolution}, {"norm", norm}, {"out", out}}); }
  Array operator()(const Array& x) const {
    return out(mean(nn::relu(norm(convolution(x))), Axes{1, 2}));
  }
};

TEST_F(ExportedFunction, HoldsAModelAndLeavesItAsItWas) {
  Net net;
  const Array x = random::uniform(0, 1, {2, 8, 8, 1});
  const auto before = net.parameters();
  const auto training = round_trip([&](const Array& a) { return net(a); }, {x});
  // Running statistics, which depend on the argument, are not touched.
  for (const auto& [name, array] : net.parameters()) {
    for (const auto& [same, value] : before) {
      if (same == name) expect_equal(array, value);
    }
  }
  net.eval();
  const Array expected = net(x);
  const auto evaluating = round_trip([&](const Array& a) { return net(a); }, {x});
  expect_equal(evaluating({x})[0], expected);
  net.train();
  expect_equal(training({x})[0], net(x));
}

TEST_F(ExportedFunction, DrawsTheSameNumbersEachTime) {
  random::seed(3);
  auto draw = [](const Array& x) { return x + random::uniform(0, 1, {2}); };
  const auto imported = round_trip(draw, {zeros({2})});
  const Array next = random::uniform(0, 1, {2});
  random::seed(3);
  const Array first = random::uniform(0, 1, {2}), second = random::uniform(0, 1, {2});
  expect_equal(imported({zeros({2})})[0], first);
  expect_equal(imported({zeros({2})})[0], first);
  // Exporting has drawn.
  expect_equal(next, second);
}

TEST_F(ExportedFunction, NamesWhatNoFileCanHold) {
  auto operation = std::shared_ptr<const CustomOperation>(
      new CustomOperation{.name = "my_operation",
                          .infer = [](InputTypes x) -> ArrayTypes {
                            return {{x[0].shape, x[0].dtype}};
                          },
                          .run = [](std::span<const HostArray>, std::span<const HostArray>) {}});
  auto custom = [&](const Array& x) { return apply_operation(operation, {x})[0]; };
  EXPECT_THAT(error_in([&] { round_trip(custom, {ones({2})}); }), HasSubstr("my_operation"));
  CustomFunction rules([](const Arrays& x) { return Arrays{exp(x[0])}; });
  rules.set_vjp([](const Arrays&, const Arrays& c, const Arrays&) { return Arrays{c[0] * 100}; });
  auto with_rules = [&](const Array& x) { return rules({x})[0]; };
  EXPECT_THAT(error_in([&] { round_trip(with_rules, {ones({2})}); }),
              HasSubstr("CustomTransforms"));
  EXPECT_TRUE(folder_.names().empty());
  // What a checkpoint computes twice gives the same derivative as what is computed once.
  auto checked = checkpoint([](const Array& x) { return exp(x) * x; });
  auto gradient = grad([&](const Array& x) { return sum(checked(x)); });
  const Array x = {0.5, 1.5};
  expect_close(round_trip(gradient, {x})({x})[0], exp(x) * (x + 1), 1e-6);
  // What is traced stays in its function.
  Array kept;
  EXPECT_THROW(round_trip([&](const Array& a) { return eval({a}), a; }, {ones({2})}), Error);
}

TEST_F(ExportedFunction, HoldsDecompositions) {
  auto function = [](const Array& a) {
    const Array symmetric = matmul(a, transpose(a)) + eye(3);
    return Arrays{qr(a).q,
                  svd(a).s,
                  eigh(symmetric).values,
                  cholesky(symmetric),
                  solve(symmetric, a),
                  det(symmetric),
                  lu_factor(a).lu,
                  real(fft(a))};
  };
  const Array a = {{2.0, 1.0, 0.5}, {1.0, -3.0, 0.25}, {0.0, 4.0, 1.0}};
  const Arrays got = round_trip([&](const Arrays& x) { return function(x[0]); }, {eye(3)})({a});
  const Arrays expected = function(a);
  for (size_t i = 0; i < got.size(); ++i) expect_equal(got[i], expected[i]);
}

TEST_F(ExportedFunction, KeepsNumbersExactly) {
  auto function = [](const Array& x) {
    return Arrays{arange(0.1, 1.0, 0.3, Dtype::float32) + x,
                  x * std::numeric_limits<double>::infinity(),
                  x + Array(std::numeric_limits<float>::quiet_NaN()),
                  astype(x, Dtype::complex64) * std::complex<float>(0.1f, -0.0f),
                  full({2}, Scalar(uint64_t{1} << 63), Dtype::uint64)};
  };
  const Array x(0.1f);
  const Arrays got = round_trip([&](const Arrays& a) { return function(a[0]); }, {x})({x});
  const Arrays expected = function(x);
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) expect_equal(got[i], expected[i]);
}

TEST_F(ExportedFunction, SaysWhatIsWrongWithAFile) {
  EXPECT_THAT(error_in([&] { import_function(path("missing")); }), HasSubstr(path("missing")));
  folder_.write("text", "hello world, this is no such file");
  EXPECT_THAT(error_in([&] { import_function(path("text")); }), HasSubstr(path("text")));
  io::save_safetensors(path("arrays"), {{"0", ones({2})}});
  EXPECT_THAT(error_in([&] { import_function(path("arrays")); }),
              HasSubstr("no exported function"));
  auto with_text = [&](const std::string& text) {
    io::save_safetensors(path("made"), {{"0", ones({2})}}, {{"lazulite.functions", text}});
    return error_in([&] { import_function(path("made")); });
  };
  const std::string type = R"(["float32",[2]])", rest = R"("names":[],"constants":[],)";
  auto one = [&](const std::string& steps, const std::string& results = "[1]") {
    return with_text(R"({"version":1,"functions":[{"shapeless":false,"inputs":[)" + type + "]," +
                     rest + R"("steps":[)" + steps + R"(],"results":)" + results + "}]}");
  };
  EXPECT_EQ(one(R"({"op":"Elementwise","with":["exp"],"in":[0],"out":[)" + type + "]}"),
            "no error");
  EXPECT_THAT(with_text("{"), HasSubstr("not JSON"));
  EXPECT_THAT(with_text("[]"), HasSubstr("'version'"));
  EXPECT_THAT(with_text(R"({"version":99,"functions":[]})"), HasSubstr("version 99"));
  EXPECT_THAT(with_text(std::string(5000, '[')), HasSubstr("nested"));
  EXPECT_THAT(one("", "[7]"), HasSubstr("a number below 1"));
  EXPECT_THAT(one(R"({"op":"Elementwise","with":["exp"],"in":[1],"out":[)" + type + "]}"),
              HasSubstr("a number below 1"));
  EXPECT_THAT(one(R"({"op":"Nothing","in":[0],"out":[)" + type + "]}"),
              HasSubstr("no operation 'Nothing'"));
  EXPECT_THAT(one(R"({"op":"Custom","in":[0],"out":[)" + type + "]}"), HasSubstr("no operation"));
  EXPECT_THAT(one(R"({"op":"Elementwise","with":["nothing"],"in":[0],"out":[)" + type + "]}"),
              HasSubstr("there is no 'nothing'"));
  EXPECT_THAT(one(R"({"op":"Elementwise","in":[0],"out":[)" + type + "]}"),
              HasSubstr("0 parameters are given where there are 1"));
  EXPECT_THAT(one(R"({"op":"Elementwise","with":["exp"],"in":[0],"out":[["float16",[2]]]})"),
              HasSubstr("does not give what is said of it"));
  EXPECT_THAT(one(R"({"op":"Elementwise","with":["add"],"in":[0],"out":[)" + type + "]}"),
              HasSubstr("add"));
  EXPECT_THAT(one(R"({"op":"Reshape","with":[[-3]],"in":[0],"out":[)" + type + "]}"),
              HasSubstr("reshape"));
  EXPECT_THAT(one(R"({"op":"Transpose","with":[[5000000000]],"in":[0],"out":[)" + type + "]}"),
              HasSubstr("out of range"));
}

// What is damaged is refused, or is another function; nothing else happens.
TEST_F(ExportedFunction, BearsDamagedFiles) {
  auto function = [](const Array& x) {
    const Array picked = take(x, Array({0, 2}), 0);
    return Arrays{sort(picked, 1), max(x, 0), cumsum(x, 1), x[{Slice{0, 3, 2}, 1}],
                  nn::MaxPool2d(2)(reshape(x, {1, 4, 4, 1}))};
  };
  export_function(path(), [&](const Arrays& x) { return function(x[0]); }, {ones({4, 4})});
  const std::string whole = test::content_of(path());
  int refused = 0;
  auto attempt = [&](const std::string& content) {
    folder_.write("damaged", content);
    try {
      Arrays results = import_function(path("damaged"))({ones({4, 4})});
      int64_t elements = 0;
      for (const Array& result : results) elements += result.size();
      if (elements < 1'000'000) eval(results);
    } catch (const Error&) {
      ++refused;
    }
  };
  for (size_t length = 0; length < whole.size(); length += 7) attempt(whole.substr(0, length));
  EXPECT_EQ(refused, static_cast<int>((whole.size() + 6) / 7));
  std::mt19937 random(1);
  auto below = [&](size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(random);
  };
  for (int i = 0; i < 4000; ++i) {
    std::string content = whole;
    const size_t changes = 1 + below(3);
    for (size_t k = 0; k < changes; ++k) {
      const size_t at = 8 + below(content.size() - 8);
      // Digits become others, so that numbers change and the text stays one.
      const bool digit = content[at] >= '0' && content[at] <= '9';
      content[at] = digit ? static_cast<char>('0' + below(10)) : static_cast<char>(below(256));
    }
    attempt(content);
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace lazulite
