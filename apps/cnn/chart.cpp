#include "chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lazulite/debug/markup.h"

namespace cnn {
namespace {

using lazulite::debug::escaped;

constexpr double width = 520, height = 270, left = 54, right = 16, top = 14, bottom = 40;
constexpr double letter = 6.6;  // width of one of the legend, about
constexpr const char* faint = "#5b6675";

struct Axis {
  std::vector<double> ticks;
  double first = 0, last = 1;

  double share(double value) const { return (value - first) / (last - first); }
};

// Round numbers, about five steps apart, that reach from below `low` to above `high`.
Axis axis_of(double low, double high) {
  constexpr double steps = 5, almost = 1e-9;
  if (!(high > low)) high = low + (low == 0 ? 1 : std::abs(low)) / 10;
  const double raw = (high - low) / steps;
  const double size = std::pow(10, std::floor(std::log10(raw)));
  double step = size * 10;
  for (double factor : {5.0, 2.0, 1.0}) {
    if (size * factor >= raw) step = size * factor;
  }
  Axis axis;
  const double start = std::floor(low / step + almost), end = std::ceil(high / step - almost);
  for (double i = start; i <= end; ++i) axis.ticks.push_back(i * step);
  axis.first = axis.ticks.front();
  axis.last = axis.ticks.back();
  return axis;
}

std::string text(double x, double y, const char* anchor, const std::string& words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" fill=\"{}\">{}</text>\n",
                     x, y, anchor, faint, escaped(words));
}

}  // namespace

std::string line_chart(const std::string& title, const std::string& x_title,
                       const std::vector<Series>& series) {
  std::vector<double> xs, ys;
  for (const Series& one : series) {
    for (size_t i = 0; i < one.x.size(); ++i) {
      if (!std::isfinite(one.y[i])) continue;
      xs.push_back(one.x[i]);
      ys.push_back(one.y[i]);
    }
  }
  if (xs.empty()) return "";
  const auto [x_low, x_high] = std::minmax_element(xs.begin(), xs.end());
  const auto [y_low, y_high] = std::minmax_element(ys.begin(), ys.end());
  const Axis up = axis_of(*y_low, *y_high);
  Axis across = axis_of(*x_low, *x_high);
  across.first = *x_low;
  across.last = *x_high > *x_low ? *x_high : *x_low + 1;
  auto place_x = [&](double x) { return left + across.share(x) * (width - left - right); };
  auto place_y = [&](double y) { return height - bottom - up.share(y) * (height - top - bottom); };

  constexpr double legend = 24;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" "
      "font-family=\"system-ui, sans-serif\" font-size=\"12\"><title>{}</title>\n",
      width, height + legend, escaped(title));
  for (double tick : up.ticks) {
    const double y = place_y(tick);
    out +=
        fmt::format("<line x1=\"{}\" y1=\"{:.1f}\" x2=\"{}\" y2=\"{:.1f}\" stroke=\"#e3e7ec\"/>\n",
                    left, y, width - right, y);
    out += text(left - 7, y + 4, "end", fmt::format("{:.4g}", tick));
  }
  for (double tick : across.ticks) {
    if (tick < across.first || tick > across.last) continue;
    out += text(place_x(tick), height - bottom + 18, "middle", fmt::format("{:.4g}", tick));
  }
  out += text((left + width - right) / 2, height - 5, "middle", x_title);
  double at = left;
  for (const Series& one : series) {
    constexpr size_t few = 12;
    std::string points, dots;
    for (size_t i = 0; i < one.x.size(); ++i) {
      if (!std::isfinite(one.y[i])) continue;
      points += fmt::format("{:.1f},{:.1f} ", place_x(one.x[i]), place_y(one.y[i]));
      dots += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"/>",
                          place_x(one.x[i]), place_y(one.y[i]), one.colour);
    }
    out += fmt::format(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" "
        "stroke-linejoin=\"round\"/>\n",
        points, one.colour);
    if (one.x.size() <= few) out += dots + "\n";
    if (one.title.empty()) continue;
    out += fmt::format(
        "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{}\" stroke-width=\"2.5\"/>\n", at,
        height + 12, at + 20, height + 12, one.colour);
    out += text(at + 26, height + 16, "start", one.title);
    at += 46 + letter * double(one.title.size());
  }
  return out + "</svg>\n";
}

}  // namespace cnn
