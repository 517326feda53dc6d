// Updates of a few elements: in the memory of what they change where nobody else needs that.
#include <gtest/gtest.h>

#include "lazulite/lazulite.h"
#include "support/expect.h"

namespace lazulite {
namespace {

// The array after `update`, once with the array given up and once with it held by the caller.
void expect_in_place(const std::function<Array(const Array&)>& update) {
  const Array start = random::normal({64, 100});
  const Array first = (start + 0.f).eval();
  Array held = (start * 1.f).eval();
  const Array expected = update(held).eval();
  test::expect_equal(held, first);  // unharmed: it is still needed

  Array given = (start * 1.f).eval();
  const MemoryStatistics before = memory_statistics();
  for (int i = 0; i < 3; ++i) {
    given = update(given);
    given.eval();
    if (i == 0) test::expect_equal(given, expected);
  }
  EXPECT_LE(memory_statistics().active_bytes, before.active_bytes + 4096);
}

TEST(InPlace, UpdatesOfSlicesAndScatters) {
  random::seed(1);
  const Array row = random::normal({1, 100}).eval();
  expect_in_place([&](const Array& x) { return slice_update(x, row, {5, 0}, {6, 100}); });
  expect_in_place([&](const Array& x) {
    return slice_update(x, row, {5, 99}, {6, -101}, {1, -1});
  });
  const Array rows = random::normal({3, 100}).eval();
  const Array positions(std::vector<int32_t>{7, 7, -1}, {3});
  expect_in_place([&](const Array& x) { return scatter_add(x, positions, rows); });
  const Array columns = random::normal({64, 2}).eval();
  const Array where = zeros({64, 2}, Dtype::int32).eval();
  expect_in_place([&](const Array& x) { return put_along_axis(x, where, columns, 1); });
  expect_in_place([&](const Array& x) { return add_along_axis(x, where, columns, 1); });
  expect_in_place([&](const Array& x) { return index_update(x, {positions}, rows); });
  expect_in_place([&](const Array& x) {
    return index_update(x, {positions, 3}, Array({1.0, 2.0, 3.0}), Update::maximum);
  });
}

// A cache of which each step changes a row: nothing else of its size is ever there.
TEST(InPlace, ACacheStaysWhereItIs) {
  Array cache = (zeros({1024, 256}) + 0.f).eval();
  const Array row = ones({1, 256}).eval();
  reset_peak_memory();
  const size_t before = memory_statistics().active_bytes;
  for (int64_t i = 0; i < 5; ++i) {
    cache = slice_update(cache, row, {i, 0}, {i + 1, 256});
    cache.eval();
  }
  EXPECT_LE(memory_statistics().peak_bytes, before + 65536);
  EXPECT_EQ(sum(cache).item<float>(), 5 * 256);
}

}  // namespace
}  // namespace lazulite
