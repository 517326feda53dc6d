#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "faults.h"
#include "scenario.h"

// What is made once in a process, the executor's thread, the backend, its tables and engines, may
// fail as well. Each failure has a process of its own: this program once more, in which one
// disabled test runs.

namespace lazulite::faults {
namespace {

constexpr const char* variable = "LAZULITE_FIRST_USE";
constexpr const char* counted = "calls: ";

// Beyond 64 KiB, so that the executor runs it, and a product of another library's.
std::vector<float> first_use() {
  const Array x = full({200, 150}, 0.5f), y = matmul(x, x.T()) + 1.0f;
  return sum(y, {0}).to_vector<float>();
}

TEST(FirstUse, DISABLED_OfThisProcess) {
  const char* text = std::getenv(variable);
  uint64_t n = 0;
  const Fault* fault = text ? parse(text, &n) : nullptr;
  ASSERT_NE(fault, nullptr);
  ::alarm(60);
  const std::vector<float> expected(200, 200 * (0.25f * 150 + 1));
  arm(*fault, n, true);
  try {
    const std::vector<float> got = first_use();
    std::printf("%s%llu\n", counted, static_cast<unsigned long long>(disarm()));
    EXPECT_EQ(got, expected) << "the failure was hidden";
  } catch (const Error& error) {
    disarm();
    EXPECT_STRNE(error.what(), "");
    EXPECT_FALSE(fault->harmless) << error.what();
  } catch (const std::bad_alloc&) {
    disarm();
    EXPECT_EQ(fault->call, Call::allocate) << "a bare bad_alloc";
  }
  EXPECT_EQ(first_use(), expected) << "the next use";
  synchronize();
}

// What such a process prints.
std::string run_process(const std::string& fault) {
  const std::string command = std::string(variable) + "=" + fault + " '" +
                              std::filesystem::read_symlink("/proc/self/exe").string() +
                              "' --gtest_also_run_disabled_tests"
                              " --gtest_filter=FirstUse.DISABLED_OfThisProcess 2>&1";
  FILE* output = ::popen(command.c_str(), "r");
  std::string text;
  for (char part[4096]; const size_t size = std::fread(part, 1, sizeof part, output);) {
    text.append(part, size);
  }
  const int status = ::pclose(output);
  EXPECT_EQ(status, 0) << fault << "\n" << text;
  return text;
}

TEST(FirstUse, BearsFailures) {
  std::mt19937 random = random_choice();
  int total = 0;
  for (const Fault& fault : all_faults()) {
    const std::string name = std::string(fault.name) + ":", text = run_process(name + "0");
    const size_t at = text.find(counted);
    ASSERT_NE(at, std::string::npos) << text;
    for (uint64_t n : chosen(std::stoull(text.substr(at + std::strlen(counted))), random)) {
      run_process(name + std::to_string(n));
      if (HasFailure()) return;
      ++total;
    }
  }
  EXPECT_GT(total, 0);
  RecordProperty("failures", total);
}

}  // namespace
}  // namespace lazulite::faults
