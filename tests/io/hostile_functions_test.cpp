// Functions in files whose operations are not what the library would have written: they are refused
// or bound to what there is, whatever their numbers are.
#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/io/exported_function.h"
#include "lazulite/ops/ops.h"
#include "support/expect.h"
#include "support/temp_folder.h"

namespace lazulite {
namespace {

using test::expect_equal;

struct Type {
  const char* dtype;
  Shape shape;
};

std::string text(const std::vector<Type>& types) {
  std::string out;
  for (const Type& type : types) {
    out += (out.empty() ? "[\"" : ",[\"") + std::string(type.dtype) + "\",[";
    for (size_t i = 0; i < type.shape.size(); ++i) {
      out += (i ? "," : "") + std::to_string(type.shape[i]);
    }
    out += "]]";
  }
  return out;
}

/// One operation on the arguments.
struct Step {
  const char *name, *parameters, *inputs;
  std::vector<Type> outputs;
};

class HostileFunctions : public testing::Test {
 protected:
  // The first result of the function in a file.
  Array result(const std::vector<Type>& types, const Step& step, const Arrays& arguments) const {
    const std::string path = folder_ / "f";
    io::save_safetensors(
        path, {{"0", ones({2})}},
        {{"lazulite.functions",
          R"({"version":1,"functions":[{"shapeless":false,"inputs":[)" + text(types) +
              R"(],"names":[],"constants":[],"steps":[{"op":")" + step.name + R"(","with":)" +
              step.parameters + R"(,"in":)" + step.inputs + R"(,"out":[)" + text(step.outputs) +
              R"(]}],"results":[)" + std::to_string(types.size()) + "]}]}"}});
    return io::import_function(path)(arguments)[0].eval();
  }
  void expect_refused(const std::vector<Type>& types, const Step& step,
                      const Arrays& arguments) const {
    EXPECT_THROW(result(types, step, arguments), Error) << step.name << step.parameters;
  }

  test::TempFolder folder_;
};

Array places(int32_t first, int32_t second) { return Array({first, second}, Dtype::int32); }

TEST_F(HostileFunctions, ProductsOfCodes) {
  const std::vector<Type> types = {{"float32", {4, 64}},
                                   {"uint32", {4, 8}},
                                   {"float32", {4, 1}},
                                   {"float32", {4, 1}},
                                   {"float32", {1}}};
  const Arrays given = {ones({4, 64}), zeros({4, 8}, Dtype::uint32), ones({4, 1}),
                        full({4, 1}, 0.5f), ones({1})};
  auto step = [](const char* attributes, const char* inputs = "[0,1,2,3]") {
    return Step{"Call", attributes, inputs, {{"float32", {4, 4}}}};
  };
  expect_equal(result(types, step(R"(["quantized_matmul",[0,64,4,1,0]])"), given),
               full({4, 4}, 32.0f));
  for (const char* attributes :
       {R"(["quantized_matmul",[0,64,0,1,0]])", R"(["quantized_matmul",[0,0,4,1,0]])",
        R"(["quantized_matmul",[0,1,4,1,0]])", R"(["quantized_matmul",[0,-64,4,1,0]])",
        R"(["quantized_matmul",[7,64,4,1,0]])", R"(["quantized_matmul",[0,64,4]])",
        R"(["quantized_matmul",[]])", R"(["quantized_matmul",[0.5,"a",4,1,0]])"}) {
    expect_refused(types, step(attributes), given);
  }
  // Scales that are too few, or something else.
  expect_refused(types, step(R"(["quantized_matmul",[0,64,4,1,0]])", "[0,1,4,3]"), given);
  expect_refused(types, step(R"(["quantized_matmul",[0,64,4,1,0]])", "[0,1,0,0]"), given);
  expect_refused(types, step(R"(["quantized_matmul",[0,64,4,1,0]])", "[0,1,2,1]"), given);
}

// Whatever chooses matrices chooses one that there is.
TEST_F(HostileFunctions, ChosenMatrices) {
  const Array x = concatenate({ones({1, 4, 64}), full({1, 4, 64}, 2.0f)}, 0);
  const Type many{"float32", {2, 4, 64}}, chosen{"int32", {2}};
  expect_equal(
      result({many, {"uint32", {2, 4, 8}}, {"float32", {2, 4, 1}}, {"float32", {2, 4, 1}}, chosen},
             {"Call",
              R"(["quantized_matmul",[0,64,4,1,1]])",
              "[0,1,2,3,4,4]",
              {{"float32", {2, 4, 4}}}},
             {x, zeros({2, 4, 8}, Dtype::uint32), ones({2, 4, 1}), ones({2, 4, 1}),
              places(2000000000, -2000000000)}),
      concatenate({full({1, 4, 4}, 128.0f), full({1, 4, 4}, 64.0f)}, 0));
  const Type square{"float32", {2, 4, 4}};
  const Array a = concatenate({ones({1, 4, 4}), full({1, 4, 4}, 2.0f)}, 0);
  const Step gather{"Call", R"(["gather_mm",[]])", "[0,1,2,2]", {square}};
  expect_equal(result({square, square, chosen}, gather, {a, a, places(2000000000, -2000000000)}),
               concatenate({full({1, 4, 4}, 16.0f), full({1, 4, 4}, 4.0f)}, 0));
  const Type none{"float32", {0, 4, 4}};
  expect_refused({none, square, chosen}, gather, {zeros({0, 4, 4}), a, places(0, 0)});
}

TEST_F(HostileFunctions, ProductsByBlocks) {
  const Type one{"float32", {1, 4, 4}}, two{"float32", {2, 4, 4}};
  auto step = [](const char* attributes, const Type& out) {
    return Step{"Call", attributes, "[0,1]", {out}};
  };
  const Arrays given = {ones({1, 4, 4}), ones({1, 4, 4})};
  expect_equal(result({one, one}, step(R"(["block_masked_mm",[32,0,0,0]])", one), given),
               full({1, 4, 4}, 4.0f));
  for (const char* attributes :
       {R"(["block_masked_mm",[0,0,0,0]])", R"(["block_masked_mm",[-1,0,0,0]])",
        R"(["block_masked_mm",[5000000000,0,0,0]])", R"(["block_masked_mm",[32]])"}) {
    expect_refused({one, one}, step(attributes, one), given);
  }
  expect_refused({two, one}, step(R"(["block_masked_mm",[32,0,0,0]])", two),
                 {ones({2, 4, 4}), ones({1, 4, 4})});
}

TEST_F(HostileFunctions, Attention) {
  const Type q{"float16", {1, 2, 3, 4}}, k{"float16", {1, 1, 5, 4}}, v{"float16", {1, 1, 5, 6}};
  const Type out{"float16", {1, 2, 3, 6}}, mask{"bool", {1, 2, 3, 5}};
  auto halves = [](const Shape& shape) { return ones(shape, Dtype::float16); };
  const Arrays given{halves(q.shape), halves(k.shape), halves(v.shape)};
  auto step = [&](const char* attributes, const char* inputs = "[0,1,2]") {
    return Step{"Call", attributes, inputs, {out}};
  };
  // The bits of 0.5.
  const char* good = R"(["attention",[{"bits":4602678819172646912},1]])";
  expect_equal(result({q, k, v}, step(good), given), halves(out.shape));
  for (const char* attributes :
       {R"(["attention",[]])", R"(["attention",[{"bits":4602678819172646912}]])",
        R"(["attention",[1,0]])", R"(["attention",[{"bits":4602678819172646912},"a"]])"}) {
    expect_refused({q, k, v}, step(attributes), given);
  }
  for (const char* inputs : {"[0,1]", "[0,1,0]", "[1,0,2]", "[2,1,0]", "[0,1,2,1]", "[]"}) {
    expect_refused({q, k, v}, step(good, inputs), given);
  }
  const Type none{"float16", {1, 0, 5, 4}};
  expect_refused({q, none, none}, step(good), {given[0], halves(none.shape), halves(none.shape)});
  const Type flat{"bool", {3, 5}};
  Arrays more = given;
  more.push_back(zeros(flat.shape, Dtype::bool_));
  expect_refused({q, k, v, flat}, step(good, "[0,1,2,3]"), more);
  more[3] = zeros(mask.shape, Dtype::bool_);
  expect_equal(result({q, k, v, mask}, step(good, "[0,1,2,3]"), more), halves(out.shape));
}

TEST_F(HostileFunctions, Strides) {
  const Type row{"float32", {16}};
  const Arrays given = {arange(16, Dtype::float32)};
  auto step = [](const char* attributes, const Shape& shape) {
    return Step{"Call", attributes, "[0]", {{"float32", shape}}};
  };
  expect_equal(result({row}, step(R"(["as_strided",[[2,2],[3,1],5]])", {2, 2}), given),
               Array({{5.0f, 6.0f}, {8.0f, 9.0f}}));
  expect_refused({row}, step(R"(["as_strided",[[5],[4611686018427387904],0]])", {5}), given);
  expect_refused({row}, step(R"(["as_strided",[[2,2,2,2],[1],0]])", {2, 2, 2, 2}), given);
  expect_refused({row}, step(R"(["as_strided",[[2],[1,1,1],0]])", {2}), given);
  expect_refused({row}, step(R"(["as_strided",[[2],[16],0]])", {2}), given);
  expect_refused({row}, step(R"(["as_strided",[[2],[-1],0]])", {2}), given);
}

TEST_F(HostileFunctions, Windows) {
  // 2^60 elements, of which 16 lie inside.
  expect_refused({{"float32", {1, 4, 4, 1}}},
                 {"MaxPool",
                  "[[1073741824,1073741824],[1,1],[536870912,536870912]]",
                  "[0]",
                  {{"float32", {1, 5, 5, 1}}, {"uint32", {1, 5, 5, 1}}}},
                 {ones({1, 4, 4, 1})});
  expect_refused({{"float32", {1, 4, 4, 1}}},
                 {"AvgPool",
                  "[[1073741824,1073741824],[1,1],[536870912,536870912]]",
                  "[0]",
                  {{"float32", {1, 5, 5, 1}}}},
                 {ones({1, 4, 4, 1})});
  // Positions that no window has.
  expect_equal(
      result({{"float32", {1, 2, 2, 1}}, {"uint8", {1, 2, 2, 1}}},
             {"MaxPoolGrad", "[[2,2],[2,2],[0,0],[1,4,4,1]]", "[0,1]", {{"float32", {1, 4, 4, 1}}}},
             {ones({1, 2, 2, 1}), full({1, 2, 2, 1}, 200, Dtype::uint8)}),
      zeros({1, 4, 4, 1}));
}

TEST_F(HostileFunctions, RowsWithoutElements) {
  expect_refused({{"float32", {3, 0}}}, {"Custom", R"(["rfft"])", "[0]", {{"complex64", {3, 1}}}},
                 {ones({3, 0})});
  EXPECT_EQ(
      result({{"complex64", {3, 0}}}, {"Custom", R"(["fft"])", "[0]", {{"complex64", {3, 0}}}},
             {zeros({3, 0}, Dtype::complex64)})
          .shape(),
      (Shape{3, 0}));
}

TEST_F(HostileFunctions, Indices) {
  const Type row{"float32", {4}}, two{"int32", {2}}, picked{"float32", {2}};
  const Array x = {1.0f, 2.0f, 3.0f, 4.0f}, far = places(2000000000, -2000000000);
  expect_refused({two}, {"CheckIndex", R"(["take",-5,true,true])", "[0]", {two}}, {far});
  expect_equal(result({row, two}, {"Gather", "[0]", "[0,1]", {picked}}, {x, far}),
               Array({4.0f, 1.0f}));
  expect_equal(result({row, two}, {"GatherAlong", "[0]", "[0,1]", {picked}}, {x, far}),
               Array({4.0f, 1.0f}));
  expect_equal(result({row, two}, {"GatherPoints", "[[0],0]", "[0,1]", {picked}}, {x, far}),
               Array({4.0f, 1.0f}));
  const Arrays updates = {x, far, Array({10.0f, 20.0f})};
  const Array added = {21.0f, 2.0f, 3.0f, 14.0f};
  expect_equal(result({row, two, picked}, {"ScatterAdd", "[0]", "[0,1,2]", {row}}, updates), added);
  expect_equal(result({row, two, picked}, {"ScatterAlong", "[0,true]", "[0,1,2]", {row}}, updates),
               added);
  expect_equal(
      result({row, two, picked}, {"ScatterPoints", R"([[0],0,"add"])", "[0,1,2]", {row}}, updates),
      added);
}

}  // namespace
}  // namespace lazulite
