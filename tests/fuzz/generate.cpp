#include "fuzz/generate.h"

#include <algorithm>
#include <numeric>

#include "fuzz/operation.h"
#include "lazulite/core/errors.h"

namespace lazulite::fuzz {
namespace {

const std::vector<int64_t> sizes = {1, 2, 2, 3, 3, 4, 5, 7, 8, 15, 16, 17, 21, 31, 32, 33, 63, 64};
const std::vector<Shape> large_shapes = {{1000, 21}, {700, 33},    {300, 200},   {70000},
                                         {9000, 7},  {2, 40000},   {40, 33, 40}, {5000, 2},
                                         {128, 257}, {3, 5, 4096}, {20000, 3}};
const std::vector<Dtype> dtypes = {
#define LAZULITE_DTYPE(type, name) Dtype::name,
    LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
};

const Operation& any_operation(Maker& maker) {
  static const std::vector<int64_t> sums = [] {
    std::vector<int64_t> out;
    for (const Operation& operation : operations()) {
      out.push_back((out.empty() ? 0 : out.back()) + operation.weight);
    }
    return out;
  }();
  auto at = std::upper_bound(sums.begin(), sums.end(), maker.below(sums.back()));
  return operations()[static_cast<size_t>(at - sums.begin())];
}

}  // namespace

Maker::Maker(uint64_t seed, bool large)
    : random_(seed * 0x9e3779b97f4a7c15u + 1),
      large_(large),
      most_elements_(large ? 200000 : 4000) {
  program_.seed = seed;
  main_dtype_ = chance(60) ? Dtype::float32 : one_of(dtypes);
  wild_ = chance(25);
  beyond_ = chance(6);
  // A program's arrays have few shapes that broadcast with each other, so that they can meet.
  Shape base;
  if (large) {
    base = one_of(large_shapes);
  } else {
    auto rank = below(5);
    while (static_cast<int64_t>(base.size()) < rank) {
      base.push_back(chance(3) ? 0 : one_of(sizes));
      if (element_count(base) > 3000) base.back() = 2;
    }
  }
  shapes_ = {base, base, base, {}};
  for (int i = 0; i < 2; ++i) {
    Shape part = base;
    for (int64_t& size : part) size = chance(40) ? 1 : size;
    if (chance(30) && !part.empty()) part = Shape(part.begin() + 1, part.end());
    shapes_.push_back(part);
  }
}

int64_t Maker::size() { return one_of(sizes); }

Shape Maker::shape() { return one_of(shapes_); }

Dtype Maker::dtype() { return chance(70) ? main_dtype_ : one_of(dtypes); }

Numbers Maker::axes(const Array& x) {
  Numbers out;
  for (size_t i = 0; i < x.ndim(); ++i) {
    if (chance(50)) out.push_back(static_cast<int64_t>(i));
  }
  if (out.empty() && x.ndim() > 0 && chance(70)) out.push_back(axis(x));
  return out;
}

int Maker::pick(const std::function<bool(const Array&)>& suits) {
  std::vector<int> found;
  for (size_t i = 0; i < arrays_.size(); ++i) {
    if (suits(arrays_[i])) found.push_back(static_cast<int>(i));
  }
  if (found.empty()) return -1;
  auto a = below(static_cast<int64_t>(found.size())), b = below(static_cast<int64_t>(found.size()));
  return found[static_cast<size_t>(std::max(a, b))];
}

int Maker::add_input(const Shape& shape, Dtype dtype, Fill fill, int64_t bound) {
  Value value;
  Input& input = value.input;
  input.shape = shape;
  input.dtype = dtype;
  // Complex functions promise nothing at infinities.
  input.fill = fill == Fill::tame && wild_ && dtype != Dtype::complex64 ? Fill::wild : fill;
  input.bound = bound;
  input.seed = random_() % 1000000;
  if (chance(40)) input.layout = test::layouts[random_() % 5];
  if (chance(8) && !shape.empty()) input.repeated = static_cast<int>(random_() % shape.size());
  program_.values.push_back(value);
  arrays_.push_back(zeros(shape, dtype));
  elements_ += element_count(shape);
  return static_cast<int>(arrays_.size()) - 1;
}

int Maker::indices(const Shape& shape, int64_t n) {
  static const std::vector<Dtype> kinds = {Dtype::int32, Dtype::int32, Dtype::int64, Dtype::uint32};
  // Of some programs an index may be just beyond the end.
  return add_input(shape, one_of(kinds), Fill::indices, beyond_ && chance(50) ? n + 1 : n);
}

bool Maker::add(Value value) {
  Arrays operands;
  for (int operand : value.operands) operands.push_back(at(operand));
  Array out;
  try {
    out = value.operation->apply(operands, value.numbers);
  } catch (const Error&) {
    return false;  // not for these shapes or dtypes
  }
  int64_t most = large_ ? 400000 : most_elements_;
  if (out.size() > most || elements_ + out.size() > 12 * most_elements_) return false;
  elements_ += out.size();
  program_.values.push_back(std::move(value));
  arrays_.push_back(std::move(out));
  return true;
}

Program generate(uint64_t seed) {
  Random dice(seed);
  bool large = dice() % 8 == 0;
  int derivatives = dice() % 4 ? 0 : 1 + static_cast<int>(dice() % 4 == 0);
  Maker maker(seed, large);
  size_t inputs = 1 + dice() % 4;
  while (maker.program().values.size() < inputs) {
    maker.add_input(maker.shape(), maker.dtype(), Fill::tame);
  }
  size_t steps = large ? 3 + dice() % 6 : 3 + dice() % (derivatives ? 8 : 22);
  size_t made = 0;
  for (int tries = 0; made < steps && tries < 300; ++tries) {
    Value value;
    value.operation = &any_operation(maker);
    if (value.operation->choose(maker, value) && maker.add(std::move(value))) ++made;
  }

  // What nobody reads is a result, and some of the rest.
  std::vector<bool> used(maker.program().values.size(), false);
  for (const Value& value : maker.program().values) {
    for (int operand : value.operands) used[static_cast<size_t>(operand)] = true;
  }
  std::vector<int> kept;
  bool inexact = false, floating_input = false;
  for (size_t i = 0; i < used.size(); ++i) {
    const Array& array = maker.at(static_cast<int>(i));
    bool input = !maker.program().values[i].operation;
    floating_input |= input && is_inexact(array.dtype());
    if (input || (used[i] && dice() % 5 != 0)) continue;
    kept.push_back(static_cast<int>(i));
    inexact |= is_inexact(array.dtype());
  }
  // A cell gets a value of its own shape and dtype.
  std::vector<int> written(used.size(), -1);
  bool cells = dice() % 3 == 0;
  std::vector<bool> cell(used.size(), false);
  for (size_t i = 0; cells && i < used.size(); ++i) {
    const Value& value = maker.program().values[i];
    if (value.operation || value.input.fill == Fill::indices || dice() % 2) continue;
    cell[i] = true;
    for (size_t k = used.size(); k-- > 0 && written[i] < 0;) {
      const Array &x = maker.at(static_cast<int>(i)), &y = maker.at(static_cast<int>(k));
      bool fits = x.dtype() == y.dtype() && x.shape() == y.shape();
      if (maker.program().values[k].operation && fits && dice() % 2) {
        written[i] = static_cast<int>(k);
      }
    }
  }
  Program program = maker.take();
  for (size_t i = 0; i < used.size(); ++i) {
    program.values[i].input.cell = cell[i];
    program.values[i].input.written = written[i];
  }
  program.kept = kept;
  program.derivatives = inexact && floating_input ? derivatives : 0;
  program.keeps_value = dice() % 3 != 0;
  return program;
}

const std::vector<Operation>& operations() {
  static const auto* all = [] {
    auto* out = new Operations;
    add_elementwise(*out);
    add_reductions(*out);
    add_views(*out);
    add_movers(*out);
    add_indexing(*out);
    add_index_expressions(*out);
    add_contractions(*out);
    add_images(*out);
    add_sources(*out);
    add_control(*out);
    return out;
  }();
  return *all;
}

const Operation& operation(const std::string& name) {
  for (const Operation& operation : operations()) {
    if (operation.name == name) return operation;
  }
  throw Error("fuzz: there is no operation named " + name);
}

Shape to_shape(const Numbers& numbers) { return Shape(numbers.begin(), numbers.end()); }

Axes to_axes(const Numbers& numbers) {
  Axes out;
  for (int64_t number : numbers) out.push_back(static_cast<int>(number));
  return out;
}

Positions to_positions(const Numbers& numbers) { return Positions(numbers.begin(), numbers.end()); }

bool choose_any(Maker& maker, Value& value, size_t least_axes) {
  int found = maker.pick([&](const Array& x) { return x.ndim() >= least_axes; });
  value.operands = {found};
  return found >= 0;
}

}  // namespace lazulite::fuzz
