#pragma once

#include <string>
#include <vector>

namespace cnn {

struct Series {
  std::string title;   ///< for the legend; empty: none
  std::string colour;  ///< as CSS spells it
  std::vector<double> x, y;
};

/// Lines over a common axis as an SVG. What is not finite is left out.
std::string line_chart(const std::string& title, const std::string& x_title,
                       const std::vector<Series>& series);

}  // namespace cnn
