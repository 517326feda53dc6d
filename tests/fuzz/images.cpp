// Convolution, pooling, and both as a block.
#include "fuzz/operation.h"

namespace lazulite::fuzz {
namespace {

int as_int(int64_t number) { return static_cast<int>(number); }

bool is_image(const Array& x) {
  return x.ndim() == 4 && x.shape(1) > 1 && x.shape(2) > 1 && x.shape(3) > 0 && x.shape(0) > 0;
}

int image(Maker& maker, bool floating) {
  int found = maker.pick([&](const Array& x) {
    return is_image(x) && x.dtype() != Dtype::bool_ && (!floating || is_floating(x.dtype()));
  });
  if (found >= 0 && maker.chance(70)) return found;
  static const std::vector<int64_t> batch = {1, 1, 2, 3, 16, 17}, side = {2, 3, 5, 6, 7, 8, 12, 14},
                                    channels = {1, 2, 3, 4, 5, 8, 16, 17, 32};
  Shape shape{maker.one_of(batch), maker.one_of(side), 0, maker.one_of(channels)};
  shape[2] = maker.chance(60) ? shape[1] : maker.one_of(side);
  Dtype dtype = maker.dtype();
  if (!is_floating(dtype) || maker.chance(50)) dtype = Dtype::float32;
  while (element_count(shape) > 4000 && !maker.large())
    shape[0] = (shape[0] + 1) / 2, shape[3] = (shape[3] + 1) / 2;
  return maker.add_input(shape, dtype, Fill::tame);
}

// (x, w) and {stride}, {padding}, {dilation}, {groups}.
bool choose_convolution(Maker& maker, Value& value) {
  int x = image(maker, true);
  int64_t c = maker.at(x).shape(3);
  static const std::vector<int64_t> kernels = {1, 2, 3, 3, 5, 5},
                                    outputs = {1, 2, 4, 6, 10, 16, 32};
  int64_t groups = maker.chance(85) || c % 2 ? 1 : maker.one_of<int64_t>({2, c});
  int64_t out = maker.one_of(outputs);
  if (groups > 1) out = groups * (1 + maker.below(2));
  if (c > 64 || out > 64) return false;
  int64_t kernel = maker.one_of(kernels);
  Shape shape{out, kernel, maker.chance(80) ? kernel : maker.one_of(kernels), c / groups};
  int w = maker.add_input(shape, maker.at(x).dtype(), Fill::tame);
  value.operands = {x, w};
  value.numbers = {{maker.chance(80) ? 1 : 1 + maker.below(3)},
                   {maker.below(kernel)},
                   {maker.chance(85) ? 1 : 2},
                   {groups}};
  return true;
}

}  // namespace

void add_images(Operations& all) {
  all.push_back({"conv2d", 16, "conv2d($0, $1, #0, #1, #2, #3)", choose_convolution,
                 [](auto x, const auto& n) {
                   return conv2d(x[0], x[1], as_int(n[0][0]), as_int(n[1][0]), as_int(n[2][0]),
                                 as_int(n[3][0]));
                 }});
  all.push_back({"conv_block", 12, "max_pool2d(relu(conv2d($0, $1, 1, #1) + $2), 2)",
                 [](Maker& maker, Value& value) {
                   if (!choose_convolution(maker, value)) return false;
                   const Array& w = maker.at(value.operands[1]);
                   value.operands.push_back(maker.add_input({w.shape(0)}, w.dtype(), Fill::tame));
                   return true;
                 },
                 [](auto x, const auto& n) {
                   return max_pool2d(relu(conv2d(x[0], x[1], 1, as_int(n[1][0])) + x[2]), 2);
                 }});
  auto choose_pool = [](bool floating) {
    return [floating](Maker& maker, Value& value) {
      int64_t window = 2 + maker.below(2);
      value.operands = {image(maker, floating)};
      value.numbers = {{window}, {1 + maker.below(3)}, {maker.below(2)}};
      return true;
    };
  };
  all.push_back({"max_pool2d", 8, "max_pool2d($0, #0, #1, #2)", choose_pool(false),
                 [](auto x, const auto& n) {
                   return max_pool2d(x[0], as_int(n[0][0]), as_int(n[1][0]), as_int(n[2][0]));
                 }});
  all.push_back(
      {"avg_pool2d", 8, "avg_pool2d($0, #0, #1, #2)", choose_pool(true), [](auto x, const auto& n) {
         return avg_pool2d(x[0], as_int(n[0][0]), as_int(n[1][0]), as_int(n[2][0]));
       }});
}

}  // namespace lazulite::fuzz
