// Settings that change while others compute.
#include "stress/stress.h"

namespace lazulite::stress {
namespace {

using Settings = StressTest;

void compute_beside(const std::function<void(int)>& change) {
  Array x = whole_numbers({110, 110}, 1);
  Array expected = heavy(x).eval();
  together(3, [&](int i) {
    for (int k = 0; k < rounds(25); ++k) {
      if (i == 0) {
        change(k);
        dawdle(static_cast<uint64_t>(k));
      } else {
        expect_same(heavy(x), expected);
      }
    }
  });
}

TEST_F(Settings, NumberOfThreads) {
  compute_beside([](int k) { set_num_threads(1 + k % 4); });
  set_num_threads(0);
}

TEST_F(Settings, MemoryLimit) {
  size_t before = memory_limit();
  compute_beside([before](int k) { set_memory_limit(k % 2 ? before : before / 2); });
  set_memory_limit(before);
}

TEST_F(Settings, Fusion) {
  compute_beside([](int k) { set_fusion_enabled(k % 2); });
  set_fusion_enabled(true);
}

TEST_F(Settings, Budget) {
  PendingBudget before = pending_budget();
  compute_beside([](int k) { set_pending_budget({k % 2 ? size_t{3} : size_t{0}, 0}); });
  set_pending_budget(before);
}

TEST_F(Settings, Statistics) {
  compute_beside([](int) {
    (void)execution_statistics();
    (void)memory_statistics();
    reset_peak_memory();
    synchronize();
  });
}

}  // namespace
}  // namespace lazulite::stress
