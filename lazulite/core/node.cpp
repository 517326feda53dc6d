#include "lazulite/core/node.h"

#include "lazulite/core/errors.h"
#include "lazulite/core/evaluator.h"
#include "lazulite/core/fork.h"
#include "lazulite/core/history.h"
#include "lazulite/core/may_fail.h"
#include "lazulite/core/pending.h"
#include "lazulite/core/trace.h"

namespace lazulite {
namespace {

uint64_t next_sequence() {
  static std::atomic<uint64_t> counter{1};
  return counter.fetch_add(1, std::memory_order_relaxed);
}

// Of nodes that compute nothing; asking for the thread's would cost a small call a hundredth.
const Stream& no_stream() {
  static const Stream stream{Device("cpu")};
  return stream;
}

[[maybe_unused]] const bool made = (add_fork_handler(made_before_forks<no_stream>()), true);

}  // namespace

Node::Node(PrimitivePtr&& primitive_, SmallVector<Array, 2>&& inputs_)
    : primitive(std::move(primitive_)),
      inputs(std::move(inputs_)),
      sequence(next_sequence()),
      thread(thread_number()),
      state_(State::pending),
      claimable_(true),
      for_others_(!current_trace() && !PlanningScope::active()) {}

Node::Node(PrimitivePtr primitive_, SmallVector<Array, 2>&& inputs_, Shape&& shape, Dtype dtype)
    : Node(std::move(primitive_), std::move(inputs_)) {
  Output& output = outputs.emplace_back();
  output.shape = std::move(shape);
  output.dtype = dtype;
  join_graph();
}

Node::Node(PrimitivePtr primitive_, SmallVector<Array, 2>&& inputs_,
           SmallVector<Output, 1>&& outputs_)
    : Node(std::move(primitive_), std::move(inputs_)) {
  outputs = std::move(outputs_);
  if (outputs.size() > 1) {
    handles_ = std::make_unique<std::atomic<uint32_t>[]>(outputs.size());
  }
  join_graph();
}

void Node::join_graph() {
  if (const auto& active = retain_token()) {
    for (const Array& input : inputs) {
      if (input.node()->retained()) token = active;
    }
  }
  // What a trace or a pass makes is not for the evaluation of this thread's pending work to find.
  if (for_others_) PendingNodes::add(*this);
}

Node::Node(State state, Output&& output, EventPtr event)
    : stream(no_stream()),
      sequence(next_sequence()),
      thread(thread_number()),
      unsure(event != nullptr),
      state_(state),
      event_(std::move(event)) {
  outputs.emplace_back(std::move(output));
}

Node::~Node() { PendingNodes::remove(*this); }

bool may_fail(Node& node) {
  if (!node.unsure) return false;
  switch (node.state()) {
    case Node::State::pending: return true;
    case Node::State::scheduled: {
      EventPtr event = node.event();
      return !event || may_fail(event);
    }
    default: return false;
  }
}

bool Node::retained() const { return token && token->active; }

void Node::claim(EventPtr event) noexcept {
  PendingNodes::remove(*this);
  event_ = std::move(event);
  state_.store(State::scheduled, std::memory_order_release);
}

void Node::unclaim() noexcept {
  event_ = nullptr;
  state_.store(State::pending, std::memory_order_release);
  if (for_others_) PendingNodes::add(*this);
}

EventPtr Node::event() {
  if (state() != State::scheduled) return nullptr;
  if (!claimable_) return unless_over(event_);
  EventPtr taken;
  {
    // A claim may be taken back.
    std::lock_guard lock(graph_mutex());
    if (state() == State::scheduled) taken = event_;
  }
  return unless_over(taken);
}

EventPtr Node::unless_over(const EventPtr& run) {
  // A run may be done before its results are told where they lie.
  if (!run || !run->bound() || !run->done() || run->failure()) return run;
  state_.store(State::ready, std::memory_order_release);
  return nullptr;
}

bool Node::arrived() { return state() == State::ready || (!event() && state() == State::ready); }

bool Node::wait_bound() {
  // Between two looks a claim may be taken back, and made again by somebody else.
  for (;;) {
    const State seen = state();
    if (seen != State::scheduled) return seen != State::pending;
    if (EventPtr run = event()) return run->wait_bound();
  }
}

bool Node::wait() {
  for (;;) {
    const State seen = state();
    if (seen != State::scheduled) return seen != State::pending;
    EventPtr run = event();
    if (!run) continue;
    if (!run->wait_bound()) return false;
    run->wait();
    state_.store(State::ready, std::memory_order_release);
    return true;
  }
}

void Node::detach() {
  primitive = nullptr;
  inputs.clear();
}

uint32_t Node::handles(uint32_t output) const {
  return handles_[output].load(std::memory_order_acquire);
}

Array make_array(PrimitivePtr primitive, SmallVector<Array, 2>&& inputs, Shape shape, Dtype dtype) {
  Node* node = new Node(std::move(primitive), std::move(inputs), std::move(shape), dtype);
  Array array(node, 0);
  evaluator().node_created(*node);
  return array;
}

std::vector<Array> make_arrays(PrimitivePtr primitive, SmallVector<Array, 2>&& inputs,
                               SmallVector<Output, 1>&& outputs) {
  size_t count = outputs.size();
  std::vector<Array> arrays;
  arrays.reserve(count);  // before there is a node that nobody has a handle to
  Node* node = new Node(std::move(primitive), std::move(inputs), std::move(outputs));
  for (uint32_t i = 0; i < count; ++i) arrays.emplace_back(node, i);
  evaluator().node_created(*node);
  return arrays;
}

uint32_t thread_number() {
  static std::atomic<uint32_t> counter{0};
  thread_local uint32_t number = counter++;
  return number;
}

std::mutex& graph_mutex() {
  static auto* mutex = new std::mutex;
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
  node.listed_ = true;
  node.previous_ = pending.last;
  node.next_ = nullptr;
  (pending.last ? pending.last->next_ : pending.first) = &node;
  pending.last = &node;
  ++pending.count;
}

void PendingNodes::remove(Node& node) {
  if (!node.listed_) return;
  Node* one = &node;
  remove({&one, 1});
}

void PendingNodes::remove(std::span<Node* const> nodes) {
  std::lock_guard lock(pending_mutex());
  for (Node* node : nodes) {
    if (!node->listed_) continue;
    node->listed_ = false;
    (node->previous_ ? node->previous_->next_ : pending.first) = node->next_;
    (node->next_ ? node->next_->previous_ : pending.last) = node->previous_;
    node->previous_ = node->next_ = nullptr;
    --pending.count;
  }
}

size_t PendingNodes::count() {
  std::lock_guard lock(pending_mutex());
  return pending.count;
}

std::mutex& PendingNodes::mutex() { return pending_mutex(); }

std::vector<Array> PendingNodes::arrays(uint32_t owner) {
  std::vector<Array> out;
  std::lock_guard lock(pending_mutex());
  out.reserve(pending.count);
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

thread_local int planning = 0;

[[maybe_unused]] const bool held_in_forks = [] {
  add_fork_handler(holding<graph_mutex>(2));
  add_fork_handler(holding<PendingNodes::mutex>(3));
  return true;
}();

}  // namespace

PlanningScope::PlanningScope() { ++planning; }
PlanningScope::~PlanningScope() { --planning; }
bool PlanningScope::active() { return planning > 0; }

// Without recursion, and without asking for memory: what waits is chained through the nodes.
void Node::destroy(Node* node) {
  thread_local Node* doomed = nullptr;
  thread_local bool draining = false;
  PendingNodes::remove(*node);
  node->next_ = std::exchange(doomed, node);
  if (draining) return;
  draining = true;
  while (doomed) delete std::exchange(doomed, doomed->next_);
  draining = false;
}

Array::Array(Node* node, uint32_t output) : node_(node), output_(output) {
  if (!node_) return;
  node_->retain();
  if (node_->handles_) node_->handles_[output_].fetch_add(1, std::memory_order_relaxed);
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
  if (!node_) return;
  if (node_->handles_) node_->handles_[output_].fetch_sub(1, std::memory_order_acq_rel);
  if (node_->release()) Node::destroy(node_);
}

}  // namespace lazulite
