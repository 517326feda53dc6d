#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "lazulite/core/array.h"
#include "lazulite/core/buffer.h"
#include "lazulite/core/device.h"
#include "lazulite/core/event.h"

namespace lazulite {

/// What a node computes; defined in ops/primitives.h.
struct Primitive;
using PrimitivePtr = std::shared_ptr<const Primitive>;

/// One result of a node.
struct Output {
  Shape shape;
  Dtype dtype = Dtype::float32;
  // Where the elements are, from the moment the node is scheduled; offset and strides in elements.
  BufferPtr buffer = {};
  int64_t offset = 0;
  Strides strides = {};
};

/// A node of the lazy graph: a primitive applied to arrays, or an array that is simply there.
class Node : public RefCounted {
 public:
  enum class State : uint8_t {
    pending,      // not computed; has a primitive
    scheduled,    // its buffers are allocated and being filled
    ready,        // its buffers hold the value
    placeholder,  // stands for an input while a function is traced; never has a value
  };

  /// A pending node.
  Node(PrimitivePtr primitive, SmallVector<Array, 2> inputs, SmallVector<Output, 1> outputs);
  /// A node without inputs: a placeholder, or ready, or (with the event of its work) scheduled.
  Node(State state, Output output, EventPtr event = nullptr);
  ~Node();

  PrimitivePtr primitive;
  SmallVector<Array, 2> inputs;
  SmallVector<Output, 1> outputs;
  Stream stream = default_stream();
  /// Grows with every node: an input's is always smaller than its user's.
  const uint64_t sequence;
  /// Set while a derivative is being taken through the node (core/trace.h).
  std::shared_ptr<const bool> token;
  bool retained() const { return token && *token; }
  /// The thread that made it, as a small number.
  const uint32_t thread;

  State state() const { return state_.load(std::memory_order_acquire); }
  bool has_value() const { return state() == State::scheduled || state() == State::ready; }
  /// Called once by the evaluation, with the outputs' storage in place and the graph locked.
  void schedule(EventPtr event);
  /// Blocks until the value is there; throws if its computation failed.
  void wait();
  /// The event of the work that computes it; null if the value is there.
  EventPtr event();

  /// Forgets how the value was computed.
  void detach();

  /// Scratch of whoever walks the graph, with the graph locked: `index` counts if `walk` is his.
  uint64_t walk = 0;
  uint32_t index = 0;

 private:
  friend class PendingNodes;
  std::atomic<State> state_;
  EventPtr event_;
  Node* previous_ = nullptr;
  Node* next_ = nullptr;
};

/// Makes an array of a new pending node with one output.
Array make_array(PrimitivePtr primitive, SmallVector<Array, 2> inputs, Shape shape, Dtype dtype);
/// The same with several outputs.
std::vector<Array> make_arrays(PrimitivePtr primitive, SmallVector<Array, 2> inputs,
                               SmallVector<Output, 1> outputs);

/// A small number that is the calling thread's alone.
uint32_t thread_number();

/// Guards the structure of pending graphs: held while a graph is walked or detached.
std::recursive_mutex& graph_mutex();

}  // namespace lazulite
