#include "lazulite/ops/shape_notes.h"

namespace lazulite {
namespace {

thread_local ShapeNotes* notes_of_thread = nullptr;
thread_local bool written = false;

}  // namespace

ShapeNotes* ShapeNotes::current() { return notes_of_thread; }

void ShapeNotes::note(const Array& result, const Shape& asked) {
  notes_[result.node()] = {result, asked};
}

void ShapeNotes::note_like(const Array& result, const Array& like) {
  notes_[result.node()] = {result, {}, like};
}

const Shape* ShapeNotes::of(const Array& result) const {
  auto found = notes_.find(result.node());
  return found == notes_.end() || found->second.like.valid() ? nullptr : &found->second.asked;
}

const Array* ShapeNotes::like(const Array& result) const {
  auto found = notes_.find(result.node());
  return found == notes_.end() || !found->second.like.valid() ? nullptr : &found->second.like;
}

ShapeNotesScope::ShapeNotesScope(ShapeNotes* notes) : before_(notes_of_thread) {
  notes_of_thread = notes;
}
ShapeNotesScope::~ShapeNotesScope() { notes_of_thread = before_; }

WrittenShapes::WrittenShapes() : before_(written) { written = true; }
WrittenShapes::~WrittenShapes() { written = before_; }

Array noted(Array result, const Shape& asked) {
  if (notes_of_thread && written) notes_of_thread->note(result, asked);
  return result;
}

Array noted_like(Array result, const Array& like) {
  if (notes_of_thread && !result.is_same(like)) notes_of_thread->note_like(result, like);
  return result;
}

}  // namespace lazulite
