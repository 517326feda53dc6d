#include "undo.h"

#include <algorithm>
#include <memory>

#include "arguments.h"
#include "lazulite/core/node.h"

namespace lazulite::python {
namespace {

/// What one object goes back to.
struct Change {
  nb::object object;
  uint64_t sequence;  // of the node that the run computes
  EventPtr event;
  Before before;
  std::shared_ptr<Change> earlier;  // which computes what was there before, and had not ended

  FailurePtr failure() const { return event->failure(); }
  Array good() const { return earlier && earlier->failure() ? earlier->good() : before.restore(); }
};

// In the order of the runs; only touched with the GIL.
std::vector<std::shared_ptr<Change>>& changes() {
  static auto& all = *new std::vector<std::shared_ptr<Change>>();
  return all;
}

void restore(const Change& change) {
  Array* array = array_of(change.object);
  if (array->valid() && array->node()->sequence == change.sequence) *array = change.good();
}

}  // namespace

Before::Before(const Array& array)
    : present_(true), held_(array), sequence_(array.node()->sequence) {}

Before Before::take(nb::handle object, Array& array) {
  Before out;
  out.present_ = true;
  out.saved_ = SavedValue(*array_of(object));
  out.sequence_ = array_of(object)->node()->sequence;
  array = std::exchange(*array_of(object), Array());
  return out;
}

bool can_take(nb::handle object) {
  const Array& array = *array_of(object);
  return Py_REFCNT(object.ptr()) == 1 && array.node()->has_value() &&
         array.node()->use_count() == 1;
}

void give_back(const std::vector<nb::handle>& objects, const std::vector<Before>& before) noexcept {
  size_t next = 0;
  for (const Before& one : before) {
    if (one.taken()) *array_of(objects[next++]) = one.restore();
  }
}

void remember(nb::object object, const Before& before) {
  const Array& array = *array_of(object);
  EventPtr event = array.node()->event();
  if (!event || (event->done() && !event->failure())) return;
  auto change = std::make_shared<Change>();
  auto earlier = std::find_if(changes().rbegin(), changes().rend(), [&](const auto& other) {
    return other->sequence == before.sequence();
  });
  if (earlier != changes().rend()) change->earlier = *earlier;
  change->object = std::move(object);
  change->sequence = array.node()->sequence;
  change->event = std::move(event);
  change->before = before;
  changes().push_back(std::move(change));
}

void settle_runs() {
  FailurePtr untold;
  auto waits = std::stable_partition(changes().begin(), changes().end(),
                                     [](const auto& change) { return !change->event->done(); });
  std::vector<std::shared_ptr<Change>> ended(waits, changes().end());
  changes().erase(waits, changes().end());
  for (const auto& change : ended) {
    FailurePtr failure = change->failure();
    if (!failure) {
      change->earlier = nullptr;
    } else if (failure->harmless) {
      restore(*change);
      if (!failure->raised) untold = failure;
    }
  }
  if (untold) untold->raise();
}

void bind_undo() {
  nb::module_::import_("atexit").attr("register")(nb::cpp_function([] { changes().clear(); }));
}

}  // namespace lazulite::python
