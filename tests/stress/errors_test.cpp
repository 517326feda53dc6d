// Errors that are found while the work is in flight.
#include <atomic>

#include "stress/stress.h"

namespace lazulite::stress {
namespace {

using Errors = StressTest;

// An index beyond the end, noticed when the gather runs.
Array failing(const Array& x) { return take(x, Array({1000000}), 0); }

TEST_F(Errors, ReachAllWhoNeedTheValueAndNobodyElse) {
  Array x = whole_numbers({90, 90}, 1);
  Array expected = heavy(x).eval();
  for (int round = 0; round < rounds(20); ++round) {
    Array bad = failing(heavy(x)), good = heavy(x);
    together(4, [&](int i) {
      dawdle(static_cast<uint64_t>(round * 4 + i));
      if (i % 2) {
        EXPECT_THROW((bad + i).eval(), IndexError);
      } else {
        expect_same(good + 0, expected);
      }
    });
    EXPECT_THROW(bad.eval(), IndexError);
    EXPECT_THROW((sum(bad) * 2).item<float>(), IndexError);
  }
}

TEST_F(Errors, LeaveCellsAsTheyWere) {
  Array x = whole_numbers({90, 90}, 2);
  for (int round = 0; round < rounds(10); ++round) {
    Cell cell(zeros({90, 90}));
    auto step = compile([&](const Array& index) {
      cell = cell.get() + 1;
      return sum(take(cell.get(), index, 0));
    });
    std::atomic<int> good{0};
    together(3, [&](int i) {
      for (int k = 0; k < 10; ++k) {
        bool fails = (i + k) % 3 == 0;
        try {
          step(Array({fails ? 5000 : 5})).eval();
          ++good;
        } catch (const IndexError&) {
          // Another thread's error may be raised here: each cell holds its last good value.
        }
      }
    });
    float value = cell.get()[{0, 0}].item<float>();
    expect_same(cell.get(), full({90, 90}, value));
    EXPECT_LE(good.load(), 20);
    step(Array({1})).eval();
    expect_same(cell.get(), full({90, 90}, value + 1));
  }
}

}  // namespace
}  // namespace lazulite::stress
