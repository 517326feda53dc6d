#include "lazulite/debug/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

Array numbers(int64_t count) { return arange(static_cast<double>(count)).eval(); }

double sum_of(const debug::TimeLine& time) {
  return time.kernel + time.copy + time.plan + time.loader + time.idle + time.program;
}

TEST(Profile, CountsKernelsAndWhatTheyDo) {
  Array x = numbers(1 << 16), a = numbers(64 * 64).reshape({64, 64}).eval();
  debug::Profile profile;
  for (int i = 0; i < 3; ++i) (exp(x) * 2).eval();
  matmul(a, a).eval();
  profile.stop();
  matmul(a, a).eval();
  std::map<std::string, debug::ProfileRow> rows;
  for (const debug::ProfileRow& row : profile.rows()) rows[row.operation] = row;
  ASSERT_EQ(rows.size(), 2u);
  ASSERT_TRUE(rows.count("exp, multiply"));
  const debug::ProfileRow& fused = rows["exp, multiply"];
  EXPECT_EQ(fused.calls, 3u);
  EXPECT_EQ(fused.kernel, "Fused");
  EXPECT_EQ(fused.operations, 3.0 * 2 * (1 << 16));
  // In and out, and the number 2.
  EXPECT_EQ(fused.bytes, 3.0 * (2 * 4 * (1 << 16) + 4));
  ASSERT_TRUE(rows.count("Matmul"));
  EXPECT_EQ(rows["Matmul"].calls, 1u);
  EXPECT_EQ(rows["Matmul"].operations, 2.0 * 64 * 64 * 64);
  EXPECT_NEAR(rows["Matmul"].share + fused.share, 1, 1e-9);
}

TEST(Profile, CountsAtTheRoofWhatIsNeededAtTheLeast) {
  const debug::Roof roof = debug::machine_roof();
  auto least_seconds = [](const debug::ProfileRow& row) { return row.roof * row.seconds; };
  // 32 outputs of 14x14 pixels for each of 32 inputs, of 25 products each by definition; tiles of
  // four outputs along an axis need products at eight points there.
  Array x = numbers(8 * 14 * 14 * 32).reshape({8, 14, 14, 32}).eval();
  Array w = numbers(32 * 5 * 5 * 32).reshape({32, 5, 5, 32}).eval();
  auto convolution = [&](int stride) {
    Array result = conv2d(x, w, stride, 2);
    debug::Profile profile;
    result.eval();
    profile.stop();
    for (const debug::ProfileRow& row : profile.rows()) {
      if (row.kernel == "Convolution") return row;
    }
    throw Error("no convolution ran");
  };
  const double plain = 2.0 * 8 * 14 * 14 * 32 * 32 * 25;
  const debug::ProfileRow row = convolution(1), strided = convolution(2);
  EXPECT_EQ(row.operations, plain);
  EXPECT_NEAR(least_seconds(row), plain * (2 * 2) / 25 / roof.operations_per_second, 1e-12);
  EXPECT_NEAR(least_seconds(strided), plain / 4 / roof.operations_per_second, 1e-12);
  set_conv_algorithm(ConvAlgorithm::direct);
  const debug::ProfileRow direct = convolution(1);
  set_conv_algorithm(ConvAlgorithm::automatic);
  EXPECT_NEAR(least_seconds(direct), plain / roof.operations_per_second, 1e-12);

  // Ten rows of a large table, in and out, and their numbers.
  Array table = numbers(4096 * 256).reshape({4096, 256}).eval();
  Array rows = astype(numbers(10) * 7, Dtype::int32).eval();
  debug::Profile profile;
  take(table, rows, 0).eval();
  profile.stop();
  double bytes = 0;
  for (const debug::ProfileRow& found : profile.rows()) {
    if (found.kernel == "Gather") bytes = found.bytes;
  }
  EXPECT_EQ(bytes, 4.0 * (2 * 10 * 256 + 10));
}

TEST(Profile, NamesRegions) {
  auto f = compile([](const Array& x) {
    Array hidden;
    {
      debug::Region region("encoder");
      hidden = matmul(x, x);
    }
    debug::Region region("head");
    return sum(hidden);
  });
  const int64_t line = __LINE__ - 5;
  Array x = numbers(64 * 64).reshape({64, 64}).eval();
  auto gradient = grad([&](const Array& y) { return f(y); });
  debug::Profile profile;
  f(x).eval();
  gradient(x).eval();
  profile.stop();
  std::map<std::string, std::string> functions;
  std::vector<std::string> places;
  for (const debug::ProfileRow& row : profile.rows()) {
    functions[row.operation] = row.function;
    if (row.operation == "Matmul") places.push_back(row.place);
  }
  EXPECT_EQ(functions["Matmul"], "encoder");
  EXPECT_EQ(functions["Reduce"], "head");
  const std::string place = "profile_test.cpp, line " + std::to_string(line - 1);
  EXPECT_THAT(places, ::testing::Contains(::testing::EndsWith(place)));
  EXPECT_THAT(places, ::testing::Contains(::testing::EndsWith(place + ", in its derivative")));
}

TEST(Profile, FindsAPlantedSlowKernel) {
  Array x = numbers(1 << 12);
  auto copy = [](std::span<const HostArray> inputs, std::span<const HostArray> outputs) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    std::copy_n(inputs[0].elements<float>(), 1 << 12, outputs[0].elements<float>());
  };
  auto slow = std::make_shared<const CustomOperation>(
      CustomOperation{.name = "slow",
                      .infer =
                          [](InputTypes inputs) {
                            return ArrayTypes{{inputs[0].shape, inputs[0].dtype}};
                          },
                      .run = copy});
  debug::Profile profile;
  for (int i = 0; i < 3; ++i) sum(exp(apply_operation(slow, {x})[0])).eval();
  profile.stop();
  debug::ProfileRow first = profile.rows()[0];
  EXPECT_EQ(first.operation, "slow");
  EXPECT_EQ(first.calls, 3u);
  EXPECT_GE(first.seconds, 0.09);
  EXPECT_GT(first.share, 0.5);
}

TEST(Profile, ItsTimeLineCoversTheWall) {
  Array x = numbers(1 << 20);
  debug::Profile profile;
  for (int i = 0; i < 5; ++i) sum(exp(x) * x).eval();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  profile.stop();
  debug::TimeLine time = profile.time_line();
  EXPECT_NEAR(sum_of(time), time.wall, 0.001 * time.wall);
  EXPECT_GE(time.program, 0.02);
  EXPECT_GT(time.kernel, 0);
  EXPECT_GT(time.plan, 0);
}

TEST(Profile, KnowsTheLoader) {
  data::DataLoader loader(
      std::make_shared<data::ArrayDataset>(numbers(64).reshape({64, 1}), zeros({64})),
      {.batch_size = 16, .workers = 0});
  debug::Profile profile;
  for (const auto& batch : loader) batch.images.eval();
  profile.stop();
  EXPECT_GT(profile.time_line().loader, 0);
}

TEST(Profile, TakesItsPartsAsJson) {
  auto f = compile([](const Array& x) { return tanh(x) * x; });
  debug::Profile profile;
  f(numbers(8)).eval();
  f(numbers(4)).eval();
  profile.stop();
  json parsed = json::parse(profile.json());
  EXPECT_EQ(parsed["rows"].size(), profile.rows().size());
  EXPECT_EQ(parsed["traces"].size(), 2u);
  EXPECT_THAT(parsed["traces"][1]["reasons"][0].get<std::string>(), HasSubstr("argument 0"));
  EXPECT_DOUBLE_EQ(parsed["time_line"]["wall"].get<double>(),
                   std::round(profile.time_line().wall * 1e9) / 1e9);
  EXPECT_THAT(profile.table(), HasSubstr("tanh, multiply"));
}

// What the Trace Event Format asks of an event.
void expect_event(const json& event) {
  ASSERT_TRUE(event["name"].is_string());
  ASSERT_TRUE(event["pid"].is_number_integer());
  ASSERT_TRUE(event["tid"].is_number_integer());
  const std::string phase = event["ph"];
  if (phase == "M") return;
  ASSERT_TRUE(event["ts"].is_number());
  EXPECT_GE(event["ts"].get<double>(), 0);
  if (phase == "C") return;
  ASSERT_EQ(phase, "X");
  ASSERT_TRUE(event["cat"].is_string());
  ASSERT_TRUE(event["dur"].is_number());
  EXPECT_GE(event["dur"].get<double>(), 0);
}

TEST(Profile, ItsTraceIsWellFormedAndNested) {
  Array x = numbers(1 << 18);
  auto f = compile([](const Array& y) { return sum(tanh(y) * y); });
  debug::Profile profile;
  for (int i = 0; i < 4; ++i) {
    f(x).eval();
    (x + i).eval();
  }
  profile.stop();
  json parsed = json::parse(profile.trace());
  ASSERT_TRUE(parsed["traceEvents"].is_array());
  std::map<int64_t, std::vector<std::pair<double, double>>> of_thread;
  for (const json& event : parsed["traceEvents"]) {
    expect_event(event);
    if (event["ph"] != "X") continue;
    double start = event["ts"];
    of_thread[event["tid"]].emplace_back(start, start + event["dur"].get<double>());
  }
  ASSERT_FALSE(of_thread.empty());
  constexpr double rounding = 0.002;
  for (auto& [thread, times] : of_thread) {
    std::sort(times.begin(), times.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second > b.second;
    });
    std::vector<double> ends;
    for (const auto& [start, end] : times) {
      while (!ends.empty() && ends.back() <= start + rounding) ends.pop_back();
      if (!ends.empty()) {
        EXPECT_LE(end, ends.back() + rounding);
      }
      ends.push_back(end);
    }
  }
}

TEST(Profile, DrawsAFlameGraph) {
  Array x = numbers(1 << 16);
  debug::Profile profile;
  exp(x).eval();
  profile.stop();
  std::string page = profile.flame_graph();
  EXPECT_THAT(page, HasSubstr("<!doctype html>"));
  EXPECT_THAT(page, HasSubstr(">exp</div>"));
  EXPECT_THAT(page, ::testing::Not(HasSubstr("http")));
}

}  // namespace
}  // namespace lazulite
