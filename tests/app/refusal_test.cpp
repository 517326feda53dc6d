// What lazulite-cnn refuses before it trains, and in which words.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "cnn.h"
#include "lazulite/core/device.h"
#include "lazulite/core/version.h"
#include "lazulite/program/backends.h"

namespace lazulite::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST_F(Cnn, PrintsItsVersionAndItsHelp) {
  Program version(work(), {"--version"});
  EXPECT_EQ(version.wait(), 0);
  EXPECT_EQ(version.output(), std::string("lazulite-cnn ") + lazulite::version() + "\n");
  Program help(work(), {"--help"});
  EXPECT_EQ(help.wait(), 0);
  for (const char* option : {"--mnist", "--epochs", "--version"}) {
    EXPECT_THAT(help.output(), HasSubstr(option));
  }
}

TEST_F(Cnn, NamesWhatIsWrongWithItsUse) {
  expect_refusal({"--bogus"}, 2, "there is no option '--bogus'");
  expect_refusal({"--mnist", data(), "--bogus", "3"}, 2, "there is no option '--bogus'");
  expect_refusal({data()}, 2, "'" + data() + "' was not expected");
  expect_refusal({}, 2, "exactly one data set is needed");
  expect_refusal({"--epochs", "1"}, 2, "--mnist, --fashion-mnist, --cifar10, --cifar100; none was");
  expect_refusal({"--mnist", "a", "--cifar10", "b"}, 2, "--mnist, --cifar10 were given");
  expect_refusal({"--mnist", "a", "--mnist", "b"}, 2, "--mnist: it is given more than once");
  expect_refusal({"--mnist", data(), "--epochs"}, 2, "--epochs: its value is missing");
  expect_refusal({"--mnist", data(), "--json", "--save", "w"}, 2, "not the option '--save'");
  expect_refusal({"--mnist", data(), "--save", ""}, 2, "a name was expected, not an empty one");
  expect_refusal({"--mnist", ""}, 2, "a name was expected, not an empty one");
  expect_refusal({"--mnist", data(), "--device", "tpu"}, 2, "--device");
}

TEST_F(Cnn, RefusesNumbersBeyondTheirEdges) {
  auto refuse = [&](const char* option, const std::vector<std::string>& numbers,
                    const std::string& expected) {
    for (const std::string& number : numbers) {
      expect_refusal({"--mnist", data(), option, number}, 2,
                     std::string(option) + ": must be " + expected + ", not '" + number + "'");
    }
  };
  for (const char* option : {"--epochs", "--batch"}) {
    refuse(option, {"0", "-3", "1.5", "x", "", " 1", "1 ", "0x10", "1e3", "9223372036854775808"},
           "a positive whole number");
  }
  refuse("--lr", {"0", "-1", "nan", "-nan", "inf", "3.5e38", "1e999", "1e-999", "0.1x", "++1"},
         "a positive number up to 3.4e38");
  refuse("--seed", {"-1", "18446744073709551616", "1.0"},
         "a whole number from 0 to 18446744073709551615");
  refuse("--threads", {"-1", "1025", "99999999999"}, "a whole number from 0 to 1024");
}

TEST_F(Cnn, NamesWhatIsWrongWithAFolder) {
  expect_refusal({"--mnist", data() + "/nowhere"}, 1, data() + "/nowhere' does not exist");
  expect_refusal({"--cifar10", data() + "/nowhere"}, 1, data() + "/nowhere' does not exist");
  expect_refusal({"--mnist", data() + "/train-images-idx3-ubyte"}, 1, "is not a folder");
  expect_refusal({"--mnist", folder()}, 1, "has no file of train-images");
  expect_refusal({"--cifar100", data()}, 1, "lacks files of CIFAR-100");
  fs::create_symlink("nothing", folder() / "link");
  expect_refusal({"--mnist", folder() / "link"}, 1, "is a symbolic link to nothing");
}

TEST_F(Cnn, SaysThatItMayNotRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  auto become_nobody = [] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0 || ::access(LAZULITE_CNN, X_OK) != 0) {
      ::_exit(126);
    }
  };
  {
    Program program(work(), {"--version"}, become_nobody);
    if (program.wait() != 0) GTEST_SKIP() << "nobody may not run the program here";
  }
  const std::string images = data() + "/train-images-idx3-ubyte";
  ::chmod(images.c_str(), 0);
  expect_refusal({"--mnist", data()}, 1, images + "': Permission denied", become_nobody);
  ::chmod(data().c_str(), 0);
  for (const char* set : {"--mnist", "--cifar10", "--cifar100"}) {
    expect_refusal({set, data()}, 1, "Permission denied", become_nobody);
  }
  ::chmod(data().c_str(), 0755);
}

TEST_F(Cnn, RefusesSetsThatItCannotTrainOn) {
  auto refuse = [&](const std::string& words) {
    expect_refusal({"--mnist", data(), "--epochs", "1"}, 1, words);
  };
  write_images("train", 0);
  refuse("the training set has no images");
  for (int few : {1, 2, 9}) {
    write_images("train", few);
    refuse("the training set has only " + std::to_string(few) + " image");
  }
  write_images("train", 20, 8, 12);
  refuse("the training images have 8×12×1 pixels; the network takes square ones");
  write_images("train", 20, 7, 7);
  refuse("square ones of at least 8×8");
  write_images("train", 20, 9, 9);
  refuse("the test images have 8×8×1 pixels, but the training images 9×9×1");
  write_images("train", 20);
  write_images("t10k", 0);
  refuse("the test set has no images");
}

TEST_F(Cnn, RefusesResultsThatItCannotWrite) {
  for (const char* option : {"--json", "--save"}) {
    expect_refusal({"--mnist", data(), option, "nowhere/x"}, 1, "nowhere/x cannot be written");
    expect_refusal({"--mnist", data(), option, "."}, 1, ". cannot be written: it is a folder");
    expect_refusal({"--mnist", data(), option, data() + "/t10k-labels-idx1-ubyte/x"}, 1,
                   "x cannot be written");
  }
  expect_refusal({"--mnist", data(), "--json", "a", "--save", "./a"}, 2,
                 "two results would be written to './a'");
  expect_refusal({"--mnist", data(), "--bench", "--save", "lazulite.cpu.cnn.bench.out"}, 2,
                 "two results would be written");
  fs::create_directory(work() / "lazulite.cpu.cnn.bench.out");
  Program program(work(), {"--mnist", data(), "--bench"});
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.errors(), HasSubstr("it is a folder"));
  EXPECT_EQ(program.output(), "");
}

// Each file of a report counts: training for hours to be refused then would lose what was learnt.
TEST_F(Cnn, RefusesReportsThatItCannotWrite) {
  const std::string report = folder() / "report";
  for (const char* name : {"index.html", "results.json", "lazulite.cpu.cnn.bench.out",
                           "profile.json", "profile.trace.json", "profile.flame.html"}) {
    const std::string file = report + "/" + name;
    fs::create_directories(file);
    expect_refusal({"--mnist", data(), "--epochs", "1", "--report", report}, 1,
                   file + " cannot be written: it is a folder");
    fs::remove_all(report);
    expect_refusal({"--mnist", data(), "--report", report, "--save", file}, 2,
                   "two results would be written");
  }
}

TEST_F(Cnn, RefusesToReplaceTheDataSet) {
  const std::string images = data() + "/train-images-idx3-ubyte";
  const std::string before = read_text(images);
  fs::create_symlink(images, folder() / "link");
  const fs::path archive = folder() / "cifar.tar";
  std::ofstream(archive) << "text";
  for (const char* option : {"--json", "--save", "--checkpoint"}) {
    for (const std::string& file : {images, (folder() / "link").string()}) {
      for (const char* end : {"", "/", "/../data//"}) {
        expect_refusal({"--mnist", data() + end, option, file}, 2, "is a file of the data set");
      }
    }
    expect_refusal({"--cifar10", archive, option, archive}, 2, "is a file of the data set");
  }
  EXPECT_EQ(read_text(images), before);
  EXPECT_EQ(read_text(archive), "text");
  // Other files may lie beside it, and be replaced.
  for (int i = 0; i < 2; ++i) {
    Program program(work(), {"--mnist", data(), "--epochs", "1", "--save", data() + "/weights"});
    EXPECT_EQ(program.wait(), 0) << program.errors();
  }
}

TEST_F(Cnn, RefusesAGpuThatIsNotThere) {
  if (device_available(Device("cuda"))) GTEST_SKIP() << "this machine has a GPU";
  expect_refusal({"--mnist", data(), "--device", "gpu"}, 1, "--device gpu cannot be used");
}

}  // namespace
}  // namespace lazulite::test
