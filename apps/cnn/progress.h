#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace cnn {

/// Shows how far an epoch has come: a bar that redraws itself on a terminal, a line at every tenth
/// elsewhere.
class Progress {
 public:
  Progress(std::string title, int64_t total_images);
  /// `loss` is the mean so far.
  void update(int64_t images, double loss);
  /// Whether `update` would show something new now; asking is cheap.
  bool due(int64_t images) const;
  /// Removes the bar.
  void finish();

 private:
  std::string title_;
  int64_t total_;
  bool terminal_;
  int64_t shown_tenth_ = 0;
  std::chrono::steady_clock::time_point start_, last_;
};

}  // namespace cnn
