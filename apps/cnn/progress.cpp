#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace cnn {
namespace {

constexpr int width = 30;
constexpr auto redraw_interval = std::chrono::milliseconds(100);

}  // namespace

Progress::Progress(std::string title, int64_t total)
    : title_(std::move(title)),
      total_(total),
      terminal_(isatty(STDOUT_FILENO)),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

bool Progress::due(int64_t images) const {
  if (terminal_) return std::chrono::steady_clock::now() - last_ >= redraw_interval;
  return images * 10 / total_ > shown_tenth_ && images < total_;
}

void Progress::update(int64_t images, double loss) {
  last_ = std::chrono::steady_clock::now();
  shown_tenth_ = images * 10 / total_;
  double seconds = std::chrono::duration<double>(last_ - start_).count();
  double rate = double(images) / seconds;
  std::string numbers =
      fmt::format("{:3d}%  {:6.0f} images/s  loss {:.4f}", images * 100 / total_, rate, loss);
  if (!terminal_) {
    fmt::print("{} {}\n", title_, numbers);
  } else {
    int filled = static_cast<int>(images * width / total_);
    fmt::print("\r{} [{:#<{}}{:.<{}}] {}  {:.0f} s left\x1b[K", title_, "", filled, "",
               width - filled, numbers, double(total_ - images) / rate);
  }
  std::fflush(stdout);
}

void Progress::finish() {
  if (terminal_) fmt::print("\r\x1b[K");
  std::fflush(stdout);
}

}  // namespace cnn
