// Children that are forked while work is in flight.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "stress/stress.h"

namespace lazulite::stress {
namespace {

using Forks = StressTest;

bool same(const Array& got, const Array& expected) {
  return got.to_vector<float>() == expected.to_vector<float>();
}

// What `child` returns in a child process; the child is ended if it hangs.
bool in_child(const std::function<bool()>& child) {
  pid_t pid = fork();
  if (pid == 0) {
    alarm(60);
    bool good = false;
    try {
      good = child();
    } catch (...) {
    }
    _exit(good ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_FALSE(WIFSIGNALED(status)) << "signal " << WTERMSIG(status);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(Forks, ReadWhatWasScheduledAndComputeFurther) {
  Array x = whole_numbers({120, 120}, 1);
  Array expected = heavy(x).eval(), further = (expected * 3).eval();
  for (int round = 0; round < rounds(10); ++round) {
    Array scheduled = heavy(x);
    async_eval({scheduled});
    EXPECT_TRUE(
        in_child([&] { return same(scheduled, expected) && same(scheduled * 3, further); }));
    expect_same(scheduled, expected);
  }
}

TEST_F(Forks, HappenWhileOtherThreadsCompute) {
  Array x = whole_numbers({100, 100}, 2);
  Array expected = heavy(x).eval();
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop) expect_same(heavy(x), expected);
  });
  for (int round = 0; round < rounds(10); ++round) {
    EXPECT_TRUE(in_child([&] { return same(heavy(x), expected); }));
  }
  stop = true;
  other.join();
}

TEST_F(Forks, GiveChildrenThatUseTwoThreads) {
  Array x = whole_numbers({100, 100}, 3);
  Array expected = heavy(x).eval();
  for (int round = 0; round < rounds(6); ++round) {
    Array scheduled = heavy(x), shared = heavy(x) + 1;
    async_eval({scheduled});
    EXPECT_TRUE(in_child([&] {
      std::atomic<int> good{0};
      together(2, [&](int) {
        good += same(scheduled, expected) && same(shared, expected + 1) && same(heavy(x), expected);
      });
      return good == 2;
    }));
  }
}

}  // namespace
}  // namespace lazulite::stress
