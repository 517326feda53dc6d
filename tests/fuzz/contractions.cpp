// Matrix products.
#include "fuzz/operation.h"
#include "lazulite/nn/functional.h"
#include "lazulite/ops/quantization.h"

namespace lazulite::fuzz {
namespace {

bool choose_product(Maker& maker, Value& value) {
  int a = maker.pick([](const Array& x) { return x.ndim() > 0 && is_inexact(x.dtype()); });
  if (a < 0) return false;
  Array x = maker.at(a);
  int64_t k = x.shape(-1);
  int b = maker.pick([&](const Array& y) {
    return is_inexact(y.dtype()) && y.ndim() > 0 && y.shape(y.ndim() == 1 ? 0 : -2) == k;
  });
  if (b < 0 || maker.chance(30)) {
    Shape shape{k, maker.size()};
    if (x.ndim() == 3 && maker.chance(50)) shape.insert(shape.begin(), x.shape(0));
    if (element_count(shape) > 60000) return false;
    b = maker.add_input(shape, x.dtype(), Fill::tame);
  }
  value.operands = {a, b};
  return true;
}

// Codes are made within the program, of a matrix with whole groups.
bool choose_quantized(Maker& maker, Value& value) {
  const auto fits = [](const Array& x) {
    return x.ndim() > 0 && x.dtype() == Dtype::float32 && x.size() > 0 && x.shape(-1) % 64 == 0;
  };
  int x = maker.pick(fits);
  if (x < 0) x = maker.add_input({maker.size(), 64}, Dtype::float32, Fill::tame);
  const int64_t depth = maker.at(x).shape(-1);
  if (depth > 512) return false;
  value.operands = {x, maker.add_input({maker.size(), depth}, Dtype::float32, Fill::tame)};
  value.numbers.push_back({maker.below(3)});
  return true;
}

Array quantized_product(const Array& x, const Array& w, int64_t format) {
  const QuantizationOptions formats[] = {{QuantizationMode::affine, 64, 4},
                                         {QuantizationMode::affine, 32, 6},
                                         {QuantizationMode::nvfp4}};
  const QuantizationOptions& options = formats[format];
  const Quantized codes = quantize(w, options);
  return quantized_matmul(x, codes.weight, codes.scales, codes.biases, true, options);
}

// Indices pick among the matrices of both operands.
bool choose_gathered(Maker& maker, Value& value) {
  const int64_t lefts = 1 + maker.below(4), rights = 1 + maker.below(4), depth = maker.size();
  const Shape chosen = maker.chance(50) ? Shape{maker.size()} : Shape{2, 3};
  const Dtype dtype = maker.chance(70) ? Dtype::float32 : Dtype::float16;
  if (element_count(chosen) > 64 || depth > 128) return false;
  value.operands = {maker.add_input({lefts, 1 + maker.below(9), depth}, dtype, Fill::tame),
                    maker.add_input({rights, depth, 1 + maker.below(9)}, dtype, Fill::tame),
                    maker.indices(chosen, lefts), maker.indices(chosen, rights)};
  return true;
}

// Numbers are the ends of segments, which may be empty.
bool choose_segmented(Maker& maker, Value& value) {
  const int64_t depth = 1 + maker.below(60);
  value.operands = {maker.add_input({1 + maker.below(9), depth}, Dtype::float32, Fill::tame),
                    maker.add_input({depth, 1 + maker.below(9)}, Dtype::float32, Fill::tame)};
  Numbers ends;
  for (int64_t more = maker.below(4); more >= 0; --more) {
    const int64_t begin = maker.below(depth + 1);
    ends.push_back(begin);
    ends.push_back(begin + maker.below(depth + 1 - begin));
  }
  value.numbers = {ends};
  return true;
}

Array segmented_product(const Array& x, const Array& y, const Numbers& ends) {
  return segmented_mm(x, y, Array(ends, {static_cast<int64_t>(ends.size()) / 2, 2}));
}

// A number's bits are the masks of at most two by two blocks: of the product and of both operands.
bool choose_masked(Maker& maker, Value& value) {
  const int64_t rows = 1 + maker.below(64), depth = 1 + maker.below(64);
  value.operands = {maker.add_input({rows, depth}, Dtype::float32, Fill::tame),
                    maker.add_input({depth, 1 + maker.below(64)}, Dtype::float32, Fill::tame)};
  value.numbers = {{maker.below(1 << 15)}};
  return true;
}

Array masked_product(const Array& x, const Array& y, int64_t bits) {
  const auto mask = [&](int64_t rows, int64_t columns) -> Array {
    const int64_t own = bits & 31;
    bits >>= 5;
    if (own & 16) return {};
    std::vector<int64_t> kept;
    const int64_t down = (rows + 31) / 32, across = (columns + 31) / 32;
    for (int64_t i = 0; i < down * across; ++i) kept.push_back(own >> i & 1);
    return astype(Array(kept, {down, across}), Dtype::bool_);
  };
  const Array out = mask(x.shape(0), y.shape(1)), left = mask(x.shape(0), x.shape(1));
  return block_masked_mm(x, y, 32, out, left, mask(y.shape(0), y.shape(1)));
}

// The number says whether there is a causal mask.
bool choose_attention(Maker& maker, Value& value) {
  const Dtype dtype = maker.chance(50) ? Dtype::float16 : Dtype::bfloat16;
  const int64_t batch = 1 + maker.below(2), groups = 1 + maker.below(2), columns = maker.size();
  const int64_t heads = groups * (1 + maker.below(2)), rows = maker.size();
  auto features = [&] { return maker.chance(60) ? 16 * (1 + maker.below(2)) : maker.size(); };
  const int64_t of_keys = features(), of_values = features();
  if (rows * columns > 4096 || of_keys > 128 || of_values > 128) return false;
  value.operands = {maker.add_input({batch, heads, rows, of_keys}, dtype, Fill::tame),
                    maker.add_input({batch, groups, columns, of_keys}, dtype, Fill::tame),
                    maker.add_input({batch, groups, columns, of_values}, dtype, Fill::tame)};
  value.numbers = {{maker.below(2)}};
  return true;
}

}  // namespace

void add_contractions(Operations& all) {
  all.push_back({"matmul", 24, "matmul($0, $1)", choose_product,
                 [](auto x, const auto&) { return matmul(x[0], x[1]); }});
  all.push_back({"addmm", 5, "addmm($2, $0, $1, 0.5, 2)",
                 [](Maker& maker, Value& value) {
                   if (!choose_product(maker, value)) return false;
                   int64_t n = maker.at(value.operands[1]).shape(-1);
                   int c = maker.pick([&](const Array& x) {
                     return x.ndim() == 0 || (x.ndim() == 1 && x.shape(0) == n);
                   });
                   value.operands.push_back(c);
                   return c >= 0;
                 },
                 [](auto x, const auto&) { return addmm(x[2], x[0], x[1], 0.5, 2); }});
  all.push_back({"inner", 4, "inner($0, $1)",
                 [](Maker& maker, Value& value) {
                   int a = maker.pick([](const Array& x) {
                     return x.ndim() > 0 && x.ndim() < 3 && is_inexact(x.dtype());
                   });
                   if (a < 0) return false;
                   int64_t k = maker.at(a).shape(-1);
                   int b = maker.pick([&](const Array& y) {
                     return y.ndim() > 0 && y.ndim() < 3 && y.shape(-1) == k;
                   });
                   value.operands = {a, b};
                   return true;
                 },
                 [](auto x, const auto&) { return inner(x[0], x[1]); }});
  all.push_back({"outer", 4, "outer($0, $1)",
                 [](Maker& maker, Value& value) {
                   auto small = [](const Array& x) { return x.size() < 100; };
                   value.operands = {maker.pick(small), maker.pick(small)};
                   return value.operands[0] >= 0;
                 },
                 [](auto x, const auto&) { return outer(x[0], x[1]); }});
  all.push_back({"tensordot", 4, "tensordot($0, $1, 1)", choose_product,
                 [](auto x, const auto&) { return tensordot(x[0], x[1], 1); }});
  all.push_back({"quantized_matmul", 4, "quantized_product($0, $1, #0)", choose_quantized,
                 [](auto x, const auto& n) { return quantized_product(x[0], x[1], n[0][0]); }});
  all.push_back({"gather_mm", 3, "gather_mm($0, $1, $2, $3)", choose_gathered,
                 [](auto x, const auto&) { return gather_mm(x[0], x[1], x[2], x[3]); }});
  all.push_back({"segmented_mm", 3, "segmented_product($0, $1, {#0})", choose_segmented,
                 [](auto x, const auto& n) { return segmented_product(x[0], x[1], n[0]); }});
  all.push_back({"block_masked_mm", 3, "masked_product($0, $1, #0)", choose_masked,
                 [](auto x, const auto& n) { return masked_product(x[0], x[1], n[0][0]); }});
  all.push_back({"attention", 3, "nn::scaled_dot_product_attention($0, $1, $2, 0.25, {}, #0)",
                 choose_attention, [](auto x, const auto& n) {
                   return nn::scaled_dot_product_attention(x[0], x[1], x[2], 0.25, {},
                                                           n[0][0] != 0);
                 }});
}

}  // namespace lazulite::fuzz
