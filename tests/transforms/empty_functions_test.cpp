// Function objects and pointers that hold no function, given to what takes functions.
#include <gtest/gtest.h>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

template <class F>
void expect_refusal(const std::string& operation, F&& call) {
  try {
    call();
    ADD_FAILURE() << operation << " took an empty function";
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), operation + ": an empty function was given");
  }
}

TEST(EmptyFunctions, AreRefusedByName) {
  const ArraysFunction arrays;
  const std::function<Array(const Array&)> one;
  Array (*const pointer)(const Array&) = nullptr;
  const std::function<Array(Array, Array)> two;
  const Array x = ones({2});
  expect_refusal("compile", [&] { compile(arrays); });
  expect_refusal("compile", [&] { compile(one); });
  expect_refusal("compile", [&] { compile(two); });
  expect_refusal("compile", [&] { compile(pointer); });
  expect_refusal("compile", [&] { CompiledFunction{ArraysFunction()}; });
  expect_refusal("vjp", [&] { vjp(arrays, {x}, {x}); });
  expect_refusal("jvp", [&] { jvp(arrays, {x}, {x}); });
  expect_refusal("jvp", [&] { jvp(one, x, x); });
  expect_refusal("vmap", [&] { vmap(arrays); });
  expect_refusal("vmap", [&] { vmap(pointer); });
  expect_refusal("grad", [&] { grad(arrays); });
  expect_refusal("grad", [&] { grad(one); });
  expect_refusal("value_and_grad", [&] { value_and_grad(arrays); });
  expect_refusal("value_and_grad", [&] { value_and_grad(pointer); });
  expect_refusal("value_and_grad", [&] { nn::value_and_grad(nn::Linear(2, 2), one); });
  expect_refusal("checkpoint", [&] { checkpoint(arrays); });
  expect_refusal("checkpoint", [&] { checkpoint(one); });
  expect_refusal("CustomFunction", [&] { CustomFunction{arrays}; });
}

}  // namespace
}  // namespace lazulite
