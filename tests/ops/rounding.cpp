#include "lazulite/ops/rounding.h"

#include <gtest/gtest.h>

#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

class Rounding : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Rounding);

// Numbers of MLX 0.32.4.
TEST_P(Rounding, ToDecimals) {
  expect_close(round(Array({123.456f, 125.5f}), 1), Array({123.5f, 125.5f}), 1e-6);
  expect_close(round(Array({0.125f, -2.675f, 1e-3f}), 2), Array({0.12f, -2.68f, 0.f}), 1e-6);
  expect_equal(round(Array({123.456f, 125.5f}), -1), Array({120.f, 130.f}));
  expect_equal(round(Array({125, 135, -15}), -1), Array({120, 140, -20}));
  expect_equal(round(Array({5, 7}), 2), Array({5, 7}));
}

}  // namespace
}  // namespace lazulite
