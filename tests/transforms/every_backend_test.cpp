#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "lazulite/core/device.h"
#include "lazulite/core/observer.h"
#include "lazulite/ops/ops.h"
#include "lazulite/program/evaluate.h"
#include "lazulite/program/plan.h"
#include "lazulite/transforms/vjp.h"
#include "support/backends.h"
#include "support/expect.h"
#include "transforms/primitive_cases.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::primitive_cases;

// Every primitive, and what its derivative is made of, has a kernel in every backend: a test names
// primitives without a case.
class EveryPrimitive : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(EveryPrimitive);

Arrays gradients_of(const test::PrimitiveCase& test) {
  auto total = [&](const Arrays& a) {
    Array sum_of_all = zeros({}, Dtype::float64);
    for (const Array& result : test.function(a)) {
      if (is_inexact(result.dtype())) sum_of_all = sum_of_all + sum(real(result));
    }
    return Arrays{sum_of_all};
  };
  std::vector<int> argnums;
  for (size_t i = 0; i < test.inputs.size(); ++i) argnums.push_back(static_cast<int>(i));
  return value_and_grad(total, argnums)(test.inputs).second;
}

TEST_P(EveryPrimitive, AgreesWithTheReference) {
  for (const test::PrimitiveCase& test : primitive_cases()) {
    SCOPED_TRACE(test.name);
    Arrays got = test.function(test.inputs), gradients = gradients_of(test), expected, references;
    {
      DeviceScope scope(Device("reference"));
      expected = test.function(test.inputs);
      references = gradients_of(test);
    }
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i) {
      double tolerance = got[i].dtype() == Dtype::float64 ? 1e-11 : 1e-5;
      expect_close(got[i], expected[i], tolerance, tolerance);
    }
    for (size_t i = 0; i < gradients.size(); ++i) {
      double tolerance = gradients[i].dtype() == Dtype::float64 ? 1e-6 : 1e-5;
      expect_close(gradients[i], references[i], tolerance, tolerance);
    }
  }
}

// Notes what of a program ran on other devices than the one that was asked for.
class Elsewhere final : public Observer {
 public:
  explicit Elsewhere(std::string device) : device_(std::move(device)) {}
  void launched(const LaunchRun& run) override {
    std::lock_guard lock(mutex_);
    for (const Segment& segment : run.plan->segments()) {
      if (run.first < segment.first_launch || run.first >= segment.last_launch) continue;
      for (size_t i = run.first; i < run.last; ++i) {
        if (segment.backend->name() != device_) names_.insert(run.plan->launches()[i].name());
        ++launches_;
      }
    }
  }
  std::set<std::string> names() const {
    std::lock_guard lock(mutex_);
    return names_;
  }
  int launches() const {
    std::lock_guard lock(mutex_);
    return launches_;
  }

 private:
  const std::string device_;
  mutable std::mutex mutex_;
  std::set<std::string> names_;
  int launches_ = 0;
};

// Without kernels of their own on a device; everything else must run there.
std::set<std::string> run_by_the_cpu(const std::string& device) {
  // A function of the host's.
  if (device == "cuda") return {"half_square"};
  if (device == "fake") return {"ArgReduce"};
  return {};
}

TEST_P(EveryPrimitive, RunsOnTheDeviceUnlessItIsListed) {
  for (const test::PrimitiveCase& test : primitive_cases()) eval(test.inputs);
  auto elsewhere = std::make_shared<Elsewhere>(GetParam());
  add_observer(elsewhere, Watch::kernels);
  for (const test::PrimitiveCase& test : primitive_cases()) {
    Arrays results = test.function(test.inputs), gradients = gradients_of(test);
    results.insert(results.end(), gradients.begin(), gradients.end());
    eval(results);
  }
  synchronize();
  remove_observer(elsewhere.get());
  EXPECT_GT(elsewhere->launches(), 100);
  EXPECT_EQ(elsewhere->names(), run_by_the_cpu(GetParam()));
}

}  // namespace
}  // namespace lazulite
