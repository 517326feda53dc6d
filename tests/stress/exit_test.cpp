// Processes that end while threads compute. A forked child is another kind of process: each is a
// program of its own.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "lazulite/core/observer.h"
#include "lazulite/ops/custom.h"
#include "stress/stress.h"
#include "support/sanitizers.h"

namespace lazulite::stress {
namespace {

using Exits = StressTest;
constexpr const char* variable = "LAZULITE_TEST_EXIT";

std::atomic<int> computed{0};

void compute_for_ever() {
  const auto step = compile([](Array x) -> Array { return heavy(x); });
  const Array x = whole_numbers({150, 150}, 1);
  for (;; ++computed) step(x).eval();
}

// Makes plans of functions that are new, the first of which have kernels generated.
void plan_for_ever() {
  for (int64_t size = 40;; ++size) {
    const Array x = whole_numbers({size, size}, 1), images = ones({1, size, 16, 3});
    compile([](Array a) -> Array { return matmul(a, a); })(x).eval();
    compile([](Array a) -> Array { return conv2d(a, ones({4, 3, 3, 3})); })(images).eval();
  }
}

// Ends with 3 where a destructor of a static object computes something wrong.
struct ComputesAtTheEnd {
  ~ComputesAtTheEnd() {
    const Array x = arange(90000, Dtype::float32) * 0;
    if (sum(exp(x) + 1).item<float>() != 180000) _exit(3);
  }
};

// What the library keeps for its own operations outlives all objects of the program, and where
// oneDNN's own have ended other kernels compute.
struct TransformsAtTheEnd {
  static bool right() {
    auto sums_to = [](const Array& x, float total) {
      return std::abs(sum(x).item<float>() - total) < 1e-3f;
    };
    const Array a = eye(6) * 2;
    return sums_to(abs(lazulite::fft(ones({64}))), 64) && sums_to(irfft(rfft(ones({64}))), 64) &&
           sums_to(inv(a), 3) && sums_to(cholesky(a * 2), 12) &&
           sums_to(solve_triangular(a, ones({6})), 3) && sums_to(det(a), 64) &&
           sums_to(abs(qr(a).r), 12) && sums_to(svd(a).s, 12) && sums_to(eigvalsh(a), 12) &&
           sums_to(lu_factor(a).lu, 12) && sums_to(real(eigvals(a)), 12) &&
           sums_to(matmul(ones({130, 130}), ones({130, 130})), 130 * 130 * 130) &&
           sums_to(conv2d(ones({2, 12, 12, 3}), ones({4, 3, 3, 3})), 2 * 10 * 10 * 4 * 27);
  }
  ~TransformsAtTheEnd() {
    if (!right()) _exit(4);
  }
};

// Forks in a loop. Each child writes a byte when it begins and another when it has computed.
void fork_for_ever(int told) {
  for (;;) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(10);
      (void)!write(told, "b", 1);
      if (sum(ones({3}) + 1).item<float>() == 6) (void)!write(told, "c", 1);
      _exit(0);
    }
    waitpid(child, nullptr, 0);
  }
}

// Ends the process while a batch is made of it.
struct EndingSet : data::Dataset {
  int64_t size() const override { return 100; }
  data::Batch get(std::span<const int64_t> indices, uint64_t) const override {
    if (indices[0] == 33) std::exit(0);
    return {(full({60, 60}, double(indices[0])) + 1).eval(), zeros({4})};
  }
};

struct SignalsWhenItPlans final : Observer {
  void planned(const Span&) override { std::raise(SIGUSR1); }
};

// Ends the process from a handler of a signal, which interrupts an evaluation where no function of
// the C library is interrupted, whose locks nobody could wait for: a plan or an operation.
void end_by_signal(bool in_plan) {
  std::signal(SIGUSR1, [](int) { std::exit(0); });
  if (in_plan) {
    add_observer(std::make_shared<SignalsWhenItPlans>(), Watch::calls);
    (sum(ones({7, 11})) * 3).eval();
    std::exit(7);
  }
  auto operation = std::make_shared<CustomOperation>(CustomOperation{
      .name = "signalling",
      .infer =
          [](InputTypes in) {
            return ArrayTypes{{in[0].shape, in[0].dtype}};
          },
      .run = [](std::span<const HostArray>, std::span<const HostArray>) { std::raise(SIGUSR1); },
  });
  apply_operation(operation, {ones({3})})[0].eval();
  std::exit(8);
}

// The child's part.
TEST(Exit, Happens) {
  const char* how = std::getenv(variable);
  if (!how) GTEST_SKIP() << "of processes that other tests start";
  const std::string kind = how;
  alarm(60);
  // Within an operation arrays cannot be evaluated, also not by destructors.
  if (kind == "signal in an operation") end_by_signal(false);
  static ComputesAtTheEnd at_the_end;
  if (kind == "transforms") {
    static TransformsAtTheEnd transforms;
    std::exit(TransformsAtTheEnd::right() ? 0 : 5);
  }
  if (kind == "loader") {
    static data::DataLoader loader(std::make_shared<EndingSet>(), {.batch_size = 3, .workers = 2});
    for (const data::Batch& batch : loader) sum(batch.images).eval();
    std::exit(6);
  }
  if (kind.rfind("fork", 0) == 0) {
    std::thread(fork_for_ever, std::atoi(kind.c_str() + 4)).detach();
  }
  if (kind.rfind("plans", 0) == 0) {
    for (int i = 0; i < 3; ++i) std::thread(plan_for_ever).detach();
    ::usleep(std::atoi(kind.c_str() + 5));
    std::exit(0);
  }
  for (int i = 0; i < 3; ++i) std::thread(compute_for_ever).detach();
  while (computed < 10) std::this_thread::yield();
  if (kind == "signal in a plan") end_by_signal(true);
  if (kind == "other thread") std::thread([] { std::exit(0); }).join();
  if (kind == "in a thread's destructor") {
    thread_local ComputesAtTheEnd of_thread;
    (void)&of_thread;
  }
  std::exit(0);
}

// How such a process ends, as waitpid says it.
int end_of(const std::string& kind) {
  const pid_t child = fork();
  if (child == 0) {
    setenv(variable, kind.c_str(), 1);
    // The thread sanitizer would hold the process for a second when all static objects are gone,
    // after which other threads compute again; and it has its opinion of what handlers call.
    const char* options = std::getenv("TSAN_OPTIONS");
    setenv(
        "TSAN_OPTIONS",
        (std::string(options ? options : "") + ":atexit_sleep_ms=0:report_signal_unsafe=0").c_str(),
        1);
    execl("/proc/self/exe", "stress_tests", "--gtest_filter=Exit.Happens",
          static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

void expect_one_end(const std::string& kind) {
  const int status = end_of(kind);
  ASSERT_TRUE(WIFEXITED(status)) << kind << ": signal " << WTERMSIG(status);
  ASSERT_EQ(WEXITSTATUS(status), 0) << kind;
}

void expect_end(const std::string& kind) {
  for (int round = 0; round < rounds(6); ++round) ASSERT_NO_FATAL_FAILURE(expect_one_end(kind));
}

TEST_F(Exits, WhileOtherThreadsMakeTheirFirstPlans) {
  for (int microseconds = 0; microseconds <= 30000; microseconds += 1000) {
    ASSERT_NO_FATAL_FAILURE(expect_one_end("plans" + std::to_string(microseconds)));
  }
}
TEST_F(Exits, WithTransformsInDestructors) { expect_end("transforms"); }
TEST_F(Exits, WhileAnotherThreadForks) {
  if (!test::forks_beside_busy_threads) GTEST_SKIP() << test::locks_of_the_sanitizer;
  int told[2];
  ASSERT_EQ(pipe(told), 0);
  expect_end("fork" + std::to_string(told[1]));
  close(told[1]);
  // Until the last child has ended, one way or another.
  std::string all;
  char byte = 0;
  while (read(told[0], &byte, 1) == 1) all.push_back(byte);
  close(told[0]);
  EXPECT_GT(all.size(), 0);
  EXPECT_EQ(std::count(all.begin(), all.end(), 'b'), std::count(all.begin(), all.end(), 'c'));
}
TEST_F(Exits, OfALoadersThread) { expect_end("loader"); }
TEST_F(Exits, FromAHandlerOfASignal) {
  expect_end("signal in a plan");
  expect_end("signal in an operation");
}
TEST_F(Exits, OfTheMainThread) { expect_end("main thread"); }
TEST_F(Exits, OfAnotherThread) { expect_end("other thread"); }
TEST_F(Exits, WithDestructorsOfTheThread) { expect_end("in a thread's destructor"); }

}  // namespace
}  // namespace lazulite::stress
