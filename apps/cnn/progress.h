#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace cnn {

/// Shows how far an epoch has come: a bar that redraws itself within the width of a terminal, a
/// line at every tenth elsewhere.
class Progress {
 public:
  Progress(std::string title, int64_t total_images);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

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
  bool drawn_ = false;
  int64_t shown_tenth_ = 0;
  std::chrono::steady_clock::time_point start_, last_;
};

/// "title [####......] numbers  rest" in at most `width` columns: first the bar gets shorter, then
/// `rest`, the bar and what is left of the numbers go.
std::string progress_line(const std::string& title, double share, const std::string& numbers,
                          const std::string& rest, int width);

/// The fields with two spaces between them, on as few lines of at most `width` columns as will do;
/// further lines are indented.
std::string wrapped(const std::vector<std::string>& fields, int width);

}  // namespace cnn
