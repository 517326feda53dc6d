// A run that goes on from a checkpoint, one that takes orders, and one that reports.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "cnn.h"
#include "lazulite/io/safetensors.h"

namespace lazulite::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class CnnTurns : public Cnn {
 protected:
  std::vector<std::string> arguments(const std::vector<std::string>& more) const {
    std::vector<std::string> all = {"--mnist", data(),  "--batch",   "16",
                                    "--lr",    "0.003", "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  json result_of(const std::vector<std::string>& more) const {
    std::vector<std::string> all = arguments(more);
    all.insert(all.end(), {"--json", "all.json"});
    Program program(work(), all);
    EXPECT_EQ(program.wait(), 0) << program.errors();
    return json::parse(read_text(work() / "all.json"));
  }

  // What answers the orders, line by line.
  std::vector<json> answers_to(const std::string& orders, int code = 0,
                               std::string* errors = nullptr) const {
    const std::string file = folder() / "orders";
    std::ofstream(file) << orders;
    Program program(work(), arguments({"--turns", "--checkpoint", "c"}),
                    [file] { ::dup2(::open(file.c_str(), O_RDONLY), STDIN_FILENO); });
    EXPECT_EQ(program.wait(), code) << program.errors();
    if (errors) *errors = program.errors();
    std::vector<json> lines;
    std::istringstream output(program.output());
    for (std::string line; std::getline(output, line);) lines.push_back(json::parse(line));
    return lines;
  }
};

json losses_of(const json& epochs) {
  json out;
  for (const json& epoch : epochs) {
    out.push_back({epoch["training"]["loss"], epoch["validation"]["loss"]});
  }
  return out;
}

TEST_F(CnnTurns, GoesOnAsIfItHadNotStopped) {
  const json whole = result_of({"--epochs", "5"});
  for (const char* epochs : {"1", "3"}) result_of({"--epochs", epochs, "--checkpoint", "c"});
  const json resumed = result_of({"--epochs", "5", "--checkpoint", "c"});
  EXPECT_EQ(losses_of(resumed["epochs"]), losses_of(whole["epochs"]));
  EXPECT_EQ(resumed["test"], whole["test"]);
  // Nothing is left to train.
  EXPECT_EQ(result_of({"--epochs", "5", "--checkpoint", "c"})["epochs"], resumed["epochs"]);
}

TEST_F(CnnTurns, RefusesTheCheckpointOfAnotherRun) {
  result_of({"--epochs", "1", "--checkpoint", "c"});
  const std::string before = read_text(work() / "c");
  Program other(work(), arguments({"--epochs", "2", "--seed", "3", "--checkpoint", "c"}));
  EXPECT_EQ(other.wait(), 1);
  EXPECT_THAT(other.errors(),
              HasSubstr("--checkpoint 'c' is of another run: its seed is 0, not 3"));
  EXPECT_EQ(read_text(work() / "c"), before);

  io::save_safetensors(work() / "w", {{"a", Array(1.0f)}});
  Program weights(work(), arguments({"--epochs", "2", "--checkpoint", "w"}));
  EXPECT_EQ(weights.wait(), 1);
  EXPECT_THAT(weights.errors(), HasSubstr("--checkpoint 'w' holds no run of lazulite-cnn"));
}

// What is damaged is named with its file; a run must not go on with a part of what it had.
TEST_F(CnnTurns, RefusesTheCheckpointOfAPartOfARun) {
  const std::string all = folder() / "whole", some = folder() / "part";
  Program first(work(), arguments({"--epochs", "1", "--checkpoint", all}));
  ASSERT_EQ(first.wait(), 0) << first.errors();
  const io::SafetensorsFile whole = io::read_safetensors(all);
  auto refuse = [&](const io::NamedArrays& arrays, const decltype(whole.metadata)& metadata,
                    const std::string& words) {
    io::save_safetensors(some, arrays, metadata);
    expect_refusal(arguments({"--epochs", "2", "--checkpoint", some}), 1,
                   fmt::format("--checkpoint '{}' holds no {}", some, words));
  };
  for (const char* missing : {"network.conv1.bias", "optimizer.conv1.bias.m",
                              "optimizer.conv1.weight.v", "optimizer.step"}) {
    io::NamedArrays others;
    for (const auto& other : whole.arrays) {
      if (other.first != missing) others.push_back(other);
    }
    ASSERT_EQ(others.size() + 1, whole.arrays.size()) << missing;
    refuse(others, whole.metadata, "whole run of lazulite-cnn: ");
  }
  for (const char* epochs : {"{}", "null", "1", "[1]", "[", "[1e999]"}) {
    auto metadata = whole.metadata;
    for (auto& [name, text] : metadata) {
      if (name == "epochs") text = epochs;
    }
    refuse(whole.arrays, metadata, "run of lazulite-cnn");
  }
}

TEST_F(CnnTurns, AnswersEachOrder) {
  const json whole = result_of({"--epochs", "2", "--save", "w"});
  const std::vector<json> lines =
      answers_to("epoch\n\nepoch\ntest 38 5\nsteps\nlosses 20 w\nprofile 6 p\n");
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(lines[0]["ready"]["framework"], "lazulite");
  EXPECT_EQ(lines[0]["ready"]["threads"], 1);
  EXPECT_EQ(lines[0]["ready"]["epochs"], json::array());
  EXPECT_EQ(losses_of({lines[1]["epoch"], lines[2]["epoch"]}), losses_of(whole["epochs"]));
  EXPECT_EQ(lines[3]["test"]["loss"], whole["test"]["loss"]);
  EXPECT_EQ(lines[3]["test"]["images"], 40);
  EXPECT_EQ(lines[3]["test"]["singles"], 5);
  EXPECT_GT(lines[3]["test"]["peak_memory_bytes"], 1 << 20);
  for (const char* name : {"batch_inference_us", "indiv_backprop_us"}) {
    EXPECT_LE(lines[4]["steps"][name]["min"], lines[4]["steps"][name]["mean"]);
  }
  // Of steps without dropout, from where the other run ended.
  ASSERT_EQ(lines[5]["losses"].size(), 20u);
  EXPECT_LT(lines[5]["losses"][19], lines[5]["losses"][0]);
  EXPECT_EQ(lines[6]["profile"], true);
  const json profile = json::parse(read_text(work() / "p.json"));
  std::set<std::string> functions;
  for (const json& row : profile["rows"]) functions.insert(row["function"]);
  for (const char* name : {"convolution 1", "convolution 3", "linear layers", "optimizer"}) {
    EXPECT_THAT(functions, testing::Contains(name));
  }
  EXPECT_FALSE(json::parse(read_text(work() / "p.trace.json"))["traceEvents"].empty());
  EXPECT_THAT(read_text(work() / "p.flame.html"), HasSubstr("</html>"));

  // The checkpoint knows what was done.
  const std::vector<json> later = answers_to("");
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0]["ready"]["epochs"], json::array({lines[1]["epoch"], lines[2]["epoch"]}));
}

TEST_F(CnnTurns, RefusesWhatIsNoOrder) {
  for (const char* order : {"epochs", "test", "test 1", "test -1 2", "losses 5", "profile x y"}) {
    std::string errors;
    EXPECT_EQ(answers_to(std::string(order) + "\nepoch\n", 1, &errors).size(), 1u) << order;
    EXPECT_THAT(errors, HasSubstr("--turns: '" + std::string(order) + "' is no order"));
  }
  std::string errors;
  answers_to("losses 5 nowhere\n", 1, &errors);
  EXPECT_THAT(errors, HasSubstr("nowhere"));
}

TEST_F(CnnTurns, EndsWithWhoeverGaveTheOrders) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  Program program(work(), arguments({"--turns"}),
                  [input = ends[0]] { ::dup2(input, STDIN_FILENO); });
  ::close(ends[0]);
  ::close(ends[1]);
  const int code = program.wait();
  // Between orders that is the end; within one, as if it had been terminated.
  EXPECT_TRUE(code == 0 || code == 143) << code;
}

TEST_F(CnnTurns, ReportsWhatItMeasured) {
  Program program(work(), arguments({"--epochs", "3", "--report", "a/report"}));
  ASSERT_EQ(program.wait(), 0) << program.errors();
  EXPECT_THAT(program.output(), HasSubstr("report: a/report/index.html"));
  const auto folder = work() / "a/report";
  const json results = json::parse(read_text(folder / "results.json"));
  ASSERT_EQ(results["epochs"].size(), 3u);
  const std::string page = read_text(folder / "index.html");
  for (const json& epoch : results["epochs"]) {
    EXPECT_THAT(
        page, HasSubstr(fmt::format("<td>{:.4f}</td>", epoch["validation"]["loss"].get<double>())));
    EXPECT_THAT(page, HasSubstr(fmt::format("<td>{:.3f}</td>", epoch["seconds"].get<double>())));
  }
  EXPECT_THAT(page,
              HasSubstr(fmt::format("{:.2f} %", 100 * results["test"]["accuracy"].get<double>())));
  size_t charts = 0;
  for (size_t at = page.find("<svg"); at != std::string::npos; at = page.find("<svg", at + 1))
    ++charts;
  EXPECT_GE(charts, 3u);                    // accuracy, loss and the load
  EXPECT_THAT(page, HasSubstr("--rule:"));  // the style is inside
  EXPECT_THAT(page, testing::Not(HasSubstr("nan")));
  EXPECT_THAT(page, testing::Not(HasSubstr("<script")));
  EXPECT_THAT(read_text(folder / "lazulite.cpu.cnn.bench.out"),
              HasSubstr("indiv_backprop_range_us:"));
  const json trace = json::parse(read_text(folder / "profile.trace.json"));
  EXPECT_FALSE(trace["traceEvents"].empty());
}

TEST_F(CnnTurns, RefusesAFolderThatCannotBe) {
  std::ofstream(work() / "file") << "text";
  Program program(work(), arguments({"--report", "file/report"}));
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.errors(), HasSubstr("the folder 'file/report' of --report cannot be made"));
}

TEST_F(CnnTurns, RefusesToWriteMoreThanAnswers) {
  expect_refusal(arguments({"--turns", "--json", "x"}), 2,
                 "--turns writes nothing but its answers");
}

}  // namespace
}  // namespace lazulite::test
