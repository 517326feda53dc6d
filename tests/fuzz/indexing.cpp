// Gathers and scatters. Indices are inputs of the program, as their range matters.
#include "fuzz/operation.h"

namespace lazulite::fuzz {
namespace {

int axis_of(const std::vector<Numbers>& n) { return static_cast<int>(n[0][0]); }

// An array with elements along an axis, and indices for it.
bool choose_take(Maker& maker, Value& value) {
  int x = maker.pick([](const Array& a) { return a.ndim() > 0 && a.size() > 0; });
  if (x < 0) return false;
  int axis = maker.axis(maker.at(x));
  Shape shape;
  for (int64_t i = maker.below(3); i > 0; --i) shape.push_back(maker.size());
  value.numbers = {{axis}};
  value.operands = {x, maker.indices(shape, maker.at(x).shape(axis))};
  return true;
}

bool choose_along(Maker& maker, Value& value) {
  int x = maker.pick([](const Array& a) { return a.ndim() > 0 && a.size() > 0; });
  if (x < 0) return false;
  int axis = maker.axis(maker.at(x));
  Shape shape = maker.at(x).shape();
  int64_t size = shape[static_cast<size_t>(axis)];
  if (maker.chance(60)) shape[static_cast<size_t>(axis)] = maker.size();
  value.numbers = {{axis}};
  value.operands = {x, maker.indices(shape, size)};
  return true;
}

bool with_values(Maker& maker, Value& value, const Shape& shape) {
  Dtype dtype = maker.at(value.operands[0]).dtype();
  int found = maker.pick([&](const Array& x) { return x.shape() == shape && x.dtype() == dtype; });
  if (found < 0) found = maker.add_input(shape, dtype, Fill::tame);
  value.operands.push_back(found);
  return true;
}

}  // namespace

void add_indexing(Operations& all) {
  all.push_back({"take", 14, "take($0, $1, #0)", choose_take,
                 [](auto x, const auto& n) { return take(x[0], x[1], axis_of(n)); }});
  all.push_back({"take_position", 8, "take($0, int64_t{#1}, #0)",
                 [](Maker& maker, Value& value) {
                   int x = maker.pick([](const Array& a) { return a.ndim() > 0 && a.size() > 0; });
                   if (x < 0) return false;
                   int axis = maker.axis(maker.at(x));
                   int64_t n = maker.at(x).shape(axis);
                   value.operands = {x};
                   value.numbers = {{axis}, {maker.below(2 * n) - n}};
                   return true;
                 },
                 [](auto x, const auto& n) { return take(x[0], n[1][0], axis_of(n)); }});
  all.push_back({"scatter_add", 8, "scatter_add($0, $1, $2, #0)",
                 [](Maker& maker, Value& value) {
                   if (!choose_take(maker, value)) return false;
                   const Array &x = maker.at(value.operands[0]), &i = maker.at(value.operands[1]);
                   Shape shape = take(x, i, axis_of(value.numbers)).shape();
                   return element_count(shape) < 200000 && with_values(maker, value, shape);
                 },
                 [](auto x, const auto& n) { return scatter_add(x[0], x[1], x[2], axis_of(n)); }});
  all.push_back({"take_along_axis", 8, "take_along_axis($0, $1, #0)", choose_along,
                 [](auto x, const auto& n) { return take_along_axis(x[0], x[1], axis_of(n)); }});
  for (bool adds : {false, true}) {
    std::string name = adds ? "add_along_axis" : "put_along_axis";
    all.push_back({name, 6, name + "($0, $1, $2, #0)",
                   [](Maker& maker, Value& value) {
                     if (!choose_along(maker, value)) return false;
                     return with_values(maker, value, maker.at(value.operands[1]).shape());
                   },
                   [adds](auto x, const auto& n) {
                     return adds ? add_along_axis(x[0], x[1], x[2], axis_of(n))
                                 : put_along_axis(x[0], x[1], x[2], axis_of(n));
                   }});
  }
}

}  // namespace lazulite::fuzz
