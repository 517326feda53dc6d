#include "transforms/primitive_cases.h"

#include <set>

#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/ops/ops.h"
#include "lazulite/ops/primitives.h"
#include "lazulite/transforms/checkpoint.h"
#include "lazulite/transforms/custom_function.h"
#include "support/finite_differences.h"

namespace lazulite::test {
namespace {

Array whole(const Array& x, int size) {
  return astype(floor((x + 1) * (size * 0.5)), Dtype::int32);
}

ArraysFunction one(Array (*function)(Array)) {
  return [function](const Arrays& a) { return Arrays{function(a[0])}; };
}

const ConvGeometry plain{{1, 1}, {1, 0}, {1, 1}, 1};
const ConvGeometry grouped{{2, 1}, {1, 1}, {1, 2}, 2};
const PoolGeometry windows{{2, 2}, {2, 1}, {0, 1}};

// x * y, with its derivatives by hand.
CustomFunction with_rules() {
  CustomFunction function([](const Arrays& a) { return Arrays{a[0] * a[1], exp(a[1])}; });
  function.set_vjp([](const Arrays& a, const Arrays& g, const Arrays& out) {
    Array across = g[0] * conjugate(a[0]);
    while (across.ndim() > a[1].ndim()) across = sum(across, 0);
    return Arrays{g[0] * conjugate(a[1]), across + g[1] * conjugate(out[1])};
  });
  function.set_jvp([](const Arrays& a, const Arrays& t) {
    return Arrays{t[0] * a[1] + a[0] * t[1], exp(a[1]) * t[1]};
  });
  return function;
}

// x * x / 2, computed here.
std::shared_ptr<const CustomOperation> half_square() {
  return std::shared_ptr<const CustomOperation>(new CustomOperation{
      .name = "half_square",
      .infer = [](InputTypes x) -> ArrayTypes {
        if (x[0].dtype != Dtype::float64) throw Error("half_square: float64 is expected");
        return {{x[0].shape, x[0].dtype}};
      },
      .run =
          [](std::span<const HostArray> x, std::span<const HostArray> y) {
            for (int64_t i = 0; i < element_count(x[0].shape); ++i) {
              double number = x[0].elements<double>()[i];
              y[0].elements<double>()[i] = number * number / 2;
            }
          },
      .vjp = [](const Arrays& x, const Arrays&, const Arrays& g) { return Arrays{g[0] * x[0]}; },
      .jvp = [](const Arrays& x, const Arrays&, const Arrays& t) { return Arrays{t[0] * x[0]}; },
      // The same, whatever the shape.
      .vmap = [](const Arrays& x,
                 const std::vector<bool>&) { return apply_operation(half_square(), x); }});
}

std::vector<PrimitiveCase> make_cases() {
  Array row = spread_values({4}), matrix = spread_values({3, 4}, 1),
        cube = spread_values({2, 3, 4}, 2);
  Array image = spread_values({2, 5, 4, 4}, 3), weight = spread_values({6, 3, 2, 4}, 4);
  Array few = spread_values({6, 3, 2, 2}, 5);
  return {
      {"unary", one(exp), {cube}},
      {"binary", [](const Arrays& a) { return Arrays{a[0] * a[1] + sin(a[1])}; }, {cube, matrix}},
      {"broadcasting both ways",
       [](const Arrays& a) { return Arrays{atan2(expand_dims(a[0], 1), a[1])}; },
       {row, spread_values({3}, 7)}},
      {"selection",
       [](const Arrays& a) { return Arrays{where(a[0] > 0, a[1] * a[0], a[2])}; },
       {matrix, row, matrix * 0.5}},
      {"complex",
       [](const Arrays& a) {
         Array z = astype(a[0], Dtype::complex64) * complex64(0.5f, 1) + a[1] * complex64(0, 1);
         return Arrays{real(exp(z) * z) + abs(z) + imag(sin(z))};
       },
       {astype(matrix, Dtype::float32), astype(row + 2, Dtype::float32)}},
      {"cast",
       [](const Arrays& a) { return Arrays{astype(astype(a[0], Dtype::float32), Dtype::float64)}; },
       {matrix}},
      {"arange",
       [](const Arrays& a) { return Arrays{a[0] * arange(a[0].shape(-1), Dtype::float64)}; },
       {matrix}},
      {"sum",
       [](const Arrays& a) {
         return Arrays{sum(square(a[0]), {0, 2}), sum(a[0])};
       },
       {cube}},
      {"prod",
       [](const Arrays& a) {
         return Arrays{prod(a[0], {0, 2})};
       },
       {cube}},
      {"max",
       [](const Arrays& a) {
         return Arrays{max(a[0], 1), min(a[0], Axes{0, 2})};
       },
       {cube}},
      {"all",
       [](const Arrays& a) {
         return Arrays{where(all(a[0] > -0.9, 1), sum(a[0], 1), sum(a[0] * 2, 1))};
       },
       {matrix}},
      {"argmax",
       [](const Arrays& a) {
         return Arrays{take_along_axis(a[0], argmax(a[0], 1, true), 1), argmin(a[0], 0)};
       },
       {cube}},
      {"cumsum",
       [](const Arrays& a) {
         return Arrays{cumsum(square(a[0]), 1), cumsum(a[0], 0, true),
                       cumsum(a[0], 2, false, false), cumsum(a[0], -1, true, false), cumsum(a[0])};
       },
       {cube}},
      {"cumprod",
       [](const Arrays& a) {
         return Arrays{cumprod(a[0], 1), cumprod(a[0], 0, true), cumprod(a[0], 2, false, false),
                       cumprod(a[0], -1, true, false)};
       },
       {cube}},
      {"linear_recurrence",
       [](const Arrays& a) {
         return Arrays{linear_recurrence(a[0], square(a[1]), 1),
                       linear_recurrence(a[1], a[0], -1, true)};
       },
       {cube, matrix}},
      {"cummax",
       [](const Arrays& a) {
         // Without an element they are infinite.
         auto finite = [](const Array& x) { return where(isfinite(x), x, 0); };
         return Arrays{cummax(a[0], 1), cummin(a[0], 0, true),
                       finite(cummax(a[0], 2, false, false)),
                       finite(cummin(a[0], -1, true, false))};
       },
       {cube}},
      {"logcumsumexp",
       [](const Arrays& a) {
         return Arrays{logcumsumexp(a[0], 1), logcumsumexp(a[0], 0, true),
                       exp(logcumsumexp(a[0], 2, false, false)),
                       exp(logcumsumexp(a[0], -1, true, false))};
       },
       {cube}},
      {"view",
       [](const Arrays& a) {
         Array bytes = view(stop_gradient(a[0]), Dtype::uint8);
         return Arrays{where(isfinite(view(bytes, Dtype::float64)), a[0], 0)};
       },
       {matrix}},
      {"sort",
       [](const Arrays& a) {
         return Arrays{sort(a[0], 1) * a[0], sort(a[0], std::nullopt),
                       astype(argsort(a[0], 0), Dtype::float32) * a[0]};
       },
       {cube}},
      {"alias", [](const Arrays& a) { return Arrays{square(alias(copy(a[0])))}; }, {matrix}},
      {"stop_gradient",
       [](const Arrays& a) { return Arrays{stop_gradient(floor(a[0])) * a[0]}; },
       {matrix}},
      {"reshape",
       [](const Arrays& a) {
         return Arrays{square(reshape(a[0], {4, 6}))};
       },
       {cube}},
      {"transpose",
       [](const Arrays& a) {
         return Arrays{square(transpose(a[0], {2, 0, 1}))};
       },
       {cube}},
      {"broadcast",
       [](const Arrays& a) {
         return Arrays{broadcast_to(a[0], {2, 3, 4})};
       },
       {row}},
      {"slice",
       [](const Arrays& a) {
         return Arrays{square(slice(a[0], {0, 2, 3}, {2, -9, 0}, {1, -2, -1}))};
       },
       {cube}},
      {"slice_update",
       [](const Arrays& a) {
         return Arrays{square(slice_update(a[0], a[1], {0, 2}, {3, 4}, {2, 1}))};
       },
       {matrix, spread_values({2, 2}, 6)}},
      {"concatenate",
       [](const Arrays& a) {
         return Arrays{square(concatenate({a[0], a[1], a[0]}, 1))};
       },
       {matrix, spread_values({3, 2}, 7)}},
      {"take",
       [](const Arrays& a) {
         Array indices = whole(a[1], 3);
         return Arrays{take(a[0], indices, 1) * 2.0, take(a[0], reshape(indices, {2, 2}) - 3, 1)};
       },
       {cube, row}},
      {"scatter_add",
       [](const Arrays& a) { return Arrays{square(scatter_add(a[0], whole(a[1], 3), a[2], 1))}; },
       {cube, row, spread_values({2, 4, 4}, 8)}},
      {"take_along_axis",
       [](const Arrays& a) { return Arrays{square(take_along_axis(a[0], whole(a[1], 3), 1))}; },
       {cube, spread_values({2, 2, 4}, 9)}},
      {"put_along_axis",
       [](const Arrays& a) {
         Array places = argmax(a[1], 1, true);  // one a row, so that none is written twice
         return Arrays{square(put_along_axis(a[0], places, a[2], 1)),
                       square(add_along_axis(a[0], places, a[2], 1))};
       },
       {matrix, matrix * -1, spread_values({3, 1}, 10)}},
      {"gather",
       [](const Arrays& a) {
         Array rows = whole(a[1], 3), places = whole(a[2], 2);
         return Arrays{square(index(a[0], {places, rows})),
                       square(index(a[0], {ellipsis, rows, 3 - rows})),
                       square(index(a[0], {places, newaxis, Slice{1}, rows}))};
       },
       {cube, row, spread_values({2, 1}, 5)}},
      {"assignment at points",
       [](const Arrays& a) {
         Array rows({2, 0, 2}), places = whole(a[1], 3);  // of two updates the last counts
         return Arrays{square(index_update(a[0], {Slice{}, rows}, a[2])),
                       square(index_update(a[0], {ellipsis, places, 1}, a[1]))};
       },
       {cube, row, spread_values({2, 3, 4}, 3)}},
      {"updates at points",
       [](const Arrays& a) {
         Array rows = whole(a[1], 3);
         Arrays out;
         for (Update how :
              {Update::add, Update::multiply, Update::divide, Update::maximum, Update::minimum}) {
           const double shift = how == Update::maximum || how == Update::minimum ? 0 : 2;
           out.push_back(square(index_update(a[0], {1, rows}, a[2] + shift, how)));
           out.push_back(index_update(a[0], {Slice{}, rows, 3 - rows}, a[1] + 3, how));
         }
         return out;
       },
       {cube, row, spread_values({4, 4}, 8)}},
      {"products with zeros at points",
       [](const Arrays& a) {
         return Arrays{index_update(a[0], {Array({0, 1, 1, 2, 2, 2})},
                                    a[1] * Array({0.0, 0.0, 1.0, 1.0, 0.0, 0.0}),
                                    Update::multiply)};
       },
       {spread_values({3}, 2), spread_values({6}, 1)}},
      {"values for a mask",
       [](const Arrays& a) {
         Array mask = a[0] > 0;
         return Arrays{square(index_update(a[0], {mask}, a[1])),
                       index_update(a[0], {mask}, 3.0 * a[2], Update::multiply)};
       },
       {matrix, spread_values({12}, 5), spread_values({}, 2)}},
      {"matmul",
       [](const Arrays& a) { return Arrays{matmul(a[0], a[1])}; },
       {matrix, spread_values({4, 2}, 11)}},
      {"batched matmul",
       [](const Arrays& a) { return Arrays{matmul(a[0], swapaxes(a[1], 1, 2))}; },
       {cube, spread_values({2, 5, 4}, 12)}},
      {"convolution",
       [](const Arrays& a) { return Arrays{convolution(a[0], a[1], plain)}; },
       {image, weight}},
      {"grouped convolution",
       [](const Arrays& a) { return Arrays{convolution(a[0], a[1], grouped)}; },
       {image, few}},
      {"gradient of a convolution to its images",
       [=](const Arrays& a) {
         return Arrays{convolution_grad_input(a[0], a[1], image.shape(), grouped)};
       },
       {few, spread_values(convolution(image, few, grouped).shape(), 13)}},
      {"gradient of a convolution to its weights",
       [=](const Arrays& a) {
         return Arrays{convolution_grad_weight(a[0], a[1], few.shape(), grouped)};
       },
       {image, spread_values(convolution(image, few, grouped).shape(), 14)}},
      {"max_pool",
       [](const Arrays& a) { return Arrays{square(max_pool(a[0], windows))}; },
       {image}},
      {"gradient of max_pool",
       [](const Arrays& a) {
         Array pooled = max_pool(a[0], windows);
         return Arrays{max_pool_grad(a[1], Array(pooled.node(), 1), a[0].shape(), windows)};
       },
       {image, spread_values(max_pool(image, windows).shape(), 15)}},
      {"avg_pool",
       [](const Arrays& a) { return Arrays{square(avg_pool(a[0], windows))}; },
       {image}},
      {"gradient of avg_pool",
       [=](const Arrays& a) { return Arrays{avg_pool_grad(a[0], image.shape(), windows)}; },
       {spread_values(avg_pool(image, windows).shape(), 16)}},
      {"random bits",
       [](const Arrays& a) {
         // So coarse that differences do not reach another key.
         Array key = astype(whole(a[0], 4), Dtype::uint32);
         return Arrays{random::uniform({3}, Dtype::float32, key) * sum(a[0])};
       },
       {spread_values({2}, 17)}},
      {"softmax",
       [](const Arrays& a) {
         return Arrays{softmax(a[0], -1), log_softmax(a[0], 0), logsumexp(a[0], 1)};
       },
       {matrix}},
      {"depends",
       [](const Arrays& a) {
         Array late = depends(a[0] * 2, sin(a[0]));
         return Arrays{late * sin(a[0]) + exp(a[0]), depends({a[0], late}, {a[1]})[1]};
       },
       {matrix, row}},
      {"a function with rules", with_rules(), {matrix, row}},
      {"a checkpoint",
       checkpoint([](const Arrays& a) {
         Array inner = sin(a[0]) * a[1];
         return Arrays{exp(inner) * inner, sum(inner, 0)};
       }),
       {matrix, row}},
      {"an operation of one's own",
       [operation = half_square()](const Arrays& a) {
         return Arrays{sum(apply_operation(operation, {a[0] * 2})[0], 0) * sin(a[0])};
       },
       {matrix}},
  };
}

}  // namespace

const std::vector<PrimitiveCase>& primitive_cases() {
  static const auto* cases = new std::vector<PrimitiveCase>(make_cases());
  return *cases;
}

std::vector<std::string> primitives_in(const Arrays& results) {
  std::set<std::string> names;
  std::set<Node*> seen;
  std::vector<Node*> stack;
  for (const Array& result : results) stack.push_back(result.node());
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    if (!node->primitive || !seen.insert(node).second) continue;
    names.insert(node->primitive->type.name);
    for (const Array& input : node->inputs) stack.push_back(input.node());
  }
  return {names.begin(), names.end()};
}

}  // namespace lazulite::test
