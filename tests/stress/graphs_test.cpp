// Threads whose graphs have parts in common.
#include <algorithm>
#include <thread>

#include "stress/stress.h"

namespace lazulite::stress {
namespace {

using Graphs = StressTest;

constexpr int threads = 4;

TEST_F(Graphs, ShareOnePendingArray) {
  Array x = whole_numbers({96, 96}, 1);
  std::vector<Array> expected;
  for (int i = 0; i < threads; ++i) expected.push_back((heavy(x) * i).eval());
  for (int round = 0; round < rounds(40); ++round) {
    Array shared = heavy(x);
    std::vector<Array> got(threads);
    together(threads, [&](int i) {
      dawdle(static_cast<uint64_t>(round * threads + i));
      got[static_cast<size_t>(i)] = (shared * i).eval();
    });
    for (int i = 0; i < threads; ++i) {
      expect_same(got[static_cast<size_t>(i)], expected[static_cast<size_t>(i)]);
    }
  }
}

// Each thread needs all of the shared arrays, in another order, and evaluates them one by one.
TEST_F(Graphs, EvaluateSharedArraysInAnyOrder) {
  Array x = whole_numbers({80, 80}, 2);
  auto build = [&] {
    std::vector<Array> out{heavy(x, 2)};
    for (int i = 0; i < 5; ++i) out.push_back(heavy(out.back(), 1) + out.front());
    return out;
  };
  std::vector<Array> expected = build();
  eval(expected);
  for (int round = 0; round < rounds(30); ++round) {
    std::vector<Array> shared = build();
    together(threads, [&](int i) {
      std::vector<Array> mine = shared;
      for (size_t k = 0; k < mine.size(); ++k) {
        Array& array = mine[(k + static_cast<size_t>(i) * 2) % mine.size()];
        if ((k + static_cast<size_t>(round)) % 2) {
          async_eval({array});
        } else {
          array.eval();
        }
      }
    });
    for (size_t i = 0; i < shared.size(); ++i) expect_same(shared[i], expected[i]);
  }
}

// Handles are dropped in one thread while another evaluates what they belong to.
TEST_F(Graphs, LoseHandlesWhileOthersEvaluate) {
  Array x = whole_numbers({64, 64}, 3);
  Array expected = heavy(x, 5).eval();
  for (int round = 0; round < rounds(60); ++round) {
    std::vector<Array> parts{x};
    for (int i = 0; i < 5; ++i)
      parts.push_back(remainder(matmul(parts.back(), transpose(x)) + i, 7));
    Array last = parts.back();
    together(2, [&](int i) {
      dawdle(static_cast<uint64_t>(2 * round + i));
      if (i == 0) {
        last.eval();
      } else {
        parts.clear();
      }
    });
    expect_same(last, expected);
  }
}

// Elements in row-major order are asked for while others compute with the view.
TEST_F(Graphs, ReadViewsWhileOthersComputeWithThem) {
  Array base = whole_numbers({150, 170}, 4);
  std::vector<float> transposed = base.T().eval().to_vector<float>();
  for (int round = 0; round < rounds(60); ++round) {
    Array view = base.T().eval();
    together(threads, [&](int i) {
      dawdle(static_cast<uint64_t>(round * threads + i));
      if (i % 2) {
        const float* data = view.data<float>();
        EXPECT_TRUE(std::equal(transposed.begin(), transposed.end(), data));
      } else {
        Array sum = view + 0;
        async_eval({sum});
        EXPECT_EQ(sum.to_vector<float>(), transposed);
      }
    });
  }
}

// The budget evaluates what threads have built while others trace and differentiate.
TEST_F(Graphs, AreFlushedWhileOthersTrace) {
  struct Budget {
    PendingBudget before = pending_budget();
    Budget() { set_pending_budget({50, 0}); }
    ~Budget() { set_pending_budget(before); }
  } budget;
  for (int round = 0; round < rounds(6); ++round) {
    together(threads, [&](int i) {
      Array x = whole_numbers({static_cast<int64_t>(20 + round), 40}, 5);
      if (i % 2) {
        std::vector<Array> kept;
        Array sum = x;
        for (int k = 0; k < 300; ++k) {
          sum = remainder(sum + k, 11);
          kept.push_back(sum * 2);
        }
        Array last = kept.back();
        expect_same(last, remainder(sum, 11) * 2);
      } else {
        for (int k = 0; k < 20; ++k) {
          auto f = compile([k](const Array& a) { return softmax(a * k, Axes{1}); });
          Array got = f(x);
          expect_same(sum(got > 1.5f), Array(0));
          Array slope = grad([](const Array& a) { return sum(square(a)); })(x);
          expect_same(slope, 2 * x);
        }
      }
    });
  }
}

TEST_F(Graphs, OpenDevicesTogether) {
  together(threads, [&](int i) {
    DeviceScope scope(Device(i % 2 ? "reference" : "cpu"));
    Array x = whole_numbers({8, 8}, 6);
    expect_same(x + x, x * 2);
  });
}

// The budget's flush in one thread leaves what another thread has made and holds.
TEST_F(Graphs, AreFlushedByThreadsThatDidNotMakeThem) {
  Array made_here = ones({4}) * 0.5f, sum_there;
  std::thread([&] {
    Array made_there = made_here;
    for (int i = 0; i < 5000; ++i) made_there = made_there + made_here;
    sum_there = made_there;
  }).join();
  EXPECT_EQ(sum_there.to_vector<float>(), std::vector<float>(4, 2500.5f));
  EXPECT_EQ(made_here.to_vector<float>(), std::vector<float>(4, 0.5f));
  Array sum_here = made_here * 1;
  std::thread([&] { sum_there = full({4}, 2.f) * 3; }).join();
  for (int i = 0; i < 5000; ++i) sum_here = sum_here + sum_there;
  EXPECT_EQ(sum_here.to_vector<float>(), std::vector<float>(4, 30000.5f));
  EXPECT_EQ(sum_there.to_vector<float>(), std::vector<float>(4, 6));
}

// A pending array is captured by functions that several threads trace at once.
TEST_F(Graphs, AreCapturedWhileTheyAreComputed) {
  Array x = whole_numbers({96, 96}, 5);
  Array expected = (heavy(x) + 1).eval();
  for (int round = 0; round < rounds(30); ++round) {
    Array captured = heavy(x);
    auto function = compile([&](const Array& a) { return captured + a; });
    std::vector<Array> got(threads);
    together(threads, [&](int i) {
      dawdle(static_cast<uint64_t>(round * threads + i));
      got[static_cast<size_t>(i)] = function(ones({})).eval();
    });
    for (const Array& array : got) expect_same(array, expected);
  }
}

// A thread may compute as long as it lives, and its own variables go one after another.
TEST_F(Graphs, AreEvaluatedWhenAThreadEnds) {
  float result = 0;
  std::thread([&] {
    struct Last {
      float* result = nullptr;
      ~Last() {
        if (result) *result = sum(random::uniform({300, 30}) * 0 + 2, Axes{0})[0].item<float>();
      }
    };
    static thread_local Last last;
    last.result = &result;
    random::uniform({2}).eval();
    sum((ones({300, 30}) + 1) * 2, Axes{0}).eval();
  }).join();
  EXPECT_EQ(result, 600);
}

// One thread counts in a cell, step by step, while others compute what it has left there: small
// runs, which are done before their results are told where they lie.
TEST_F(Graphs, CountInACellThatOthersEvaluate) {
  Cell cell(zeros({}, Dtype::int32));
  const int count = rounds(3000);
  together(threads, [&](int i) {
    int last = 0;
    for (int k = 0; k < count; ++k) {
      if (i == 0) {
        cell.set(cell.get() + 1);
      } else {
        const int now = cell.get().item<int>();
        EXPECT_GE(now, last);
        last = now;
      }
    }
  });
  EXPECT_EQ(cell.get().item<int>(), count);
}

}  // namespace
}  // namespace lazulite::stress
