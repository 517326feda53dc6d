// The first products, convolutions and decompositions of a process that has hardly any address
// space left: kernels' code is generated then, and LAPACK's library opened. Each is a child of its
// own.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

constexpr const char* variable = "LAZULITE_TEST_ADDRESS_SPACE";
constexpr const char* decomposes = "LAZULITE_TEST_DECOMPOSES";
// OpenMP's library ends the process itself where it cannot start a thread.
constexpr int right = 0, no_thread = 1, refused = 2, wrong = 3;

void leave_only(uint64_t bytes) {
  uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t most = pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) + bytes;
  const rlimit limit{most, most};
  ::setrlimit(RLIMIT_AS, &limit);
}

struct Net : nn::Module {
  nn::Conv2d first{3, 32, 3}, second{32, 48, 3};
  nn::Linear out{48 * 24 * 24, 10};
  Net() { modules({{"first", first}, {"second", second}, {"out", out}}); }
  Array operator()(const Array& x) const {
    return out(nn::relu(second(nn::relu(first(x)))).flatten(1));
  }
};

// Of several matrices at once, and the routines of which each asks for memory by itself.
bool all_decompositions_are_right() {
  const Array a = broadcast_to(eye(5) * 2, {64, 5, 5});
  auto is = [](const Array& x, float value) {
    return std::abs(sum(x).item<float>() - value) < 1e-2f;
  };
  return is(inv(a), 160) && is(cholesky(a * 2), 640) && is(abs(qr(a).r), 640) &&
         is(svd(a).s, 640) && is(eigvalsh(a), 640) && is(real(eigvals(a)), 640);
}

int compute() {
  try {
    leave_only(std::strtoull(std::getenv(variable), nullptr, 10) << 20);
    if (std::getenv(decomposes)) return all_decompositions_are_right() ? right : wrong;
    Net net;
    for (auto& [name, cell] : net.parameters()) cell = zeros_like(cell.get());
    optim::Adam adam(1e-3);
    const auto loss = [&](const Array& x, const Array& y) { return nn::cross_entropy(net(x), y); };
    const auto step = compile([&](Array x, Array y) -> Array {
      auto [value, gradients] = nn::value_and_grad(net, loss)(x, y);
      adam.update(net, gradients);
      return value;
    });
    // Without weights every class is as likely as another.
    const float first = step(ones({16, 28, 28, 3}), zeros({16}, Dtype::int32)).item<float>();
    const Array product = matmul(ones({300, 500}), ones({500, 200})).eval();
    const bool good = std::abs(first - std::log(10.0f)) < 1e-4f &&
                      min(product).item<float>() == 500 && max(product).item<float>() == 500;
    return good ? right : wrong;
  } catch (const Error&) {
    return refused;
  } catch (const std::bad_alloc&) {
    return refused;
  }
}

// The child's part.
TEST(AddressSpace, IsUsed) {
  if (!std::getenv(variable)) GTEST_SKIP() << "of processes that another test starts";
  _exit(compute());
}

void expect_right_or_refused(int least, int most, int step, const char* what) {
  int times_right = 0;
  for (int megabytes = least; megabytes <= most; megabytes += step) {
    const pid_t child = fork();
    if (child == 0) {
      if (what) setenv(what, "1", 1);
      alarm(60);
      setenv(variable, std::to_string(megabytes).c_str(), 1);
      setenv("LAZULITE_NUM_THREADS", "2", 1);
      execl("/proc/self/exe", "program_tests", "--gtest_filter=AddressSpace.IsUsed",
            static_cast<char*>(nullptr));
      _exit(127);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << megabytes << " MB: signal " << WTERMSIG(status);
    const int code = WEXITSTATUS(status);
    times_right += code == right;
    EXPECT_TRUE(code == right || code == refused || code == no_thread)
        << megabytes << " MB: status " << code;
  }
  EXPECT_GT(times_right, 0);
}

TEST(AddressSpace, ThatEndsIsAnError) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizers need address space of their own";
#endif
  expect_right_or_refused(60, 150, 6, nullptr);
}

// OpenBLAS asks for 128 MiB for each of the threads that call it.
TEST(AddressSpace, ThatEndsInADecompositionIsAnError) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizers need address space of their own";
#endif
  expect_right_or_refused(60, 480, 35, decomposes);
}

}  // namespace
}  // namespace lazulite
