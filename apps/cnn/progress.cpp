#include "progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "console.h"

namespace cnn {
namespace {

constexpr int longest_bar = 30;
constexpr int shortest_bar = 5;
constexpr auto redraw_interval = std::chrono::milliseconds(100);
constexpr const char* erase_line = "\r\x1b[K";

}  // namespace

Progress::Progress(std::string title, int64_t total)
    : title_(std::move(title)),
      total_(total),
      terminal_(redraws()),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

Progress::~Progress() {
  try {
    finish();
  } catch (const std::exception&) {
    // Whoever prints next finds out.
  }
}

bool Progress::due(int64_t images) const {
  if (terminal_) return std::chrono::steady_clock::now() - last_ >= redraw_interval;
  return images * 10 / total_ > shown_tenth_ && images < total_;
}

void Progress::update(int64_t images, double loss) {
  last_ = std::chrono::steady_clock::now();
  shown_tenth_ = images * 10 / total_;
  double seconds = std::chrono::duration<double>(last_ - start_).count();
  double rate = double(images) / seconds;
  double share = double(images) / double(total_);
  std::string numbers = fmt::format("{:3d}%  loss {:.4f}  {:6.0f} images/s", images * 100 / total_,
                                    shown(loss), rate);
  if (!terminal_) {
    print("{} {}\n", title_, numbers);
    return;
  }
  std::string left = fmt::format("{:.0f} s left", double(total_ - images) / rate);
  // A line that fills the last column would make some terminals go to the next one.
  drawn_ = true;
  print("{}{}", erase_line, progress_line(title_, share, numbers, left, columns() - 1));
}

void Progress::finish() {
  if (!drawn_) return;
  drawn_ = false;
  print_text(erase_line);
}

std::string progress_line(const std::string& title, double share, const std::string& numbers,
                          const std::string& rest, int width) {
  auto length = [](const std::string& text) { return static_cast<int>(text.size()); };
  std::string tail = numbers + "  " + rest;
  const int around = length(title) + length(" [] ");
  if (around + shortest_bar + length(tail) > width) tail = numbers;
  const int bar = std::min(longest_bar, width - around - length(tail));
  if (bar < shortest_bar) return fmt::format("{} {}", title, tail).substr(0, std::max(width, 0));
  const int filled = static_cast<int>(share * bar);
  return fmt::format("{} [{:#<{}}{:.<{}}] {}", title, "", filled, "", bar - filled, tail);
}

std::string wrapped(const std::vector<std::string>& fields, int width) {
  std::string text;
  size_t column = 0;
  for (const std::string& field : fields) {
    if (text.empty()) {
      text = field;
      column = field.size();
    } else if (column + 2 + field.size() <= static_cast<size_t>(std::max(width, 0))) {
      text += "  " + field;
      column += 2 + field.size();
    } else {
      text += "\n  " + field;
      column = 2 + field.size();
    }
  }
  return text;
}

}  // namespace cnn
