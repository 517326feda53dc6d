// Backends know which line of the program a launch is for, where somebody watches.
#include <gtest/gtest.h>

#include "lazulite/core/observer.h"
#include "lazulite/core/origin.h"
#include "lazulite/ops/custom.h"
#include "lazulite/ops/ops.h"
#include "lazulite/program/evaluate.h"
#include "lazulite/program/launch_clock.h"

namespace lazulite::test {
namespace {

// Where an operation that looks around while it runs was made.
std::string place_of_run() {
  std::string noted;
  auto spy = std::make_shared<const CustomOperation>(
      CustomOperation{.name = "spy",
                      .infer =
                          [](InputTypes inputs) {
                            return ArrayTypes{{inputs[0].shape, inputs[0].dtype}};
                          },
                      .run =
                          [&](std::span<const HostArray>, std::span<const HostArray> outputs) {
                            const LaunchClock* clock = LaunchClock::current();
                            noted = clock ? clock->place(0) : "nobody watches";
                            outputs[0].elements<float>()[0] = 1;
                          }});
  Array x = Array(std::vector<float>{3}, {1});
  {
    const OriginAt line(region_origin("spied", {"model.cpp", 12}));
    x = apply_operation(spy, {x})[0];
  }
  eval(x);
  return noted;
}

TEST(LaunchClock, KnowsTheLineOfALaunch) {
  EXPECT_EQ(place_of_run(), "nobody watches");
  auto watcher = std::make_shared<Observer>();
  add_observer(watcher, Watch::kernels);
  EXPECT_EQ(place_of_run(), "model.cpp, line 12");
  remove_observer(watcher.get());
  EXPECT_EQ(place_of_run(), "nobody watches");
}

}  // namespace
}  // namespace lazulite::test
