#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "lazulite/core/node.h"

namespace lazulite {

/// An array's elements without a claim to them: where they were computed, and by whom, so that it
/// can be told whether they are still there. Nothing, where there was no array.
struct SavedValue {
  SavedValue() = default;
  /// The array's, which has its memory.
  explicit SavedValue(const Array& array);
  Array restore() const;
  /// Whether the elements are there, or may yet be.
  bool usable() const;

  bool present = false;
  Shape shape;
  Dtype dtype = Dtype::float32;
  BufferPtr buffer;
  int64_t offset = 0;
  Strides strides;
  uint64_t writer = 0;
  EventPtr event;
};

/// Where the output of a pending node will be; the node's evaluation says it. The node is not held,
/// so that it need not be stored for this.
class Whereabouts : public RefCounted {
 public:
  explicit Whereabouts(const Array& array);
  /// Whether the node has been evaluated.
  bool known() const { return known_.load(std::memory_order_acquire); }
  /// Once that is known: the value, without a buffer where only what follows it was stored.
  const SavedValue& value() const { return value_; }

 private:
  friend void tell_whereabouts(Node& node, const EventPtr& event) noexcept;
  friend bool is_looked_for(const Node& node);
  friend Ref<Whereabouts> whereabouts_of(const Array& array);
  friend class History;
  const uint32_t output_;
  SavedValue value_;
  std::atomic<bool> known_{false};
  Ref<Whereabouts> next_;  // of another output of the node
};

/// Called with the graph locked when the node has been taken into a run.
void tell_whereabouts(Node& node, const EventPtr& event) noexcept;

/// With the graph locked: whether somebody may go back to an output of the node.
bool is_looked_for(const Node& node);

/// What a place held before its present value, as far back as it may have to go: every value that
/// is not known to be good keeps what it replaced. Where it can, without holding it: queued runs go
/// on to write into the memory of what they replace.
class History {
  struct Earlier {
    Array array;  // where it is held: not computed yet, and nothing behind it may fail
    SavedValue saved;
    Ref<Whereabouts> whereabouts;
    Array tied;
    bool passed() const;
    bool lost() const;
    const SavedValue& value() const;
  };

 public:
  /// What was given up, to be freed without the lock.
  struct Garbage {
    SmallVector<Array, 4> arrays;
    std::vector<Earlier> earlier;
  };

  /// `next` is about to take the place of `value`; it may be tied to another array then.
  void keep(const Array& value, const Array& next, bool to_be_tied, Garbage& garbage);
  /// The same without holding the value, so that what replaces it may take its memory.
  void keep_loosely(const Array& value, Garbage& garbage);
  /// The same where somebody else has the value too and might give its memory away: it is held.
  void keep_held(const Array& value, Garbage& garbage);
  /// The present value stands and falls with another array's, which is held until it is known.
  void tie(const Array& other, Garbage& garbage);
  /// Needs no memory if `garbage` is empty: values that are there go into many places together.
  void clear(Garbage& garbage);
  /// Whether there is nothing to go back to.
  bool empty() const { return earlier_.empty(); }

  /// Puts the last good value back if that of `value` could not be computed and somebody has been
  /// told. Returns the failure that nobody has been told of, if there is one.
  FailurePtr settle(Array& value, Garbage& garbage);

 private:
  struct Behind;
  static FailurePtr failure_behind(const Array& value, Garbage& garbage);
  void add(Earlier earlier, Garbage& garbage);
  void forget(size_t first, size_t last, Garbage& garbage);
  std::optional<Array> restored(const Earlier& earlier, const Behind& behind,
                                Garbage& garbage) const;
  void go_back(Array& value, Garbage& garbage);

  std::vector<Earlier> earlier_;  // the oldest first
  Array tied_;                    // to the present value
  // One more than the failures there had been (core/failures.h) when none was behind the value.
  uint64_t failures_ = 0;
};

}  // namespace lazulite
