#include "lazulite/core/fork.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <thread>
#include <vector>

#include "lazulite/core/threads.h"

#ifdef __GLIBC__
// What its pthread_atfork calls.
extern "C" int __register_atfork(void (*before)(), void (*after)(), void (*child)(), void* library);
#endif

namespace lazulite {
namespace {

// Atomics alone, so that the child finds them in order.
std::atomic<int> inside{0};
std::atomic<bool> closed{false};
std::atomic<bool> forked{false};
// In the memory that each thread starts with, which is found without a call: every evaluation
// passes.
#ifdef __linux__
[[gnu::tls_model("initial-exec")]]
#endif
thread_local int depth = 0;
// Nanoseconds until which only the thread that ends the process may pass; 0 if none does.
std::atomic<int64_t> reopens_at{0};
thread_local bool ends_process = false;

constexpr int64_t second = 1'000'000'000;

int64_t now() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool held_for_end() {
  const int64_t until = reopens_at;
  return until != 0 && !ends_process && now() < until;
}

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
  // Of the parent's threads this one alone is there: whatever another had just entered, or was
  // ending.
  inside = depth > 0 ? 1 : 0;
  reopens_at = 0;
  for (const ForkHandler& handler : handlers()) {
    if (handler.in_child) handler.in_child();
  }
  after_fork();
}

// Registered with the system twice: when the library is loaded, and by handle_forks_first. What is
// registered last is called first before a fork and last after it. One of them does the work: the
// second may come while another thread is between the two.
enum class Registration { none, first, second };
thread_local Registration at_work = Registration::none;

template <Registration own>
void before() {
  if (at_work != Registration::none) return;
  at_work = own;
  before_fork();
}
template <Registration own, void (*after)()>
void afterwards() {
  if (at_work != own) return;
  at_work = Registration::none;
  after();
}
template <Registration own>
int register_with_system() {
  constexpr auto after = afterwards<own, after_fork>, child = afterwards<own, in_child>;
#ifdef __GLIBC__
  // As nobody's: what a library has registered goes with its static objects, and other threads may
  // still fork then.
  return __register_atfork(before<own>, after, child, nullptr);
#else
  return pthread_atfork(before<own>, after, child);
#endif
}

}  // namespace

void ForkGate::enter() {
  if (depth++ > 0) return;
  for (;;) {
    inside.fetch_add(1);
    const bool forks = closed, ends = held_for_end();
    // A fork waits for the executor's thread, which therefore waits for none.
    if ((!forks && !ends) || on_executor_thread()) return;
    if (inside.fetch_sub(1) > 0) inside.notify_all();
    if (forks) {
      closed.wait(true);
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
}

void ForkGate::leave() noexcept {
  if (--depth > 0) return;
  inside.fetch_sub(1);
  if (closed) inside.notify_all();
}

bool ForkGate::is_inside() { return depth > 0; }

ForkGate::Pause::Pause() : outside_(depth == 1) {
  if (outside_) leave();
}
ForkGate::Pause::~Pause() {
  if (outside_) enter();
}

void ForkGate::close_for_end() {
  ends_process = true;
  reopens_at = std::numeric_limits<int64_t>::max();
  const int own = depth > 0 ? 1 : 0;
  for (const int64_t end = now() + second; inside > own && now() < end;) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

bool ForkGate::closed_for_end() { return ends_process; }

void ForkGate::reopen_soon() { reopens_at = now() + second; }

void add_fork_handler(ForkHandler handler) {
  static const int registered = register_with_system<Registration::first>();
  (void)registered;
  std::vector<ForkHandler>& all = handlers();
  auto at = std::find_if(all.begin(), all.end(),
                         [&](const ForkHandler& other) { return other.level > handler.level; });
  all.insert(at, handler);
}

void handle_forks_first() {
  static const int registered = register_with_system<Registration::second>();
  (void)registered;
}

bool is_forked_child() { return forked.load(std::memory_order_relaxed); }

}  // namespace lazulite
