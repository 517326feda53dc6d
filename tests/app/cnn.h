#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "program.h"

namespace lazulite::test {

/// Made-up data for lazulite-cnn, and an empty folder for it to work in.
class Cnn : public testing::Test {
 protected:
  /// 200 images of 8x8 pixels to train on and 40 for the test.
  Cnn();
  ~Cnn() override;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path work() const { return folder_ / "work"; }
  std::string data() const { return folder_ / "data"; }
  size_t files() const;

  /// Images by turns black with label 0 and white with label 1; `part` is "train" or "t10k".
  void write_images(const std::string& part, int count, int height = 8, int width = 8) const;

  /// A wrong use or input: the exit code, and words that standard error must hold.
  void expect_refusal(const std::vector<std::string>& arguments, int code, const std::string& words,
                      const std::function<void()>& prepare = {}) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace lazulite::test
