#include <gtest/gtest.h>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

// What was evaluated inside keeps its graph for the derivative, and no longer.
TEST(Vjp, LetsGoOfTheGraphWhenItIsDone) {
  const Array w = (random::normal({300, 300}) * 0.05f).eval();
  Array kept;
  const auto loss = [&](const Array& v) {
    Array h = v;
    for (int i = 0; i < 10; ++i) h = sin(matmul(h, w)).eval();
    kept = h;
    return sum(h);
  };
  Arrays held;
  size_t before = 0;
  for (int i = 0; i < 4; ++i) {
    held.push_back(grad(std::function<Array(const Array&)>(loss))(w).eval());
    held.push_back(std::exchange(kept, Array()));
    synchronize();
    const size_t now = memory_statistics().active_bytes;
    // The first time also takes what runs share.
    if (i > 0) {
      EXPECT_LE(now, before + 2 * w.nbytes() + 16384);
    }
    before = now;
  }
}

}  // namespace
}  // namespace lazulite
