#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "lazulite/core/device.h"
#include "lazulite/io/safetensors.h"
#include "lazulite/program/backends.h"
#include "program.h"

namespace lazulite::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Cnn : public testing::Test {
 protected:
  Cnn() : folder_(fs::path(testing::TempDir()) / ("cnn_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_ / "data");
    fs::create_directory(work());
    write_images("train", 200);
    write_images("t10k", 40);
  }
  ~Cnn() override { fs::remove_all(folder_); }

  fs::path work() const { return folder_ / "work"; }
  std::string data() const { return folder_ / "data"; }
  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(work()), {}));
  }

  // A wrong use or input: the exit code, and words that standard error must hold.
  void expect_refusal(const std::vector<std::string>& arguments, int code,
                      const std::string& words) const {
    Program program(work(), arguments);
    EXPECT_EQ(program.wait(), code) << words;
    EXPECT_THAT(program.errors(), HasSubstr("lazulite-cnn: "));
    EXPECT_THAT(program.errors(), HasSubstr(words));
    EXPECT_EQ(program.output(), "");
    EXPECT_EQ(files(), 0u);
  }

 private:
  // Images of 8x8 pixels, by turns black with label 0 and white with label 1.
  void write_images(const std::string& part, int count) const {
    std::string images, labels;
    for (int i = 0; i < count; ++i) {
      images += std::string(64, i % 2 ? '\xff' : '\0');
      labels += char(i % 2);
    }
    auto write = [&](const std::string& name, const std::vector<int>& header,
                     const std::string& body) {
      std::ofstream out(folder_ / "data" / (part + name), std::ios::binary);
      for (int number : header) {
        for (int shift = 24; shift >= 0; shift -= 8) out.put(char(number >> shift));
      }
      out << body;
    };
    write("-images-idx3-ubyte", {0x803, count, 8, 8}, images);
    write("-labels-idx1-ubyte", {0x801, count}, labels);
  }

  fs::path folder_;
};

TEST_F(Cnn, RefusesAWrongUse) {
  expect_refusal({"--mnist", data(), "--what"}, 2, "--what");
  expect_refusal({"--epochs", "1"}, 2, "--mnist");
  for (const char* bad : {"0", "-3", "1.5", "x", "99999999999999999999"}) {
    expect_refusal({"--mnist", data(), "--batch", bad}, 2,
                   "--batch: must be a positive whole number, not '" + std::string(bad) + "'");
  }
  expect_refusal({"--mnist", data(), "--epochs", "0"}, 2, "must be a positive whole number");
  expect_refusal({"--mnist", data(), "--lr", "nan"}, 2, "must be a positive number");
  expect_refusal({"--mnist", data(), "--device", "tpu"}, 2, "--device");
}

TEST_F(Cnn, RefusesAMissingFolder) {
  expect_refusal({"--mnist", data() + "/nowhere"}, 1, data() + "/nowhere");
}

TEST_F(Cnn, RefusesAGpuThatIsNotThere) {
  if (device_available(Device("cuda"))) GTEST_SKIP() << "this machine has a GPU";
  expect_refusal({"--mnist", data(), "--device", "gpu"}, 1, "--device gpu cannot be used");
}

TEST_F(Cnn, LearnsAndWritesItsResults) {
  Program program(work(), {"--mnist", data(), "--epochs", "5", "--batch", "16", "--lr", "0.01",
                           "--threads", "1", "--bench", "--json", "all.json", "--save", "w"});
  ASSERT_EQ(program.wait(), 0) << program.errors();
  EXPECT_TRUE(std::regex_search(program.output(),
                                std::regex("test loss: [0-9.]+\ntest accuracy: 100\\.00%\n$")))
      << program.output();

  auto json = nlohmann::json::parse(read_text(work() / "all.json"));
  EXPECT_EQ(json["framework"], "lazulite");
  EXPECT_EQ(json["batch"], 16);
  EXPECT_EQ(json["epochs"].size(), 5u);
  EXPECT_EQ(json["test"]["accuracy"], 1.0);
  EXPECT_EQ(json["test_images"], 40);

  // Three convolutions and three linear layers, each with weight and bias.
  io::NamedArrays weights = io::load_safetensors(work() / "w");
  ASSERT_EQ(weights.size(), 12u);
  EXPECT_EQ(weights[0].first, "conv1.weight");
  EXPECT_EQ(weights[0].second.shape(), Shape({20, 5, 5, 1}));

  std::string range = ":[0-9.]+,[0-9.]+,[0-9.]+\n", numbers = ": \\[([0-9.]+, ){4}[0-9.]+\\]\n";
  std::string bench = read_text(work() / "lazulite.cpu.cnn.bench.out");
  EXPECT_TRUE(std::regex_match(
      bench, std::regex("batch_inference_range_us\\|16" + range + "indiv_inference_range_us" +
                        range + "batch_backprop_range_us\\|16" + range + "indiv_backprop_range_us" +
                        range + "epoch_range_s\\|16" + range + "test_run_ms:[0-9.]+\nloss" +
                        numbers + "accuracy" + numbers)))
      << bench;
  EXPECT_EQ(files(), 3u);
}

TEST_F(Cnn, EndsAtAnInterruptWithoutAPartialFile) {
  Program program(work(), {"--mnist", data(), "--epochs", "1000000", "--threads", "1", "--json",
                           "all.json", "--save", "w"});
  for (int i = 0; i < 6000 && program.output().find("epoch  2") == std::string::npos; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  program.signal(SIGINT);
  EXPECT_EQ(program.wait(), 130);
  EXPECT_THAT(program.errors(), HasSubstr("interrupted"));
  EXPECT_EQ(io::load_safetensors(work() / "w").size(), 12u);
  EXPECT_EQ(files(), 1u);
}

}  // namespace
}  // namespace lazulite::test
