// Whatever folds axes away or sums along them, and softmax's family.
#include "fuzz/operation.h"

namespace lazulite::fuzz {
namespace {

using Fold = Array (*)(Array, const Axes&, bool);

void add_fold(Operations& all, const std::string& name, int weight, Fold fold) {
  all.push_back(
      {name, weight, name + "($0, {#0}, #1)",
       [](Maker& maker, Value& value) {
         if (!choose_any(maker, value)) return false;
         value.numbers = {maker.axes(maker.at(value.operands[0])), {maker.below(2)}};
         return true;
       },
       [fold](auto x, const auto& n) { return fold(x[0], to_axes(n[0]), n[1][0] != 0); }});
}

bool choose_axis(Maker& maker, Value& value) {
  if (!choose_any(maker, value, 1)) return false;
  value.numbers = {{maker.axis(maker.at(value.operands[0]))}, {maker.below(2)}};
  return true;
}

bool choose_axes(Maker& maker, Value& value) {
  if (!choose_any(maker, value)) return false;
  value.numbers = {maker.axes(maker.at(value.operands[0]))};
  return true;
}

}  // namespace

void add_reductions(Operations& all) {
  add_fold(all, "sum", 40, sum);
  add_fold(all, "prod", 10, prod);
  add_fold(all, "max", 16, max);
  add_fold(all, "min", 10, min);
  add_fold(all, "all", 4, lazulite::all);
  add_fold(all, "any", 4, any);
  add_fold(all, "count_nonzero", 4, count_nonzero);
  add_fold(all, "mean", 12, mean);
  add_fold(all, "logsumexp", 6, logsumexp);
  all.push_back({"var", 6, "var($0, {#0}, false, #1)",
                 [](Maker& maker, Value& value) {
                   if (!choose_any(maker, value)) return false;
                   value.numbers = {maker.axes(maker.at(value.operands[0])), {maker.below(2)}};
                   return true;
                 },
                 [](auto x, const auto& n) {
                   return var(x[0], to_axes(n[0]), false, static_cast<int>(n[1][0]));
                 }});
  all.push_back({"stddev", 4, "stddev($0, {#0})", choose_axes,
                 [](auto x, const auto& n) { return stddev(x[0], to_axes(n[0])); }});
  all.push_back({"argmax", 6, "argmax($0, #0, #1)", choose_axis, [](auto x, const auto& n) {
                   return argmax(x[0], static_cast<int>(n[0][0]), n[1][0] != 0);
                 }});
  all.push_back({"argmin", 6, "argmin($0, #0, #1)", choose_axis, [](auto x, const auto& n) {
                   return argmin(x[0], static_cast<int>(n[0][0]), n[1][0] != 0);
                 }});
  all.push_back({"cumsum", 8, "cumsum($0, #0, #1, #2)",
                 [](Maker& maker, Value& value) {
                   if (!choose_axis(maker, value)) return false;
                   value.numbers.push_back({maker.below(2)});
                   return true;
                 },
                 [](auto x, const auto& n) {
                   return cumsum(x[0], static_cast<int>(n[0][0]), n[1][0] != 0, n[2][0] != 0);
                 }});
  using Cumulate = Array (*)(Array, std::optional<int>, bool, bool);
  for (auto [name, cumulate] : {std::pair<const char*, Cumulate>{"cumprod", cumprod},
                                {"cummax", cummax},
                                {"cummin", cummin},
                                {"logcumsumexp", logcumsumexp}}) {
    all.push_back({name, 3, std::string(name) + "($0, #0, #1, #2)",
                   [](Maker& maker, Value& value) {
                     if (!choose_axis(maker, value)) return false;
                     value.numbers.push_back({maker.below(2)});
                     return true;
                   },
                   [cumulate = cumulate](auto x, const auto& n) {
                     return cumulate(x[0], static_cast<int>(n[0][0]), n[1][0] != 0, n[2][0] != 0);
                   }});
  }
  all.push_back({"linear_recurrence", 3, "linear_recurrence($0, $1, #0, #1)",
                 [](Maker& maker, Value& value) {
                   const int a = maker.pick(
                       [](const Array& x) { return x.ndim() > 0 && is_inexact(x.dtype()); });
                   if (a < 0) return false;
                   const Array& x = maker.at(a);
                   const int b = maker.pick([&](const Array& y) {
                     return y.shape() == x.shape() && y.dtype() == x.dtype();
                   });
                   value.operands = {a, b};
                   value.numbers = {{maker.axis(x)}, {maker.below(2)}};
                   return b >= 0;
                 },
                 [](auto x, const auto& n) {
                   return linear_recurrence(x[0], x[1], static_cast<int>(n[0][0]), n[1][0] != 0);
                 }});
  all.push_back({"sort", 6, "sort($0, #0)", choose_axis,
                 [](auto x, const auto& n) { return sort(x[0], static_cast<int>(n[0][0])); }});
  all.push_back({"argsort", 4, "argsort($0, #0)", choose_axis,
                 [](auto x, const auto& n) { return argsort(x[0], static_cast<int>(n[0][0])); }});
  all.push_back({"softmax", 10, "softmax($0, {#0})", choose_axes,
                 [](auto x, const auto& n) { return softmax(x[0], to_axes(n[0])); }});
  all.push_back({"log_softmax", 6, "log_softmax($0, {#0})", choose_axes,
                 [](auto x, const auto& n) { return log_softmax(x[0], to_axes(n[0])); }});
}

}  // namespace lazulite::fuzz
