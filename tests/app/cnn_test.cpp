#include "cnn.h"

#include <signal.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "lazulite/io/safetensors.h"

namespace lazulite::test {
namespace {

using testing::HasSubstr;

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

TEST_F(Cnn, EndsAtASignalWithoutAPartialFile) {
  for (auto [signal, code] :
       {std::pair(SIGINT, 130), std::pair(SIGTERM, 143), std::pair(SIGHUP, 129)}) {
    Program program(work(), {"--mnist", data(), "--epochs", "1000000", "--threads", "1", "--json",
                             "all.json", "--save", "w"});
    for (int i = 0; i < 6000 && program.output().find("epoch  2") == std::string::npos; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    program.signal(signal);
    EXPECT_EQ(program.wait(), code);
    EXPECT_THAT(program.errors(), HasSubstr("interrupted; 'w' holds the weights"));
    EXPECT_EQ(io::load_safetensors(work() / "w").size(), 12u);
    EXPECT_EQ(files(), 1u);
  }
}

TEST_F(Cnn, SaysThatTrainingHasDiverged) {
  Program program(work(), {"--mnist", data(), "--epochs", "9", "--lr", "1e30", "--threads", "1",
                           "--save", "w", "--json", "all.json", "--bench"});
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.errors(), HasSubstr("training has diverged: the "));
  EXPECT_THAT(program.errors(), HasSubstr("loss of epoch 1 is "));
  EXPECT_THAT(program.output() + program.errors(), testing::Not(HasSubstr("-nan")));
  EXPECT_EQ(files(), 0u);
}

TEST_F(Cnn, RunsWithTheLargestNumbers) {
  Program program(work(), {"--mnist", data(), "--epochs", "+1", "--batch", "9223372036854775807",
                           "--seed", "18446744073709551615", "--lr", "5e-324", "--threads", "01"});
  EXPECT_EQ(program.wait(), 0) << program.errors();
}

TEST_F(Cnn, NeedsTenImagesToTrain) {
  write_images("train", 10);
  write_images("t10k", 1);
  Program program(work(), {"--mnist", data(), "--epochs", "1", "--bench", "--threads", "1"});
  EXPECT_EQ(program.wait(), 0) << program.errors();
  EXPECT_THAT(program.output(), HasSubstr("9 training, 1 validation and 1 test images of 8×8×1"));
}

}  // namespace
}  // namespace lazulite::test
