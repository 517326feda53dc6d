#include "lazulite/core/node.h"

#include "lazulite/core/errors.h"
#include "lazulite/core/evaluator.h"
#include "lazulite/core/pending.h"
#include "lazulite/core/trace.h"

namespace lazulite {
namespace {

uint64_t next_sequence() {
  static std::atomic<uint64_t> counter{1};
  return counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

Node::Node(PrimitivePtr primitive_, SmallVector<Array, 2> inputs_, SmallVector<Output, 1> outputs_)
    : primitive(std::move(primitive_)),
      inputs(std::move(inputs_)),
      outputs(std::move(outputs_)),
      sequence(next_sequence()),
      thread(thread_number()),
      state_(State::pending) {
  if (retain_token()) {
    for (const Array& input : inputs) {
      if (input.node()->retained()) token = retain_token();
    }
  }
  PendingNodes::add(*this);
}

Node::Node(State state, Output output, EventPtr event)
    : sequence(next_sequence()), thread(thread_number()), state_(state), event_(std::move(event)) {
  outputs.push_back(std::move(output));
}

Node::~Node() {
  if (state_.load(std::memory_order_relaxed) == State::pending) PendingNodes::remove(*this);
}

void Node::schedule(EventPtr event) {
  PendingNodes::remove(*this);
  event_ = std::move(event);
  state_.store(State::scheduled, std::memory_order_release);
}

EventPtr Node::event() {
  if (state() != State::scheduled) return nullptr;
  std::lock_guard lock(graph_mutex());
  return event_;
}

void Node::wait() {
  EventPtr pending_event = event();
  if (!pending_event) return;
  pending_event->wait();
  std::lock_guard lock(graph_mutex());
  event_ = nullptr;
  state_.store(State::ready, std::memory_order_release);
}

void Node::detach() {
  primitive = nullptr;
  inputs.clear();
}

Array make_array(PrimitivePtr primitive, SmallVector<Array, 2> inputs, Shape shape, Dtype dtype) {
  SmallVector<Output, 1> outputs;
  outputs.push_back({std::move(shape), dtype});
  Node* node = new Node(std::move(primitive), std::move(inputs), std::move(outputs));
  Array array(node, 0);
  evaluator().node_created(*node);
  return array;
}

std::vector<Array> make_arrays(PrimitivePtr primitive, SmallVector<Array, 2> inputs,
                               SmallVector<Output, 1> outputs) {
  size_t count = outputs.size();
  Node* node = new Node(std::move(primitive), std::move(inputs), std::move(outputs));
  std::vector<Array> arrays;
  arrays.reserve(count);
  for (uint32_t i = 0; i < count; ++i) arrays.emplace_back(node, i);
  evaluator().node_created(*node);
  return arrays;
}

uint32_t thread_number() {
  static std::atomic<uint32_t> counter{0};
  thread_local uint32_t number = counter++;
  return number;
}

std::recursive_mutex& graph_mutex() {
  static auto* mutex = new std::recursive_mutex;
  return *mutex;
}

namespace {

std::mutex& pending_mutex() {
  static auto* mutex = new std::mutex;
  return *mutex;
}

struct PendingList {
  Node* first = nullptr;
  Node* last = nullptr;
  size_t count = 0;
};
PendingList pending;

}  // namespace

void PendingNodes::add(Node& node) {
  std::lock_guard lock(pending_mutex());
  node.previous_ = pending.last;
  node.next_ = nullptr;
  (pending.last ? pending.last->next_ : pending.first) = &node;
  pending.last = &node;
  ++pending.count;
}

void PendingNodes::remove(Node& node) {
  std::lock_guard lock(pending_mutex());
  (node.previous_ ? node.previous_->next_ : pending.first) = node.next_;
  (node.next_ ? node.next_->previous_ : pending.last) = node.previous_;
  node.previous_ = node.next_ = nullptr;
  --pending.count;
}

size_t PendingNodes::count() {
  std::lock_guard lock(pending_mutex());
  return pending.count;
}

std::vector<Array> PendingNodes::arrays(uint32_t owner) {
  std::vector<Array> out;
  std::lock_guard lock(pending_mutex());
  for (Node* node = pending.first; node; node = node->next_) {
    if (node->thread != owner) continue;
    // A count of zero belongs to a node that another thread is about to free.
    if (node->retain_if_alive()) {
      out.emplace_back(node, 0);
      (void)node->release();
    }
  }
  return out;
}

namespace {

// Frees a node and, without recursion, all that only it kept alive.
void destroy(Node* node) {
  thread_local std::vector<Node*> doomed;
  thread_local bool draining = false;
  doomed.push_back(node);
  if (draining) return;
  draining = true;
  while (!doomed.empty()) {
    Node* next = doomed.back();
    doomed.pop_back();
    delete next;
  }
  draining = false;
}

}  // namespace

Array::Array(Node* node, uint32_t output) : node_(node), output_(output) {
  if (node_) node_->retain();
}
Array::Array(const Array& other) : Array(other.node_, other.output_) {}
Array::Array(Array&& other) noexcept
    : node_(std::exchange(other.node_, nullptr)), output_(other.output_) {}
Array& Array::operator=(const Array& other) & {
  Array copy(other);
  std::swap(node_, copy.node_);
  std::swap(output_, copy.output_);
  return *this;
}
Array& Array::operator=(Array&& other) & noexcept {
  Array taken(std::move(other));
  std::swap(node_, taken.node_);
  std::swap(output_, taken.output_);
  return *this;
}
Array::~Array() {
  if (node_ && node_->release()) destroy(node_);
}

}  // namespace lazulite
