// Every row of elementwise.def on every device, dtype and layout, against the reference. Nothing is
// listed here: a new row is tested because it is there.
#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "support/compare.h"
#include "support/devices.h"
#include "support/random_arrays.h"

namespace lazulite::test {
namespace {

constexpr Dtype all_dtypes[] = {
#define LAZULITE_DTYPE(type, name) Dtype::name,
    LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
};

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  for (int i = 0; i < row_count; ++i) rows.push_back(Row(i));
  return rows;
}

// Whether the row computes in this dtype rather than converting it or refusing.
bool computes_in(Row row, Dtype dtype) {
  SmallVector<Dtype, 3> inputs(static_cast<size_t>(info(row).arity), dtype);
  try {
    return row_types(row, std::span(inputs.data(), inputs.size())).compute == dtype;
  } catch (const Error&) {
    return false;
  }
}

// What a backend may differ from the reference in a dtype. Half precision computes in float32 and
// rounds; the reference's functions in double are themselves good to a unit or two; complex
// functions are measured against the magnitude, with room for the rounding of both parts.
Accuracy allowed(Row row, Dtype dtype) {
  const RowInfo& i = info(row);
  if (dtype == Dtype::complex64) return Accuracy(std::max(i.accuracy.ulp, 4.0));
  if (i.accuracy.ulp == 0) return 0;
  if (is_half(dtype)) return Accuracy(1, i.accuracy.magnitude);
  if (dtype == Dtype::float64) return Accuracy(2 * i.accuracy.ulp + 2, i.accuracy.magnitude);
  return i.accuracy;
}

class RowTest : public testing::TestWithParam<std::tuple<std::string, Row>> {
 protected:
  const std::string& device() const { return std::get<0>(GetParam()); }
  Row row() const { return std::get<1>(GetParam()); }

  std::vector<Array> inputs(const std::vector<Shape>& shapes, Dtype dtype, Values values) {
    std::vector<Array> out;
    for (int i = 0; i < info(row()).arity; ++i) {
      bool condition = info(row()).rule == TypeRule::select && i == 0;
      const Shape& shape = shapes[static_cast<size_t>(i) % shapes.size()];
      out.push_back(random_array(shape, condition ? Dtype::bool_ : dtype, random_, values));
    }
    return out;
  }

  void compare(const std::vector<Array>& inputs, const std::string& what) {
    auto graph = [&](const std::vector<Array>& arrays) {
      return std::vector{apply_row(row(), {arrays.begin(), arrays.end()})};
    };
    std::vector<Array> got = run_on(device(), graph, inputs);
    std::vector<Array> expected = run_on("reference", graph, inputs);
    testing::AssertionResult result =
        agree(got[0], expected[0], allowed(row(), inputs.back().dtype()));
    EXPECT_TRUE(result) << info(row()).name << " of " << what << " "
                        << name_of(inputs.back().dtype());
  }

  Random random_{20};
};

TEST_P(RowTest, AgreesWithTheReference) {
  for (Dtype dtype : all_dtypes) {
    if (!computes_in(row(), dtype)) continue;
    compare(inputs({{1000}}, dtype, Values::tame), "tame");
    // The parts of complex functions at infinities and NaN are not promised.
    if (dtype != Dtype::complex64) compare(inputs({{1000}}, dtype, Values::wild), "wild");
  }
}

// An element's bits are its own, whichever elements share a vector with it.
TEST_P(RowTest, DoesNotDependOnNeighbours) {
  auto graph = [&](const std::vector<Array>& arrays) {
    return std::vector{apply_row(row(), {arrays.begin(), arrays.end()})};
  };
  for (Dtype dtype : all_dtypes) {
    if (!computes_in(row(), dtype)) continue;
    std::vector<Array> arrays = inputs({{2000}}, dtype, Values::wild), turned;
    for (const Array& array : arrays) turned.push_back(contiguous(roll(flip(array), 5)));
    Array straight = run_on(device(), graph, arrays)[0], back = run_on(device(), graph, turned)[0];
    EXPECT_TRUE(agree(flip(roll(back, -5)), straight)) << info(row()).name << " " << name_of(dtype);
  }
}

TEST_P(RowTest, ReadsAnyLayout) {
  for (Dtype dtype : all_dtypes) {
    if (!computes_in(row(), dtype)) continue;
    for (Layout layout : layouts) {
      std::vector<Array> arrays = inputs({{3, 5, 7}}, dtype, Values::tame);
      for (Array& array : arrays) array = laid_out(array, layout);
      compare(arrays, name_of(layout));
      arrays[0] = repeated(arrays[0], 1);
      compare(arrays, "repeated");
    }
  }
}

TEST_P(RowTest, BroadcastsAndTakesEmptyAndZeroDimensionalArrays) {
  const std::vector<Shape> shapes[] = {{{3, 1, 5}, {4, 1}, {1, 4, 5}},
                                       {{6, 5}, {}, {5}},
                                       {{}, {6, 5}, {}},
                                       {{}},
                                       {{0, 3}, {3}, {}},
                                       {{2, 0}}};
  for (Dtype dtype : all_dtypes) {
    if (!computes_in(row(), dtype)) continue;
    for (const std::vector<Shape>& group : shapes) {
      compare(inputs(group, dtype, Values::tame), to_string(group[0]));
    }
  }
}

TEST_P(RowTest, HasItsSpecialValues) {
  const RowInfo& i = info(row());
  Dtype dtype = *i.floating ? Dtype::float32 : Dtype::int32;
  size_t width = static_cast<size_t>(i.arity) + 1;
  ASSERT_FALSE(i.special_values.empty());
  std::vector<std::vector<double>> columns(width);
  for (size_t k = 0; k < i.special_values.size(); ++k) {
    columns[k % width].push_back(i.special_values[k]);
  }
  auto column = [&](size_t k) {
    Array numbers(columns[k], {static_cast<int64_t>(columns[k].size())});
    return run_on("reference", [&](const auto& a) { return std::vector{a[0].astype(dtype)}; },
                  {numbers})[0];
  };
  for (const std::string& name : {std::string("reference"), device()}) {
    std::vector<Array> arrays;
    for (size_t k = 0; k + 1 < width; ++k) arrays.push_back(column(k));
    Array got = run_on(
        name,
        [&](const std::vector<Array>& a) {
          Array out = apply_row(row(), {a.begin(), a.end()});
          return std::vector{out.astype(dtype)};
        },
        arrays)[0];
    std::vector<double> values = parts(got), expected = parts(column(width - 1));
    for (size_t k = 0; k < values.size(); ++k) {
      // Zeros, infinities and NaN are exact, whatever the accuracy.
      bool exact = expected[k] == 0 || !std::isfinite(expected[k]);
      EXPECT_TRUE(agree(Array(values[k], dtype), Array(expected[k], dtype),
                        exact ? Accuracy(0) : i.accuracy))
          << i.name << " on " << name << ", special value " << k;
    }
  }
}

std::string test_name(const testing::TestParamInfo<std::tuple<std::string, Row>>& test) {
  return std::string(info(std::get<1>(test.param)).name) + "_on_" + std::get<0>(test.param);
}

INSTANTIATE_TEST_SUITE_P(Rows, RowTest,
                         testing::Combine(testing::ValuesIn(devices_under_test()),
                                          testing::ValuesIn(all_rows())),
                         test_name);

}  // namespace
}  // namespace lazulite::test
