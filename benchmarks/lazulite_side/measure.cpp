#include "lazulite_side/measure.h"

#include <fmt/format.h>

#include <cstdio>

void print_times(const std::string& what, const std::vector<double>& times,
                 const std::string& details) {
  fmt::print("{{\"what\": \"{}\", \"ms\": [{:.6f}]{}{}}}\n", what, fmt::join(times, ", "),
             details.empty() ? "" : ", ", details);
  std::fflush(stdout);
}
