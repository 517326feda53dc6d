// What joins, repeats and pads arrays.
#include <algorithm>

#include "fuzz/operation.h"

namespace lazulite::fuzz {

void add_movers(Operations& all) {
  all.push_back({"concatenate", 16, "concatenate({@}, #0)",
                 [](Maker& maker, Value& value) {
                   if (!choose_any(maker, value, 1)) return false;
                   Array x = maker.at(value.operands[0]);
                   int axis = maker.axis(x);
                   value.numbers = {{axis}};
                   for (int64_t more = maker.below(3); more >= 0; --more) {
                     value.operands.push_back(maker.pick([&](const Array& y) {
                       if (y.ndim() != x.ndim()) return false;
                       for (int i = 0; i < static_cast<int>(x.ndim()); ++i) {
                         if (i != axis && x.shape(i) != y.shape(i)) return false;
                       }
                       return true;
                     }));
                   }
                   return true;
                 },
                 [](auto x, const auto& n) {
                   return concatenate(Arrays(x.begin(), x.end()), static_cast<int>(n[0][0]));
                 }});
  all.push_back({"stack", 6, "stack({@}, #0)",
                 [](Maker& maker, Value& value) {
                   if (!choose_any(maker, value)) return false;
                   Array x = maker.at(value.operands[0]);
                   value.operands.push_back(
                       maker.pick([&](const Array& y) { return y.shape() == x.shape(); }));
                   value.numbers = {{maker.below(static_cast<int64_t>(x.ndim()) + 1)}};
                   return x.ndim() < 6;
                 },
                 [](auto x, const auto& n) {
                   return stack(Arrays(x.begin(), x.end()), static_cast<int>(n[0][0]));
                 }});
  // Of integers: the bits of others may differ where their values are near enough.
  all.push_back({"view", 4, "view($0, #d0)",
                 [](Maker& maker, Value& value) {
                   int x = maker.pick([](const Array& y) { return is_integer(y.dtype()); });
                   if (x < 0) return false;
                   static const std::vector<Dtype> dtypes = {
                       Dtype::uint8, Dtype::int8,   Dtype::int16, Dtype::uint16,
                       Dtype::int32, Dtype::uint32, Dtype::int64, Dtype::uint64};
                   value.operands = {x};
                   value.numbers = {{static_cast<int64_t>(maker.one_of(dtypes))}};
                   return true;
                 },
                 [](auto x, const auto& n) { return view(x[0], to_dtype(n[0])); }});
  all.push_back({"as_strided", 4, "as_strided($0, {#0}, {#1}, #2)",
                 [](Maker& maker, Value& value) {
                   const int x = maker.pick(not_empty);
                   if (x < 0) return false;
                   Numbers shape, strides;
                   int64_t left = maker.at(x).size() - 1;
                   const int64_t offset = maker.below(left + 1);
                   left -= offset;
                   for (int64_t more = maker.below(3); more >= 0; --more) {
                     shape.push_back(1 + maker.below(std::min<int64_t>(left + 1, 9)));
                     const int64_t steps = shape.back() - 1;
                     strides.push_back(steps ? maker.below(left / steps + 1) : maker.below(4));
                     left -= steps * strides.back();
                   }
                   value.operands = {x};
                   value.numbers = {shape, strides, {offset}};
                   return true;
                 },
                 [](auto x, const auto& n) {
                   return as_strided(x[0], to_shape(n[0]), Strides(n[1].begin(), n[1].end()),
                                     n[2][0]);
                 }});
  all.push_back({"tile", 3, "tile($0, {#0})",
                 [](Maker& maker, Value& value) {
                   if (!choose_any(maker, value, 1)) return false;
                   Numbers counts;
                   for (size_t i = 0; i < maker.at(value.operands[0]).ndim(); ++i) {
                     counts.push_back(1 + maker.below(3));
                   }
                   value.numbers = {counts};
                   return true;
                 },
                 [](auto x, const auto& n) { return tile(x[0], to_shape(n[0])); }});
  all.push_back(
      {"repeat", 4, "repeat($0, #0, #1)",
       [](Maker& maker, Value& value) {
         if (!choose_any(maker, value, 1)) return false;
         value.numbers = {{maker.below(4)}, {maker.axis(maker.at(value.operands[0]))}};
         return true;
       },
       [](auto x, const auto& n) { return repeat(x[0], n[0][0], static_cast<int>(n[1][0])); }});
  all.push_back(
      {"roll", 5, "roll($0, #0, #1)",
       [](Maker& maker, Value& value) {
         if (!choose_any(maker, value, 1)) return false;
         value.numbers = {{maker.below(41) - 20}, {maker.axis(maker.at(value.operands[0]))}};
         return true;
       },
       [](auto x, const auto& n) { return roll(x[0], n[0][0], static_cast<int>(n[1][0])); }});
  auto widths = [](Maker& maker, Value& value) {
    if (!choose_any(maker, value, 1)) return false;
    value.numbers.resize(2);
    for (size_t i = 0; i < maker.at(value.operands[0]).ndim(); ++i) {
      for (Numbers& side : value.numbers) side.push_back(maker.chance(50) ? maker.below(4) : 0);
    }
    return true;
  };
  auto pairs = [](const std::vector<Numbers>& n) {
    std::vector<PadWidth> out;
    for (size_t i = 0; i < n[0].size(); ++i) out.emplace_back(n[0][i], n[1][i]);
    return out;
  };
  all.push_back({"pad", 8, "pad($0, widths({#0}, {#1}), 1)", widths,
                 [pairs](auto x, const auto& n) { return pad(x[0], pairs(n), 1); }});
  all.push_back({"pad_edge", 3, "pad_edge($0, widths({#0}, {#1}))", widths,
                 [pairs](auto x, const auto& n) { return pad_edge(x[0], pairs(n)); }});
  for (bool lower : {true, false}) {
    std::string name = lower ? "tril" : "triu";
    all.push_back({name, 2, name + "($0, #0)",
                   [](Maker& maker, Value& value) {
                     value.numbers = {{maker.below(5) - 2}};
                     return choose_any(maker, value, 2);
                   },
                   [lower](auto x, const auto& n) {
                     int k = static_cast<int>(n[0][0]);
                     return lower ? tril(x[0], k) : triu(x[0], k);
                   }});
  }
  all.push_back({"diag", 3, "diag($0, #0)",
                 [](Maker& maker, Value& value) {
                   value.numbers = {{maker.below(5) - 2}};
                   value.operands = {maker.pick([](const Array& x) {
                     return x.ndim() == 2 || (x.ndim() == 1 && x.size() < 64);
                   })};
                   return value.operands[0] >= 0;
                 },
                 [](auto x, const auto& n) { return diag(x[0], static_cast<int>(n[0][0])); }});
}

}  // namespace lazulite::fuzz
