#pragma once

#include <unordered_map>

#include "lazulite/core/array.h"

namespace lazulite {

/// How the shapes of a function's arrays came about, noted while it is traced, so that what it
/// built can be built again from arguments of other shapes (transforms/shapeless.h). What is not
/// noted follows the shapes of its inputs.
class ShapeNotes {
 public:
  /// Entries of a noted shape that are no numbers: what is left, and the size of an input's axis.
  static constexpr int64_t rest = -1;
  static int64_t size_of_axis(size_t axis) { return -2 - static_cast<int64_t>(axis); }

  /// The notes of the calling thread's trace; null outside of one.
  static ShapeNotes* current();

  void note(const Array& result, const Shape& asked);
  /// The result has the shape of another array; of a reshape, all but the last axis, which takes
  /// what is left of the elements.
  void note_like(const Array& result, const Array& like);
  /// Null where nothing is noted.
  const Shape* of(const Array& result) const;
  const Array* like(const Array& result) const;

 private:
  struct Note {
    Array result;  // keeps the node, whose address is the key
    Shape asked;
    Array like = {};
  };
  std::unordered_map<const Node*, Note> notes_;
};

/// Makes the notes the calling thread's until the end of the scope.
class ShapeNotesScope {
 public:
  explicit ShapeNotesScope(ShapeNotes* notes);
  ~ShapeNotesScope();
  ShapeNotesScope(const ShapeNotesScope&) = delete;
  ShapeNotesScope& operator=(const ShapeNotesScope&) = delete;

 private:
  ShapeNotes* before_;
};

/// Until the end of the scope, shapes that operations are given are numbers that somebody wrote,
/// and stay as they are whatever the shapes of arguments.
class WrittenShapes {
 public:
  WrittenShapes();
  ~WrittenShapes();
  WrittenShapes(const WrittenShapes&) = delete;
  WrittenShapes& operator=(const WrittenShapes&) = delete;

 private:
  bool before_;
};

/// Notes the shape of a result that was made inside of such a scope, and returns the result.
Array noted(Array result, const Shape& asked);
/// Notes that a result has another array's shape, and returns it.
Array noted_like(Array result, const Array& like);

}  // namespace lazulite
