#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "lazulite/core/array.h"
#include "lazulite/core/buffer.h"
#include "lazulite/core/device.h"
#include "lazulite/core/event.h"
#include "lazulite/core/origin.h"

namespace lazulite {

/// What a node computes; defined in ops/primitives/primitive.h.
struct Primitive;
using PrimitivePtr = std::shared_ptr<const Primitive>;

struct Retention;
class Whereabouts;

/// One result of a node.
struct Output {
  Shape shape;
  Dtype dtype = Dtype::float32;
  // Where the elements are, once the node's event is bound; offset and strides in elements.
  Storage buffer = {};
  int64_t offset = 0;
  Strides strides = {};
  /// The run that writes the elements (Buffer::writer); 0 if none does.
  uint64_t writer = 0;
  /// A row-major copy of a strided array, made when somebody asked for a pointer to the elements.
  BufferPtr packed = {};
};

/// A node of the lazy graph: a primitive applied to arrays, or an array that is simply there.
class Node : public RefCounted {
 public:
  enum class State : uint8_t {
    pending,      // not computed; has a primitive
    scheduled,    // taken by an evaluation; its event says how far that has come
    ready,        // its buffers hold the value
    placeholder,  // stands for an input while a function is traced; never has a value
  };

  /// A pending node with one output or several.
  Node(PrimitivePtr primitive, SmallVector<Array, 2>&& inputs, Shape&& shape, Dtype dtype);
  Node(PrimitivePtr primitive, SmallVector<Array, 2>&& inputs, SmallVector<Output, 1>&& outputs);
  /// A node without inputs: a placeholder, or ready, or (with the event of its work) scheduled.
  Node(State state, Output&& output, EventPtr event = nullptr);
  ~Node();

  PrimitivePtr primitive;
  SmallVector<Array, 2> inputs;
  SmallVector<Output, 1> outputs;
  Stream stream = default_stream();
  /// Grows with every node: an input's is always smaller than its user's.
  const uint64_t sequence;
  /// Set while a derivative is being taken through the node (core/trace.h).
  std::shared_ptr<Retention> token;
  bool retained() const;
  /// The thread that made it, as a small number.
  const uint32_t thread;
  /// Where in the user's program it was made (core/origin.h).
  const uint32_t origin = current_origin();
  /// Whether there was a check on data behind it that had not passed when it was made.
  bool unsure = false;
  /// Who wants to know where its outputs will be without holding them. With the graph locked.
  Ref<Whereabouts> whereabouts;

  State state() const { return state_.load(std::memory_order_acquire); }
  bool has_value() const { return state() == State::scheduled || state() == State::ready; }
  /// Called by an evaluation that will compute the node, and if it cannot; with the graph locked.
  void claim(EventPtr event) noexcept;
  void unclaim() noexcept;
  /// Blocks until the value is there and returns true; throws if its computation failed. False if
  /// the node waits for evaluation, still or again.
  bool wait();
  /// Blocks until the outputs have their storage; false as above.
  bool wait_bound();
  /// The event of the work that computes it; null if the value is there, or nothing computes it.
  EventPtr event();
  /// Whether the value is there, without waiting.
  bool arrived();

  /// Forgets how the value was computed.
  void detach();

  /// How many handles there are to one of several outputs; users in the graph have handles too.
  uint32_t handles(uint32_t output) const;

  /// Scratch of whoever walks the graph, with the graph locked: `index` counts if `walk` is his.
  uint64_t walk = 0;
  uint32_t index = 0;

 private:
  friend class Array;
  friend class PendingNodes;
  Node(PrimitivePtr&& primitive, SmallVector<Array, 2>&& inputs);
  void join_graph();
  EventPtr unless_over(const EventPtr& run);
  static void destroy(Node* node);
  std::atomic<State> state_;
  const bool claimable_ = false;
  bool listed_ = false;           // among the pending nodes
  const bool for_others_ = true;  // not made by a trace or a pass
  EventPtr event_;
  // Only where there are several outputs.
  std::unique_ptr<std::atomic<uint32_t>[]> handles_;
  Node* previous_ = nullptr;
  Node* next_ = nullptr;
};

/// Makes an array of a new pending node with one output.
Array make_array(PrimitivePtr primitive, SmallVector<Array, 2>&& inputs, Shape shape, Dtype dtype);
/// The same with several outputs.
std::vector<Array> make_arrays(PrimitivePtr primitive, SmallVector<Array, 2>&& inputs,
                               SmallVector<Output, 1>&& outputs);

/// A small number that is the calling thread's alone.
uint32_t thread_number();

/// Guards the structure of pending graphs: held while a graph is walked, claimed or detached, and
/// never while plans are built, memory is freed, or user code runs.
std::mutex& graph_mutex();

}  // namespace lazulite
