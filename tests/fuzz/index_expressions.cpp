// x[{...}] and its updates: all kinds of entries, mixed.
#include "fuzz/operation.h"

namespace lazulite::fuzz {
namespace {

// How an entry is written in a program's numbers: its kind and up to three numbers. Arrays are
// operands, in the order of their entries.
enum Kind : int64_t { number, slice_of, new_axis, all_axes, array };
constexpr size_t width = 4;

std::vector<Index> entries(std::span<const Array> arrays, const Numbers& numbers) {
  std::vector<Index> out;
  size_t used = 0;
  for (size_t i = 0; i + width <= numbers.size(); i += width) {
    const int64_t* n = &numbers[i];
    switch (n[0]) {
      case number: out.push_back(n[1]); break;
      case slice_of: out.push_back(Slice{n[1], n[2], n[3]}); break;
      case new_axis: out.push_back(newaxis); break;
      case all_axes: out.push_back(ellipsis); break;
      default: out.push_back(arrays[used++]);
    }
  }
  return out;
}

// An array with elements, and entries for its axes.
bool choose_entries(Maker& maker, Value& value, Numbers& written) {
  const int x = maker.pick([](const Array& a) { return a.ndim() > 0 && a.size() > 0; });
  if (x < 0) return false;
  value.operands = {x};
  const Shape shape = maker.at(x).shape();
  Shape common;
  for (int64_t i = maker.below(3); i > 0; --i) common.push_back(maker.size());
  if (element_count(common) > 2000) return false;
  auto write = [&](Kind kind, int64_t a = 0, int64_t b = 0, int64_t c = 0) {
    written.insert(written.end(), {kind, a, b, c});
  };
  bool has_ellipsis = false;
  for (size_t axis = 0; axis < shape.size() && maker.chance(85); ++axis) {
    const int64_t size = shape[axis];
    if (maker.chance(12) && shape.size() < 5) write(new_axis);
    const int64_t what = maker.below(100);
    if (what < 15) {
      write(number, maker.below(2 * size) - size);
    } else if (what < 45) {
      static const std::vector<int64_t> steps = {1, 1, 1, 2, -1, -2};
      write(slice_of, maker.below(2 * size + 2) - size, maker.below(2 * size + 2) - size,
            maker.one_of(steps));
    } else if (what < 55 && !has_ellipsis) {
      has_ellipsis = true;
      write(all_axes);
      if (axis + 1 == shape.size()) break;
      axis = shape.size() - 2;  // what follows is for the last axis
    } else {
      Shape own = common;
      for (int64_t& n : own) n = maker.chance(20) ? 1 : n;
      write(array);
      value.operands.push_back(maker.indices(own, size));
    }
  }
  return true;
}

// A mask of the first axes of an array.
bool choose_mask(Maker& maker, Value& value) {
  if (!choose_any(maker, value)) return false;
  const Shape shape = maker.at(value.operands[0]).shape();
  const auto masked = static_cast<size_t>(maker.below(static_cast<int64_t>(shape.size()) + 1));
  const Shape front(shape.begin(), shape.begin() + masked);
  int mask =
      maker.pick([&](const Array& a) { return a.dtype() == Dtype::bool_ && a.shape() == front; });
  if (mask < 0) mask = maker.add_input(front, Dtype::bool_, Fill::tame);
  value.operands.push_back(mask);
  const Shape after(shape.begin() + masked, shape.end());
  value.operands.push_back(
      maker.add_input(maker.chance(50) ? after : Shape{}, maker.dtype(), Fill::tame));
  return true;
}

constexpr Update updates[] = {Update::set,    Update::add,     Update::subtract, Update::multiply,
                              Update::divide, Update::maximum, Update::minimum};
constexpr const char* names[] = {"set",    "add",     "subtract", "multiply",
                                 "divide", "maximum", "minimum"};

}  // namespace

void add_index_expressions(Operations& all) {
  all.push_back({"index", 16, "index_by({@}, {#0})",
                 [](Maker& maker, Value& value) {
                   value.numbers.resize(1);
                   return choose_entries(maker, value, value.numbers[0]);
                 },
                 [](auto x, const auto& n) { return index(x[0], entries(x.subspan(1), n[0])); }});
  for (Update how : updates) {
    const std::string name = names[static_cast<size_t>(how)];
    all.push_back(
        {"index_" + name, 4, "update_by({@}, {#0}, Update::" + name + ")",
         [](Maker& maker, Value& value) {
           value.numbers.resize(1);
           if (!choose_entries(maker, value, value.numbers[0])) return false;
           Arrays arrays;
           for (int operand : value.operands) arrays.push_back(maker.at(operand));
           Shape shape =
               index(arrays[0], entries(std::span(arrays).subspan(1), value.numbers[0])).shape();
           if (element_count(shape) > 50000) return false;
           for (int64_t& size : shape) size = maker.chance(15) ? 1 : size;
           if (maker.chance(15)) shape = {};
           value.operands.push_back(maker.add_input(shape, maker.dtype(), Fill::tame));
           return true;
         },
         [how](auto x, const auto& n) {
           return index_update(x[0], entries(x.subspan(1, x.size() - 2), n[0]), x.back(), how);
         }});
    all.push_back({"masked_" + name, 2, "index_update($0, {$1}, $2, Update::" + name + ")",
                   choose_mask,
                   [how](auto x, const auto&) { return index_update(x[0], {x[1]}, x[2], how); }});
  }
}

}  // namespace lazulite::fuzz
