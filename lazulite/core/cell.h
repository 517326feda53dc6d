#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "lazulite/core/array.h"
#include "lazulite/core/event.h"

namespace lazulite {

struct CellState;
using CellPtr = std::shared_ptr<CellState>;

/// A named place that holds an array and is known to `compile`: a parameter, an optimizer's moment,
/// a random key. What a compiled function reads from cells becomes an input of its plan, what it
/// writes becomes an output. Copies of a cell share the place. Any thread may read and write any
/// cell at any time; each single call is atomic, and so is the whole of a compiled function's run.
class Cell {
 public:
  Cell();
  explicit Cell(Array value, std::string name = "");
  // Moving copies, so that what was moved from still has its place.
  Cell(const Cell&) = default;
  Cell& operator=(const Cell&) = default;
  /// Stands for the cell that `resolve` gives for the calling thread, in compiled functions too.
  static Cell of_thread(CellPtr (*resolve)());

  /// Whether it holds an array.
  bool has_value() const;
  /// The array; throws if there is none.
  Array get() const;
  /// With `to_be_tied`, `tie` comes next.
  void set(Array value, bool to_be_tied = false);
  /// From now on the value stands and falls with that of another array: if it cannot be computed,
  /// the cell goes back to what it held before. A step's number, with what the step computes.
  /// Holds the array until that is known.
  void tie(const Array& other);
  operator Array() const { return get(); }
  Cell& operator=(Array value) {
    set(std::move(value));
    return *this;
  }

  std::string name() const;
  void set_name(std::string name);
  /// The place. Of `of_thread`, one that stands for every thread's.
  const CellPtr& state() const { return state_; }

 private:
  CellPtr state_;
};

/// A value that is not an array but shapes a traced function: whether a module trains, which
/// parameters are frozen. A compiled function that looked at it keeps a version of itself for each
/// value. Copies share the value.
class Version {
 public:
  Version() : value_(std::make_shared<std::atomic<uint64_t>>(0)) {}
  Version(const Version&) = default;
  Version& operator=(const Version&) = default;
  void set(uint64_t value) { value_->store(value); }
  /// Sets it to what it has never been, where no number tells one value from another.
  void bump();
  /// To be called by whoever reads what the version covers.
  void observe() const;
  const std::shared_ptr<std::atomic<uint64_t>>& value() const { return value_; }

 private:
  std::shared_ptr<std::atomic<uint64_t>> value_;
};

}  // namespace lazulite
