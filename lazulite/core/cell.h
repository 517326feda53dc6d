#pragma once

#include <memory>
#include <string>

#include "lazulite/core/array.h"

namespace lazulite {

/// The storage behind a Cell.
struct CellState {
  std::string name;
  Array value;
};

/// A named place that holds an array and is known to `compile`: a parameter, an optimizer's moment,
/// a random key. What a compiled function reads from cells becomes an input of its plan, what it
/// writes becomes an output. Copies of a cell share the place.
class Cell {
 public:
  Cell() : state_(std::make_shared<CellState>()) {}
  explicit Cell(Array value, std::string name = "") : Cell() {
    state_->name = std::move(name);
    set(std::move(value));
  }

  /// Whether it holds an array.
  bool has_value() const;
  /// The array; throws if there is none.
  Array get() const;
  void set(Array value);
  operator Array() const { return get(); }
  Cell& operator=(Array value) {
    set(std::move(value));
    return *this;
  }

  const std::string& name() const { return state_->name; }
  void set_name(std::string name) { state_->name = std::move(name); }
  const std::shared_ptr<CellState>& state() const { return state_; }

 private:
  std::shared_ptr<CellState> state_;
};

/// Counts the changes of something that is not an array but shapes a traced function: whether a
/// module trains, which parameters are frozen. A compiled function that looked at it is traced
/// again when it has changed.
class Version {
 public:
  Version() : count_(std::make_shared<uint64_t>(0)) {}
  void bump() { ++*count_; }
  /// To be called by whoever reads what the version covers.
  void observe() const;
  const std::shared_ptr<uint64_t>& count() const { return count_; }

 private:
  std::shared_ptr<uint64_t> count_;
};

}  // namespace lazulite
