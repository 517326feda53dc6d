#include "lazulite/core/fork.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "lazulite/core/threads.h"

namespace lazulite {
namespace {

// Atomics alone, so that the child finds them in order.
std::atomic<int> inside{0};
std::atomic<bool> closed{false};
std::atomic<bool> forked{false};
thread_local int depth = 0;

// Held from before a fork to after it, in both processes.
std::mutex& forking() {
  static auto* mutex = new std::mutex;
  return *mutex;
}

std::vector<ForkHandler>& handlers() {
  static auto* all = new std::vector<ForkHandler>;
  return *all;
}

void tell_of_wish(bool wants) {
  for (const ForkHandler& handler : handlers()) {
    if (handler.wants) handler.wants(wants);
  }
}

void before_fork() {
  tell_of_wish(true);
  forking().lock();
  tell_of_wish(false);
  closed = true;
  const int own = depth > 0 ? 1 : 0;
  for (int seen = inside; seen > own; seen = inside) inside.wait(seen);
  for (const ForkHandler& handler : handlers()) {
    if (handler.before) handler.before();
  }
}

void after_fork() {
  for (auto handler = handlers().rbegin(); handler != handlers().rend(); ++handler) {
    if (handler->after) handler->after();
  }
  closed = false;
  closed.notify_all();
  forking().unlock();
}

void in_child() {
  forked = true;
  for (const ForkHandler& handler : handlers()) {
    if (handler.in_child) handler.in_child();
  }
  after_fork();
}

}  // namespace

void ForkGate::enter() {
  if (depth++ > 0) return;
  for (;;) {
    inside.fetch_add(1);
    // A fork waits for the executor's thread, which therefore waits for none.
    if (!closed || on_executor_thread()) return;
    if (inside.fetch_sub(1) > 0) inside.notify_all();
    closed.wait(true);
  }
}

void ForkGate::leave() noexcept {
  if (--depth > 0) return;
  inside.fetch_sub(1);
  if (closed) inside.notify_all();
}

void add_fork_handler(ForkHandler handler) {
  static const int registered = pthread_atfork(before_fork, after_fork, in_child);
  (void)registered;
  std::vector<ForkHandler>& all = handlers();
  auto at = std::find_if(all.begin(), all.end(),
                         [&](const ForkHandler& other) { return other.level > handler.level; });
  all.insert(at, handler);
}

bool is_forked_child() { return forked.load(std::memory_order_relaxed); }

}  // namespace lazulite
