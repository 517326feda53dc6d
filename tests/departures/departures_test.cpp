// The list of departures from MLX says what Lazulite computes: numbers are computed again, and the
// tests that hold the others are there.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "lazulite/ops/ops.h"
#include "lazulite/transforms/vjp.h"
#include "special_points/functions.h"
#include "support/backends.h"

namespace lazulite::test {
namespace {

using Record = std::map<std::string, std::string>;

std::string content_of(const std::string& path) {
  std::ifstream file(std::string(LAZULITE_TESTS) + "/" + path);
  EXPECT_TRUE(file) << path << " cannot be read";
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<Record> read_departures() {
  std::vector<Record> records(1);
  std::istringstream text(content_of("departures/departures.txt"));
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      if (!records.back().empty()) records.emplace_back();
      continue;
    }
    std::istringstream words(line);
    std::string field, value;
    words >> field >> std::ws;
    std::getline(words, value);
    EXPECT_TRUE(records.back().emplace(field, value).second) << "two fields: " << line;
  }
  if (records.back().empty()) records.pop_back();
  return records;
}

std::string text_of(const Record& record) {
  std::string text;
  for (const auto& [field, value] : record) text += field + " " + value + "\n";
  return text;
}

Dtype dtype_named(const std::string& name) {
  for (Dtype dtype : {Dtype::float16, Dtype::bfloat16, Dtype::float32, Dtype::float64}) {
    if (name == name_of(dtype)) return dtype;
  }
  throw std::runtime_error("there is no floating dtype " + name);
}

// What the `at` of a record is about, computed.
Array computed(const std::string& function, const std::string& at) {
  std::istringstream words(at);
  std::string kind, dtype, number;
  size_t input = 0;
  words >> kind;
  if (kind == "gradient") words >> input;
  words >> dtype;
  Arrays inputs;
  while (words >> number) inputs.emplace_back(std::stod(number), dtype_named(dtype));
  ArraysFunction f = [&](const Arrays& x) { return Arrays{apply(function, x)}; };
  if (kind == "value") return f(inputs)[0];
  return vjp(f, inputs, {ones_like(f(inputs)[0])}).second.at(input);
}

TEST(Departures, HaveAllTheirFields) {
  std::vector<Record> departures = read_departures();
  EXPECT_GT(departures.size(), 40u);
  for (const Record& record : departures) {
    SCOPED_TRACE(text_of(record));
    for (const char* field : {"function", "domain", "ours", "mlx", "reason"}) {
      EXPECT_TRUE(record.contains(field)) << field << " is missing";
    }
    EXPECT_NE(record.contains("at"), record.contains("test"));
    EXPECT_EQ(record.contains("measure"), record.contains("test"));
    EXPECT_EQ(record.size(), record.contains("at") ? 6u : 7u) << "a field that is none";
    EXPECT_NE(record.at("ours"), record.at("mlx")) << "no departure";
  }
}

TEST(Departures, NameTestsThatAreThere) {
  for (const Record& record : read_departures()) {
    if (!record.contains("test")) continue;
    std::istringstream words(record.at("test"));
    std::string path, name;
    words >> path >> name;
    ASSERT_FALSE(name.empty()) << text_of(record);
    const std::string wanted = path.ends_with(".py") ? "def " + name + "(" : ", " + name + ") {";
    EXPECT_NE(content_of(path).find(wanted), std::string::npos) << path << " has no test " << name;
  }
}

class DepartureNumbers : public OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(DepartureNumbers);

TEST_P(DepartureNumbers, AreWhatWeCompute) {
  for (const Record& record : read_departures()) {
    if (!record.contains("at")) continue;
    SCOPED_TRACE(text_of(record));
    double got = computed(record.at("function"), record.at("at")).item<double>();
    double ours = std::stod(record.at("ours")), mlx = std::stod(record.at("mlx"));
    auto is = [got](double number) {
      if (!std::isfinite(number)) return std::isnan(number) ? std::isnan(got) : got == number;
      return std::fabs(got - number) <= 2e-7 * std::fabs(number);
    };
    EXPECT_TRUE(is(ours)) << "we compute " << got;
    EXPECT_FALSE(is(mlx)) << "so does MLX: no departure";
  }
}

}  // namespace
}  // namespace lazulite::test
