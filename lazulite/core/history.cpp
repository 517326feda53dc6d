#include "lazulite/core/history.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "lazulite/core/failures.h"
#include "lazulite/core/may_fail.h"

namespace lazulite {
namespace {

bool is_pending(const Array& array) { return array.node()->state() == Node::State::pending; }

FailurePtr failure_of(const Array& array) {
  EventPtr event = array.node()->event();
  return event ? event->failure() : nullptr;
}

bool is_computed(const Array& array) {
  if (is_pending(array)) return false;
  EventPtr event = array.node()->event();
  return !event || (event->done() && !event->failure());
}

bool has_memory(const Array& array) {
  if (is_pending(array)) return false;
  EventPtr event = array.node()->event();
  return !event || event->bound();
}

// Its node is: nobody will say where the value is.
bool is_gone(const Whereabouts& whereabouts) {
  return !whereabouts.known() && whereabouts.use_count() == 1;
}

}  // namespace

SavedValue::SavedValue(const Array& array) {
  if (!array.valid()) return;
  const Output& output = array.node()->outputs[array.output()];
  present = true;
  shape = output.shape;
  dtype = output.dtype;
  buffer = output.buffer.buffer();
  offset = output.offset;
  strides = output.strides;
  writer = output.writer || !buffer ? output.writer : buffer->writer();
  event = array.node()->event();
}

Array SavedValue::restore() const {
  if (!present) return Array();
  Node::State state = event ? Node::State::scheduled : Node::State::ready;
  return Array(new Node(state, Output{shape, dtype, buffer, offset, strides, writer}, event), 0);
}

bool SavedValue::usable() const {
  if (!present) return true;
  if (!buffer || (event && event->failure())) return false;
  return buffer->writer() == writer || (event && !event->done());
}

Whereabouts::Whereabouts(const Array& array) : output_(array.output()) {
  value_.present = true;
  value_.shape = array.shape();
  value_.dtype = array.dtype();
  value_.strides.reserve(value_.shape.size());  // there is no telling of a failure later
}

void tell_whereabouts(Node& node, const EventPtr& event) noexcept {
  for (Whereabouts* one = node.whereabouts.get(); one; one = one->next_.get()) {
    const Output& output = node.outputs[one->output_];
    one->value_.buffer = output.buffer.buffer();
    one->value_.offset = output.offset;
    for (int64_t stride : output.strides) one->value_.strides.push_back(stride);
    one->value_.writer = output.writer;
    one->value_.event = event;
    one->known_.store(true, std::memory_order_release);
  }
}

bool is_looked_for(const Node& node) {
  for (Whereabouts* one = node.whereabouts.get(); one; one = one->next_.get()) {
    if (one->use_count() > 1) return true;
  }
  return false;
}

// Null where the array has its memory already.
Ref<Whereabouts> whereabouts_of(const Array& array) {
  Ref<Whereabouts> made(new Whereabouts(array));
  Node& node = *array.node();
  std::lock_guard lock(graph_mutex());
  if (node.outputs[array.output()].buffer) return {};
  for (Whereabouts* one = node.whereabouts.get(); one; one = one->next_.get()) {
    if (one->output_ == array.output()) return Ref<Whereabouts>(one);
  }
  made->next_ = std::move(node.whereabouts);
  node.whereabouts = made;
  return made;
}

// The graph behind a pending value. What it looks at goes to the garbage, which keeps it meanwhile.
struct History::Behind {
  Behind(const Array& value, Garbage& garbage) {
    if (!is_pending(value)) return;
    std::lock_guard lock(graph_mutex());
    std::unordered_set<Node*> seen;
    std::vector<Node*> left{value.node()};
    while (!left.empty()) {
      Node* node = left.back();
      left.pop_back();
      if (!seen.insert(node).second) continue;
      const bool runs = node->state() == Node::State::scheduled;
      if (runs || node->whereabouts) garbage.arrays.emplace_back(node, 0);
      if (runs) computed.push_back(node);
      for (auto* one = node->whereabouts.get(); one; one = one->next_.get()) {
        watched[one] = {node, one->output_};
      }
      for (const Array& input : node->inputs) left.push_back(input.node());
    }
  }

  // One that somebody has been told of if there are several.
  FailurePtr failure() const {
    FailurePtr found;
    for (Node* node : computed) {
      EventPtr event = node->event();
      FailurePtr failure = event ? event->failure() : nullptr;
      if (failure && (!found || failure->raised)) found = std::move(failure);
    }
    return found;
  }
  Array find(const Whereabouts* whereabouts) const {
    auto found = watched.find(whereabouts);
    return found == watched.end() ? Array() : Array(found->second.first, found->second.second);
  }

  std::vector<Node*> computed;
  std::unordered_map<const Whereabouts*, std::pair<Node*, uint32_t>> watched;
};

FailurePtr History::failure_behind(const Array& value, Garbage& garbage) {
  return is_pending(value) ? Behind(value, garbage).failure() : failure_of(value);
}

// Whether it is computed, so that nothing older is needed.
bool History::Earlier::passed() const {
  if (tied.valid() && !is_computed(tied)) return false;
  if (array.valid()) return is_computed(array);
  if (whereabouts && !(whereabouts->known() && whereabouts->value().buffer)) return false;
  const EventPtr& event = value().event;
  return !event || (event->done() && !event->failure());
}

// Whether it will never be there: dropped, or only what follows it was stored.
bool History::Earlier::lost() const {
  return whereabouts &&
         (whereabouts->known() ? !whereabouts->value().buffer : is_gone(*whereabouts));
}

const SavedValue& History::Earlier::value() const {
  return whereabouts ? whereabouts->value() : saved;
}

void History::keep(const Array& value, const Array& next, bool to_be_tied, Garbage& garbage) {
  if (!next.valid() || (is_computed(next) && !to_be_tied)) {
    clear(garbage);
    return;
  }
  if (!value.valid()) {
    if (to_be_tied || may_fail(*next.node())) keep_loosely(value, garbage);
  } else if (!is_pending(value) || may_fail(*value.node())) {
    keep_loosely(value, garbage);
  } else if (to_be_tied || tied_.valid() || may_fail(*next.node())) {
    keep_held(value, garbage);
  }
  // Else neither can fail, and nothing is needed.
}

void History::keep_loosely(const Array& value, Garbage& garbage) {
  Earlier earlier;
  if (value.valid() && !has_memory(value)) earlier.whereabouts = whereabouts_of(value);
  if (!earlier.whereabouts) earlier.saved = SavedValue(value);
  add(std::move(earlier), garbage);
}

void History::keep_held(const Array& value, Garbage& garbage) {
  Earlier earlier;
  earlier.array = value;
  add(std::move(earlier), garbage);
}

void History::add(Earlier earlier, Garbage& garbage) {
  earlier_.reserve(earlier_.size() + 1);
  auto found = std::find_if(earlier_.rbegin(), earlier_.rend(),
                            [](const Earlier& one) { return one.passed(); });
  if (found != earlier_.rend())
    forget(0, static_cast<size_t>(earlier_.rend() - found) - 1, garbage);
  for (size_t i = earlier_.size(); i-- > 0;) {
    if (earlier_[i].lost()) forget(i, i + 1, garbage);
  }
  earlier.tied = std::exchange(tied_, Array());
  earlier_.push_back(std::move(earlier));
  failures_ = 0;
}

void History::tie(const Array& other, Garbage& garbage) {
  garbage.arrays.push_back(std::exchange(tied_, other));
}

void History::clear(Garbage& garbage) {
  if (garbage.earlier.empty()) {
    garbage.earlier.swap(earlier_);
  } else {
    forget(0, earlier_.size(), garbage);
  }
  if (tied_.valid()) garbage.arrays.push_back(std::exchange(tied_, Array()));
}

void History::forget(size_t first, size_t last, Garbage& garbage) {
  if (first == last) return;
  auto from = earlier_.begin() + static_cast<std::ptrdiff_t>(first),
       to = earlier_.begin() + static_cast<std::ptrdiff_t>(last);
  garbage.earlier.insert(garbage.earlier.end(), std::make_move_iterator(from),
                         std::make_move_iterator(to));
  earlier_.erase(from, to);
}

FailurePtr History::settle(Array& value, Garbage& garbage) {
  if (!value.valid()) return nullptr;
  const bool pending = is_pending(value);
  if (pending && earlier_.empty()) return nullptr;
  const uint64_t failures = failure_count();
  const bool looked = failures == 0 || failures_ == failures + 1;
  FailurePtr failure = pending && looked ? nullptr : failure_behind(value, garbage);
  if (!failure && tied_.valid() && !looked) failure = failure_behind(tied_, garbage);
  if (!failure) {
    failures_ = failures + 1;
    if (is_computed(value) && (!tied_.valid() || is_computed(tied_))) clear(garbage);
    return nullptr;
  }
  if (failure->raised) {
    go_back(value, garbage);
    return nullptr;
  }
  return pending ? nullptr : failure;
}

std::optional<Array> History::restored(const Earlier& earlier, const Behind& behind,
                                       Garbage& garbage) const {
  if (earlier.tied.valid() && failure_behind(earlier.tied, garbage)) return {};
  Array array = earlier.array;
  if (earlier.whereabouts && !earlier.whereabouts->known()) {
    array = behind.find(earlier.whereabouts.get());
    if (!array.valid()) return {};
  }
  if (!array.valid()) {
    if (!earlier.value().usable()) return {};
    return earlier.value().restore();
  }
  if (!failure_behind(array, garbage)) return array;
  garbage.arrays.push_back(std::move(array));
  return {};
}

// To the newest value that is there, or else the present one goes on to tell of the failure.
void History::go_back(Array& value, Garbage& garbage) {
  const Behind behind(value, garbage);
  for (size_t i = earlier_.size(); i-- > 0;) {
    std::optional<Array> array = restored(earlier_[i], behind, garbage);
    if (!array) continue;
    garbage.arrays.push_back(std::exchange(value, std::move(*array)));
    std::swap(tied_, earlier_[i].tied);
    forget(i, earlier_.size(), garbage);
    return;
  }
}

}  // namespace lazulite
