#include "lazulite/ops/custom.h"
#include "scenario.h"

namespace lazulite::faults {
namespace {

Arrays mapped() {
  const Array x = numbers({3, 4, 5}), w = numbers({5, 2});
  const auto each = [&](const Arrays& in) {
    return Arrays{sum(tanh(matmul(in[0], w)), Axes{0}), cumsum(in[0], 1)};
  };
  return evaluated(vmap(each, {1}, {0, 1})({x}));
}

Arrays forward() {
  const Array x = numbers({4, 5}), w = numbers({5, 3});
  const auto f = [&](const Arrays& in) { return Arrays{sum(square(tanh(matmul(in[0], in[1]))))}; };
  const auto [values, tangents] = jvp(f, {x, w}, {ones({4, 5}), Array()});
  return evaluated({values[0], tangents[0]});
}

Arrays checkpointed() {
  const Array w = numbers({5, 5});
  const auto block = checkpoint([&](const Array& x) { return tanh(matmul(x, w)); });
  const auto slope = grad([&](const Array& x) { return sum(block(block(x))); });
  return evaluated({slope(numbers({4, 5}))});
}

Arrays custom_rules() {
  CustomFunction f([](const Arrays& x) { return Arrays{exp(x[0]) * x[0]}; });
  f.set_vjp([](const Arrays& x, const Arrays& cotangents, const Arrays& outputs) {
    return Arrays{cotangents[0] * (outputs[0] + exp(x[0]))};
  });
  const auto slope = grad([&](const Array& x) { return sum(f({x})[0]); });
  return evaluated({slope(numbers({6})), f({numbers({3})})[0]});
}

std::shared_ptr<const CustomOperation> doubling() {
  return std::shared_ptr<const CustomOperation>(
      new CustomOperation{.name = "doubling",
                          .infer = [](InputTypes x) -> ArrayTypes {
                            return {{x[0].shape, x[0].dtype}};
                          },
                          .run =
                              [](std::span<const HostArray> x, std::span<const HostArray> y) {
                                const int64_t count = element_count(x[0].shape);
                                for (int64_t i = 0; i < count; ++i) {
                                  y[0].elements<float>()[i] = 2 * x[0].elements<float>()[i];
                                }
                              }});
}

Arrays custom_operation() {
  const auto f = compile(
      [operation = doubling()](const Array& x) { return apply_operation(operation, {x})[0] + x; });
  return evaluated({f(numbers({5, 4})), apply_operation(doubling(), {numbers({7}).T()})[0]});
}

}  // namespace

std::vector<Scenario> transform_scenarios() {
  return {
      function("mapped", mapped),
      function("forward", forward),
      function("checkpointed", checkpointed),
      function("custom_rules", custom_rules),
      function("custom_operation", custom_operation),
  };
}

}  // namespace lazulite::faults
