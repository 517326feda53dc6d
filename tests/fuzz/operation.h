#pragma once

#include <functional>
#include <map>

#include "fuzz/program.h"

namespace lazulite::fuzz {

/// Builds a program value by value. Arrays stand for the values, so that shapes and dtypes are
/// known; none is ever evaluated.
class Maker {
 public:
  Maker(uint64_t seed, bool large);

  Random& random() { return random_; }
  /// From 0 to n - 1.
  int64_t below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }
  bool chance(int percent) { return below(100) < percent; }
  template <class T>
  const T& one_of(const std::vector<T>& items) {
    return items[random_() % items.size()];
  }

  /// A value that suits, rather a late one; -1 if there is none.
  int pick(const std::function<bool(const Array&)>& suits);
  int any() {
    return pick([](const Array&) { return true; });
  }
  const Array& at(int value) const { return arrays_[static_cast<size_t>(value)]; }

  int add_input(const Shape& shape, Dtype dtype, Fill fill, int64_t bound = 1);
  /// Integers of `shape` that are positions on an axis of size n.
  int indices(const Shape& shape, int64_t n);
  /// A shape of the program's kind, and an axis and some axes of an array.
  Shape shape();
  int axis(const Array& x) { return static_cast<int>(below(static_cast<int64_t>(x.ndim()))); }
  Numbers axes(const Array& x);
  Dtype dtype();
  int64_t size();

  /// Appends the value unless it cannot be computed or is too large.
  bool add(Value value);
  Program take() { return std::move(program_); }
  const Program& program() const { return program_; }
  bool large() const { return large_; }

 private:
  Random random_;
  bool large_;
  Dtype main_dtype_;
  bool wild_, beyond_;
  int64_t most_elements_, elements_ = 0;
  std::vector<Shape> shapes_;
  Program program_;
  Arrays arrays_;
};

/// One public operation: how operands and numbers are chosen for it, and how it is called.
struct Operation {
  std::string name;
  int weight;
  /// C++ in which $i is operand i and #i the numbers i: "slice($0, {#0}, {#1}, {#2})". #di is a
  /// dtype.
  std::string source;
  std::function<bool(Maker&, Value&)> choose;
  std::function<Array(std::span<const Array>, const std::vector<Numbers>&)> apply;
};

const std::vector<Operation>& operations();
const Operation& operation(const std::string& name);

// One function a family.
using Operations = std::vector<Operation>;
void add_elementwise(Operations& all);
void add_reductions(Operations& all);
void add_views(Operations& all);
void add_movers(Operations& all);
void add_indexing(Operations& all);
void add_index_expressions(Operations& all);
void add_contractions(Operations& all);
void add_images(Operations& all);
void add_sources(Operations& all);
void add_control(Operations& all);

// What the choices of several families have in common.
Shape to_shape(const Numbers& numbers);
Axes to_axes(const Numbers& numbers);
Positions to_positions(const Numbers& numbers);
inline Dtype to_dtype(const Numbers& numbers) { return static_cast<Dtype>(numbers[0]); }
/// Any value with at least so many axes.
bool choose_any(Maker& maker, Value& value, size_t least_axes = 0);
inline bool not_empty(const Array& x) { return x.size() > 0; }

}  // namespace lazulite::fuzz
