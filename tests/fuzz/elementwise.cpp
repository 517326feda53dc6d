// Every row of elementwise.def, and conversions.
#include "fuzz/operation.h"
#include "lazulite/core/errors.h"

namespace lazulite::fuzz {
namespace {

// What stands beside arrays: whole numbers as they are, others in eighths.
Scalar scalar_of(const Numbers& numbers) {
  if (numbers[0] == 0) return Scalar(numbers[1]);
  return Scalar(static_cast<double>(numbers[1]) / 8);
}

bool broadcasts(const Shape& a, const Shape& b) {
  for (size_t i = 1; i <= std::min(a.size(), b.size()); ++i) {
    int64_t x = a[a.size() - i], y = b[b.size() - i];
    if (x != y && x != 1 && y != 1) return false;
  }
  return true;
}

void add_row(Operations& all, Row row) {
  const RowInfo& i = info(row);
  size_t arity = static_cast<size_t>(i.arity);
  std::string name = i.name, arguments = "$0";
  for (size_t k = 1; k < arity; ++k) arguments += ", $" + std::to_string(k);
  all.push_back({name, arity == 1 ? 4 : 8, name + "(" + arguments + ")",
                 [arity](Maker& maker, Value& value) {
                   for (size_t k = 0; k < arity; ++k) {
                     value.operands.push_back(maker.pick([&](const Array& x) {
                       for (int other : value.operands) {
                         if (!broadcasts(x.shape(), maker.at(other).shape())) return false;
                       }
                       return true;
                     }));
                     if (value.operands.back() < 0) return false;
                   }
                   return true;
                 },
                 [row](std::span<const Array> x, const std::vector<Numbers>&) {
                   return apply_row(row, {x.begin(), x.end()});
                 }});
  if (arity != 2) return;
  all.push_back(
      {name + "_scalar", 4, name + "($0, scalar(#0))",
       [](Maker& maker, Value& value) {
         value.numbers = {{maker.below(2), maker.below(33) - 12}};
         return choose_any(maker, value);
       },
       [row](std::span<const Array> x, const std::vector<Numbers>& n) {
         return apply_row(row, {x[0], scalar_beside(scalar_of(n[0]), x[0], info(row).name)});
       }});
}

}  // namespace

void add_elementwise(Operations& all) {
  for (int row = 0; row < row_count; ++row) add_row(all, Row(row));
  all.push_back({"astype", 40, "astype($0, #d0)",
                 [](Maker& maker, Value& value) {
                   value.numbers = {{static_cast<int64_t>(maker.dtype())}};
                   return choose_any(maker, value);
                 },
                 [](auto x, const auto& n) { return astype(x[0], to_dtype(n[0])); }});
  all.push_back({"round_decimals", 3, "round($0, #0)",
                 [](Maker& maker, Value& value) {
                   value.numbers = {{maker.below(5) - 2}};
                   return choose_any(maker, value);
                 },
                 [](auto x, const auto& n) { return round(x[0], static_cast<int>(n[0][0])); }});
  all.push_back({"to_fp8", 2, "to_fp8($0)",
                 [](Maker& maker, Value& value) { return choose_any(maker, value); },
                 [](auto x, const auto&) { return to_fp8(x[0]); }});
  all.push_back({"from_fp8", 2, "from_fp8($0, Dtype::float32)",
                 [](Maker& maker, Value& value) {
                   value.operands = {
                       maker.pick([](const Array& x) { return x.dtype() == Dtype::uint8; })};
                   return value.operands[0] >= 0;
                 },
                 [](auto x, const auto&) { return from_fp8(x[0], Dtype::float32); }});
}

}  // namespace lazulite::fuzz
