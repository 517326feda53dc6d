// Views of an array's elements, and copies.
#include <algorithm>
#include <numeric>

#include "fuzz/operation.h"

namespace lazulite::fuzz {
namespace {

// A shape with so many elements.
Numbers other_shape(Maker& maker, int64_t count) {
  if (count == 0) return {0, maker.size()};
  Numbers out;
  int64_t left = count;
  while (left > 1 && out.size() < 4) {
    std::vector<int64_t> divisors;
    for (int64_t d = 1; d <= std::min<int64_t>(left, 70); ++d) {
      if (left % d == 0) divisors.push_back(d);
    }
    int64_t size = maker.one_of(divisors);
    out.push_back(size);
    left /= size;
  }
  if (left > 1 || maker.chance(20))
    out.insert(out.begin() + maker.below(1 + int64_t(out.size())), left);
  return out;
}

bool choose_slice(Maker& maker, Value& value) {
  if (!choose_any(maker, value, 1)) return false;
  static const std::vector<int64_t> strides = {1, 1, 1, 2, 3, 7, -1, -1, -2, -5};
  value.numbers.resize(3);
  for (int64_t n : maker.at(value.operands[0]).shape()) {
    int64_t stride = maker.one_of(strides), far = stride > 0 ? n : 0, near = n - far;
    auto bound = [&](int64_t whole) {
      if (maker.chance(60)) return whole;
      return maker.below(2 * n + 3) - n - 1;
    };
    value.numbers[0].push_back(bound(near));
    value.numbers[1].push_back(stride > 0 ? bound(far) : maker.chance(60) ? -100000 : bound(0));
    value.numbers[2].push_back(stride);
  }
  return true;
}

}  // namespace

void add_views(Operations& all) {
  all.push_back({"reshape", 20, "reshape($0, {#0})",
                 [](Maker& maker, Value& value) {
                   if (!choose_any(maker, value)) return false;
                   value.numbers = {other_shape(maker, maker.at(value.operands[0]).size())};
                   return true;
                 },
                 [](auto x, const auto& n) { return reshape(x[0], to_shape(n[0])); }});
  all.push_back({"transpose", 24, "transpose($0, {#0})",
                 [](Maker& maker, Value& value) {
                   if (!choose_any(maker, value, 2)) return false;
                   Numbers axes(maker.at(value.operands[0]).ndim());
                   std::iota(axes.begin(), axes.end(), 0);
                   std::shuffle(axes.begin(), axes.end(), maker.random());
                   value.numbers = {axes};
                   return true;
                 },
                 [](auto x, const auto& n) { return transpose(x[0], to_axes(n[0])); }});
  all.push_back(
      {"slice", 30, "slice($0, {#0}, {#1}, {#2})", choose_slice, [](auto x, const auto& n) {
         return slice(x[0], to_positions(n[0]), to_positions(n[1]), to_positions(n[2]));
       }});
  all.push_back({"slice_update", 12, "slice_update($0, $1, {#0}, {#1}, {#2})",
                 [](Maker& maker, Value& value) {
                   if (!choose_slice(maker, value)) return false;
                   const Array& x = maker.at(value.operands[0]);
                   Shape part =
                       slice(x, to_positions(value.numbers[0]), to_positions(value.numbers[1]),
                             to_positions(value.numbers[2]))
                           .shape();
                   int update = maker.pick([&](const Array& y) { return y.shape() == part; });
                   if (update < 0 || maker.chance(20)) {
                     Dtype dtype = x.dtype();
                     update = maker.add_input(maker.chance(20) ? Shape{} : part, dtype, Fill::tame);
                   }
                   value.operands.push_back(update);
                   return true;
                 },
                 [](auto x, const auto& n) {
                   return slice_update(x[0], x[1], to_positions(n[0]), to_positions(n[1]),
                                       to_positions(n[2]));
                 }});
  all.push_back({"flip", 10, "flip($0, {#0})",
                 [](Maker& maker, Value& value) {
                   if (!choose_any(maker, value)) return false;
                   value.numbers = {maker.axes(maker.at(value.operands[0]))};
                   return true;
                 },
                 [](auto x, const auto& n) { return flip(x[0], to_axes(n[0])); }});
  all.push_back({"expand_dims", 8, "expand_dims($0, {#0})",
                 [](Maker& maker, Value& value) {
                   if (!choose_any(maker, value)) return false;
                   auto axes = static_cast<int64_t>(maker.at(value.operands[0]).ndim());
                   value.numbers = {{maker.below(axes + 1)}};
                   return axes < 6;
                 },
                 [](auto x, const auto& n) { return expand_dims(x[0], to_axes(n[0])); }});
  all.push_back({"squeeze", 4, "squeeze($0)",
                 [](Maker& maker, Value& value) { return choose_any(maker, value, 1); },
                 [](auto x, const auto&) { return squeeze(x[0]); }});
  all.push_back({"broadcast_to", 8, "broadcast_to($0, {#0})",
                 [](Maker& maker, Value& value) {
                   if (!choose_any(maker, value)) return false;
                   Shape shape = maker.at(value.operands[0]).shape();
                   for (int64_t& size : shape) size = size == 1 ? maker.size() : size;
                   if (shape.size() < 4) shape.insert(shape.begin(), 1 + maker.below(4));
                   value.numbers = {Numbers(shape.begin(), shape.end())};
                   return true;
                 },
                 [](auto x, const auto& n) { return broadcast_to(x[0], to_shape(n[0])); }});
  all.push_back({"diagonal", 4, "diagonal($0, #0, #1)",
                 [](Maker& maker, Value& value) {
                   if (!choose_any(maker, value, 2)) return false;
                   const Array& x = maker.at(value.operands[0]);
                   int64_t axis = maker.axis(x);
                   value.numbers = {{maker.below(5) - 2},
                                    {axis, (axis + 1) % static_cast<int64_t>(x.ndim())}};
                   return true;
                 },
                 [](auto x, const auto& n) {
                   return diagonal(x[0], static_cast<int>(n[0][0]), static_cast<int>(n[1][0]),
                                   static_cast<int>(n[1][1]));
                 }});
  auto plain = [&](const std::string& name, int weight, Array (*function)(Array)) {
    all.push_back({name, weight, name + "($0)",
                   [](Maker& maker, Value& value) { return choose_any(maker, value); },
                   [function](auto x, const auto&) { return function(x[0]); }});
  };
  plain("alias", 3, alias);
  plain("stop_gradient", 3, stop_gradient);
  plain("copy", 4, copy);
  plain("contiguous", 4, contiguous);
}

}  // namespace lazulite::fuzz
