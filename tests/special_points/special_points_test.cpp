// Values and gradients of all rows and of composed functions at the edges of each dtype: zeros of
// both signs, the smallest and the largest numbers, where exponentials and squares leave the range,
// kinks, ties, infinities and NaN. Expected results come from a table (generate.py).
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/program/options.h"
#include "lazulite/transforms/jvp.h"
#include "lazulite/transforms/vjp.h"
#include "special_points/functions.h"
#include "special_points/table.h"
#include "support/backends.h"
#include "support/compare.h"

namespace lazulite::test {
namespace {

const PointTable& table() {
  const char* other = std::getenv("LAZULITE_POINTS");
  static const PointTable points(other ? other : LAZULITE_SPECIAL_POINTS);
  return points;
}

// Half precision rounds what was computed in float32; of complex numbers the error is measured
// against the magnitude.
Accuracy promised_accuracy(const Expectation& e) {
  std::optional<Row> row = row_named(e.function);
  if (!row || e.is_gradient) return e.accuracy;
  Accuracy accuracy = info(*row).accuracy;
  if (e.dtype == Dtype::complex64) {
    return Accuracy(std::max(accuracy.ulp, 4.0), accuracy.magnitude);
  }
  return is_half(e.dtype) && accuracy.ulp > 0 ? Accuracy(1, accuracy.magnitude) : accuracy;
}

ArraysFunction function_of(const Expectation& e) {
  return [&e](const Arrays& x) { return Arrays{apply(e.function, x)}; };
}

// How a row's value moves with the input alone.
Array tangent_of(const Expectation& e, const Arrays& inputs) {
  Arrays tangents(inputs.size());
  tangents[size_t(e.input)] = ones_like(inputs[size_t(e.input)]);
  return jvp(function_of(e), inputs, tangents).second[0];
}

Array result_of(const Expectation& e, const Arrays& inputs) {
  ArraysFunction function = function_of(e);
  Array out = function(inputs)[0];
  if (e.is_gradient) out = vjp(function, inputs, {ones_like(out)}).second[size_t(e.input)];
  out.eval();
  return out;
}

void check(const Expectation& e) {
  Arrays inputs = table().inputs(e.arity, e.dtype);
  set_fusion_enabled(false);
  Array unfused = result_of(e, inputs);
  set_fusion_enabled(true);
  Array got = result_of(e, inputs);
  std::string what =
      (e.is_gradient ? "gradient to input " + std::to_string(e.input) + " of " : "") + e.function +
      " of " + name_of(e.dtype);
  EXPECT_TRUE(agree(got, unfused)) << what << ": fusion changes a value";
  if (e.is_gradient && e.dtype != Dtype::complex64 && row_named(e.function)) {
    EXPECT_TRUE(agree(tangent_of(e, inputs), got)) << what << ": jvp and vjp differ";
  }

  Array promised(e.promised, {static_cast<int64_t>(e.promised.size())});
  Array expected = where(promised, e.results, got);
  Accuracy accuracy = promised_accuracy(e);
  if (agree(got, expected, accuracy)) return;
  int shown = 0;
  for (int64_t i = 0; i < got.size() && shown < 6; ++i) {
    auto at = [i](const Array& x) { return take(x, Array(i)); };
    testing::AssertionResult result = agree(at(got), at(expected), accuracy);
    if (result) continue;
    ++shown;
    std::ostringstream point;
    for (const Array& x : inputs) point << " " << at(x);
    ADD_FAILURE() << what << " at" << point.str() << ": " << result.message();
  }
}

// Those that a row computes in, rather than converting them to another.
std::vector<Dtype> dtypes_of(const std::string& function) {
  std::optional<Row> row = row_named(function);
  if (!row) return {Dtype::float16, Dtype::bfloat16, Dtype::float32, Dtype::float64};
  std::vector<Dtype> dtypes;
#define LAZULITE_DTYPE(type, name)                                              \
  try {                                                                         \
    Dtype dtype = Dtype::name;                                                  \
    if (row_types(*row, {&dtype, 1}).compute == dtype) dtypes.push_back(dtype); \
  } catch (const Error&) {                                                      \
  }
  LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
  return dtypes;
}

class SpecialPoints : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(SpecialPoints, AreThoseOfTheTable) {
  const auto& [device, function] = GetParam();
  DeviceScope scope{Device(device)};
  std::set<Dtype> described;
  for (const Expectation& e : table().expectations()) {
    if (e.function != function) continue;
    described.insert(e.dtype);
    check(e);
  }
  for (Dtype dtype : dtypes_of(function)) {
    EXPECT_TRUE(described.contains(dtype))
        << "points.txt has no entries of " << function << " of " << name_of(dtype)
        << ": describe it in tests/special_points/functions.py and run "
           "tests/special_points/generate.py, which says what it needs";
  }
}

INSTANTIATE_TEST_SUITE_P(Functions, SpecialPoints,
                         testing::Combine(testing::ValuesIn(OnEveryBackend::names()),
                                          testing::ValuesIn(all_functions())),
                         [](const auto& test) {
                           return std::get<1>(test.param) + "_on_" + std::get<0>(test.param);
                         });

}  // namespace
}  // namespace lazulite::test
