// What the variables of the environment may say, and the sentence about what they may not. They are
// read when a process starts: each is a child.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iostream>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The child's part; right in any process.
TEST(Environment, IsSpokenOf) {
  for (int time = 0; time < 2; ++time) {
    try {
      const Array x = exp(ones({3}) * 0) + 1;
      EXPECT_EQ(x.to_vector<float>(), std::vector<float>(3, 2));
      std::cout << "said: nothing, " << num_threads() << " threads, "
                << (fusion_enabled() ? "fused" : "not fused") << std::endl;
    } catch (const Error& error) {
      std::cout << "said: " << error.what() << std::endl;
    }
  }
}

// What a child with the variables says, which it says each time.
std::string said(const std::string& variables) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe");
  const std::string command = "env -u LAZULITE_NUM_THREADS -u LAZULITE_FUSION -u LAZULITE_SIMD " +
                              variables + " " + program + " --gtest_filter=Environment.IsSpokenOf";
  std::vector<std::string> lines;
  FILE* pipe = popen(command.c_str(), "r");
  std::string line;
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    if (line.starts_with("said: ")) lines.push_back(line.substr(6));
    line.clear();
  }
  EXPECT_EQ(pclose(pipe), 0) << variables;
  EXPECT_EQ(lines.size(), 2u) << variables;
  if (lines.size() != 2) return "";
  EXPECT_EQ(lines[0], lines[1]) << variables;
  return lines[0];
}

TEST(Environment, NumbersOfThreadsThatAreNoneAreErrors) {
  EXPECT_EQ(said("LAZULITE_NUM_THREADS=3"), "nothing, 3 threads, fused");
  EXPECT_EQ(said("LAZULITE_NUM_THREADS=1024"), "nothing, 1024 threads, fused");
  EXPECT_THAT(said("LAZULITE_NUM_THREADS="), StartsWith("nothing, "));
  for (const std::string value :
       {"many", "0", "-2", "1025", "4x", "2.5", "' 2'", "+2", "0x2", "99999999999999999999"}) {
    std::string bare = value;
    std::erase(bare, '\'');
    EXPECT_EQ(said("LAZULITE_NUM_THREADS=" + value),
              "LAZULITE_NUM_THREADS is \"" + bare +
                  "\" in the environment; expected a whole number from 1 to 1024");
  }
}

TEST(Environment, SwitchesAreZeroOrOne) {
  EXPECT_THAT(said("LAZULITE_FUSION=0"), HasSubstr(", not fused"));
  EXPECT_THAT(said("LAZULITE_FUSION=1"), HasSubstr(", fused"));
  EXPECT_THAT(said("LAZULITE_FUSION="), HasSubstr(", fused"));
  for (const std::string value : {"off", "2", "false", "00", "-0"}) {
    EXPECT_EQ(said("LAZULITE_FUSION=" + value),
              "LAZULITE_FUSION is \"" + value + "\" in the environment; expected 0 or 1");
  }
}

TEST(Environment, SeedsAreNumbers) {
  EXPECT_THAT(said("LAZULITE_PERTURB=18446744073709551615"), StartsWith("nothing"));
  for (const std::string value : {"seed", "-1", "18446744073709551616", "7,"}) {
    EXPECT_EQ(said("LAZULITE_PERTURB=" + value),
              "LAZULITE_PERTURB is \"" + value +
                  "\" in the environment; expected a whole number from 0 to 18446744073709551615");
  }
}

TEST(Environment, UnknownVectorsAndDevicesAreErrors) {
  EXPECT_THAT(said("LAZULITE_SIMD="), StartsWith("nothing"));
  EXPECT_THAT(said("LAZULITE_SIMD=avx1024"),
              StartsWith("LAZULITE_SIMD is \"avx1024\" in the environment; expected "));
  EXPECT_THAT(said("LAZULITE_DEVICE="), StartsWith("nothing"));
  EXPECT_THAT(said("LAZULITE_DEVICE=abacus"),
              testing::AllOf(StartsWith("there is no abacus backend: "),
                             HasSubstr("LAZULITE_DEVICE names it in the environment")));
  // Folders to look in may be missing, as in PATH.
  EXPECT_THAT(said("LAZULITE_BACKEND_PATH=:/nowhere::/proc/self/exe"), StartsWith("nothing"));
}

TEST(Environment, WhatConcernsGpusIsSaidWhereOneIsAskedFor) {
  std::string reason;
  if (!device_available(Device("cuda"), &reason) && reason.starts_with("there is no cuda")) {
    GTEST_SKIP() << "built without CUDA";
  }
  for (const std::string name : {"LAZULITE_CUDA_GRAPHS", "LAZULITE_CUDA_EARLY",
                                 "LAZULITE_CUDA_TF32", "LAZULITE_CUDA_NVTX"}) {
    EXPECT_THAT(said(name + "=never"), StartsWith("nothing"));
    EXPECT_EQ(said("LAZULITE_DEVICE=cuda " + name + "=never"),
              name + " is \"never\" in the environment; expected 0 or 1");
  }
  EXPECT_THAT(said("LAZULITE_DEVICE=cuda LAZULITE_CACHE=/proc/self/exe"),
              StartsWith("LAZULITE_CACHE is \"/proc/self/exe\" in the environment, which is no "
                         "folder"));
}

}  // namespace
}  // namespace lazulite
