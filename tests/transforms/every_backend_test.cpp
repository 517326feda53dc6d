#include <gtest/gtest.h>

#include "lazulite/core/device.h"
#include "lazulite/ops/ops.h"
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

}  // namespace
}  // namespace lazulite
