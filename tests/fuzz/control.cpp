// What says how or when something is computed, and operations and rules of users.
#include <algorithm>

#include "fuzz/operation.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/custom.h"

namespace lazulite::fuzz {
namespace {

// Elements in reverse, and its own inverse, derivative and transpose.
struct Reversal {
  static std::shared_ptr<const CustomOperation> make() {
    return std::shared_ptr<const CustomOperation>(new CustomOperation{
        .name = "reversal",
        .infer = [](InputTypes x) -> ArrayTypes {
          return {{x[0].shape, x[0].dtype}};
        },
        .run =
            [](std::span<const HostArray> x, std::span<const HostArray> y) {
              size_t size = size_of(x[0].dtype),
                     count = static_cast<size_t>(element_count(x[0].shape));
              for (size_t i = 0; i < count; ++i) {
                std::copy_n(x[0].elements<char>() + i * size, size,
                            y[0].elements<char>() + (count - 1 - i) * size);
              }
            },
        .vjp = [](const Arrays&, const Arrays&, const Arrays& cotangents) -> Arrays {
          return {of(cotangents[0])};
        },
        .jvp = [](const Arrays&, const Arrays&, const Arrays& tangents) -> Arrays {
          return {of(tangents[0])};
        },
        .vmap = [](const Arrays& x, const std::vector<bool>&) -> Arrays {
          Axes all;
          for (int axis = 1; axis < static_cast<int>(x[0].ndim()); ++axis) all.push_back(axis);
          return {all.empty() ? x[0] : flip(x[0], all)};
        }});
  }
  static Array of(const Array& x) {
    static const auto* operation = new std::shared_ptr<const CustomOperation>(make());
    return apply_operation(*operation, {x})[0];
  }
};

// The square, with a derivative of its own that is right.
Array square_with_rules(const Array& x) {
  CustomFunction f([](const Arrays& in) { return Arrays{square(in[0])}; });
  f.set_vjp([](const Arrays& in, const Arrays& cotangents, const Arrays&) {
    return Arrays{2 * in[0] * cotangents[0]};
  });
  f.set_jvp(
      [](const Arrays& in, const Arrays& tangents) { return Arrays{2 * in[0] * tangents[0]}; });
  return f({x})[0];
}

bool choose_inexact(Maker& maker, Value& value) {
  value.operands = {maker.pick([](const Array& x) { return is_inexact(x.dtype()); })};
  return value.operands[0] >= 0;
}

}  // namespace

void add_control(Operations& all) {
  all.push_back({"depends", 3, "depends($0, $1)",
                 [](Maker& maker, Value& value) {
                   value.operands = {maker.any(), maker.any()};
                   return true;
                 },
                 [](auto x, const auto&) { return depends(x[0], x[1]); }});
  all.push_back({"reversal", 4, "reversal($0)",
                 [](Maker& maker, Value& value) { return choose_any(maker, value); },
                 [](auto x, const auto&) { return Reversal::of(x[0]); }});
  all.push_back({"square_with_rules", 4, "square_with_rules($0)", choose_inexact,
                 [](auto x, const auto&) { return square_with_rules(x[0]); }});
  all.push_back({"checkpoint", 4, "checkpoint(tanh($0) * $1)",
                 [](Maker& maker, Value& value) {
                   if (!choose_inexact(maker, value)) return false;
                   const Array& x = maker.at(value.operands[0]);
                   value.operands.push_back(maker.pick([&](const Array& y) {
                     return y.dtype() == x.dtype() && y.shape() == x.shape();
                   }));
                   return true;
                 },
                 [](auto x, const auto&) {
                   return checkpoint([](const Arrays& in) { return Arrays{tanh(in[0]) * in[1]}; })(
                       {x[0], x[1]})[0];
                 }});
}

}  // namespace lazulite::fuzz
