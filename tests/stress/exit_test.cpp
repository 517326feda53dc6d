// Processes that end while threads compute. A forked child is another kind of process: each is a
// program of its own.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "stress/stress.h"

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

// Ends with 3 where a destructor of a static object computes something wrong.
struct ComputesAtTheEnd {
  ~ComputesAtTheEnd() {
    // Not with kernels of libraries, whose own objects may be gone.
    const Array x = arange(90000, Dtype::float32) * 0;
    if (sum(exp(x) + 1).item<float>() != 180000) _exit(3);
  }
};

// The child's part.
TEST(Exit, Happens) {
  const char* how = std::getenv(variable);
  if (!how) GTEST_SKIP() << "of processes that other tests start";
  const std::string kind = how;
  alarm(60);
  static ComputesAtTheEnd at_the_end;
  for (int i = 0; i < 3; ++i) std::thread(compute_for_ever).detach();
  while (computed < 10) std::this_thread::yield();
  if (kind == "other thread") std::thread([] { std::exit(0); }).join();
  if (kind == "in a thread's destructor") {
    thread_local ComputesAtTheEnd of_thread;
    (void)&of_thread;
  }
  std::exit(0);
}

void expect_end(const std::string& kind) {
  for (int round = 0; round < rounds(6); ++round) {
    const pid_t child = fork();
    if (child == 0) {
      setenv(variable, kind.c_str(), 1);
      // The thread sanitizer would hold the process for a second when all static objects are gone,
      // after which other threads compute again.
      const char* options = std::getenv("TSAN_OPTIONS");
      setenv("TSAN_OPTIONS", (std::string(options ? options : "") + ":atexit_sleep_ms=0").c_str(),
             1);
      execl("/proc/self/exe", "stress_tests", "--gtest_filter=Exit.Happens",
            static_cast<char*>(nullptr));
      _exit(127);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << kind << ": signal " << WTERMSIG(status);
    ASSERT_EQ(WEXITSTATUS(status), 0) << kind;
  }
}

TEST_F(Exits, OfTheMainThread) { expect_end("main thread"); }
TEST_F(Exits, OfAnotherThread) { expect_end("other thread"); }
TEST_F(Exits, WithDestructorsOfTheThread) { expect_end("in a thread's destructor"); }

}  // namespace
}  // namespace lazulite::stress
