#include <gtest/gtest.h>

#include "lazulite/ops/ops.h"
#include "lazulite/optim/optim.h"
#include "optim/point.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;
using test::Point;

std::vector<std::unique_ptr<optim::Optimizer>> all_optimizers() {
  std::vector<std::unique_ptr<optim::Optimizer>> all;
  all.push_back(std::make_unique<optim::SGD>(0.1));
  all.push_back(std::make_unique<optim::SGD>(0.1, optim::SGDOptions{.momentum = 0.9}));
  all.push_back(
      std::make_unique<optim::SGD>(0.1, optim::SGDOptions{.momentum = 0.9, .nesterov = true}));
  all.push_back(std::make_unique<optim::Adam>(0.1));
  all.push_back(std::make_unique<optim::Adam>(0.1, optim::AdamOptions{.bias_correction = false}));
  all.push_back(std::make_unique<optim::AdamW>(0.1, 0.0));
  return all;
}

constexpr Dtype halves[] = {Dtype::float16, Dtype::bfloat16};

TEST(HalfParameters, StayWhereThereIsNoGradient) {
  for (Dtype dtype : halves) {
    for (auto& optimizer : all_optimizers()) {
      Point point(Array({1, -2}, dtype));
      for (int i = 0; i < 3; ++i) optimizer->update(point, {{"place", zeros({2}, dtype)}});
      expect_equal(point.place.get(), Array({1, -2}, dtype));
    }
  }
}

// What the update of a float32 parameter gives, rounded: squares of 1e-5 and 300 are beyond
// float16.
TEST(HalfParameters, AreUpdatedInFloat32) {
  for (Dtype dtype : halves) {
    auto of_half = all_optimizers(), of_float = all_optimizers();
    for (size_t i = 0; i < of_half.size(); ++i) {
      Array gradient = astype(Array({1e-5f, 300.0f}), dtype);
      Point half(Array({1, -2}, dtype)), wide(Array({1.0f, -2.0f}));
      for (int step = 0; step < 3; ++step) {
        of_half[i]->update(half, {{"place", gradient}});
        of_float[i]->update(wide, {{"place", astype(gradient, Dtype::float32)}});
        expect_equal(half.place.get(), astype(wide.place.get(), dtype));
        wide.place = astype(half.place.get(), Dtype::float32);
      }
      for (const auto& [name, value] : of_half[i]->state()) {
        EXPECT_EQ(value.dtype(), name == "step" ? Dtype::uint64 : Dtype::float32) << name;
      }
    }
  }
}

// A float32 gradient arrives whole at a parameter of half precision, and the other way round.
TEST(HalfParameters, TakeGradientsOfOtherDtypes) {
  for (auto& optimizer : all_optimizers()) {
    Point half(Array({1, -2}, Dtype::float16));
    optimizer->update(half, {{"place", Array({1e-3f, 1e-3f})}});
    EXPECT_EQ(half.place.get().dtype(), Dtype::float16);
  }
  for (auto& optimizer : all_optimizers()) {
    Point full(Array({1.0f, -2.0f}));
    optimizer->update(full, {{"place", Array({1, 1}, Dtype::float16)}});
    EXPECT_EQ(full.place.get().dtype(), Dtype::float32);
  }
}

TEST(HalfParameters, HalfStateOfACheckpointIsWidened) {
  optim::Adam first(0.1), second(0.1);
  Point point(Array({1, -2}, Dtype::float16)), resumed(Array({1, -2}, Dtype::float16));
  Array gradient({0.5, -0.25}, Dtype::float16);
  first.update(point, {{"place", gradient}});
  nn::NamedArrays state = first.state();
  for (auto& [name, value] : state) {
    if (name == "place.m" || name == "place.v") value = astype(value, Dtype::float16);
  }
  second.load_state(state);
  for (const auto& [name, value] : second.state()) {
    EXPECT_EQ(value.dtype(), name == "step" ? Dtype::uint64 : Dtype::float32) << name;
  }
  resumed.place = point.place.get();
  first.update(point, {{"place", gradient}});
  second.update(resumed, {{"place", gradient}});
  expect_close(resumed.place.get(), point.place.get(), 1e-3);
}

}  // namespace
}  // namespace lazulite
