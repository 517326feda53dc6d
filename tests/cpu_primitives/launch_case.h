#pragma once

#include <complex>
#include <random>
#include <string>
#include <vector>

#include "lazulite/ops/primitives.h"
#include "lazulite/program/launch.h"

namespace lazulite::test {

// How an operand lies in its memory.
enum class Layout { row_major, column_major, spread, backwards, flipped, repeated, sliding };
inline constexpr Layout all_layouts[] = {
    Layout::row_major, Layout::column_major, Layout::spread,
    Layout::backwards,  // every other axis has a negative stride, not the first
    Layout::flipped,    // the first axis and every other have
    Layout::repeated,   // the first axis has the stride 0
    Layout::sliding,    // the first axis has the stride 1: what lies along it overlaps
};

inline constexpr Dtype all_dtypes[] = {
#define LAZULITE_DTYPE(type, name) Dtype::name,
    LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
};

using Number = std::complex<double>;
using Numbers = std::vector<Number>;

// A launch of one primitive with operands of its own, to be run by one backend or another.
class LaunchCase {
 public:
  template <class P>
  explicit LaunchCase(P primitive) {
    launch_.primitive = make_primitive(std::move(primitive));
  }

  // Random numbers: integers from `low` to `high`, others between them.
  LaunchCase& random(const Shape& shape, Dtype dtype, Layout layout = Layout::row_major,
                     double low = -2, double high = 2);
  // These numbers, in row-major order; with Layout::repeated those of the first along axis 0.
  LaunchCase& input(const Shape& shape, Dtype dtype, const Numbers& values,
                    Layout layout = Layout::row_major);
  LaunchCase& output(const Shape& shape, Dtype dtype, bool used = true);
  // Images as lanes: the last input, with random numbers, or the last output.
  LaunchCase& random_in_lanes(const Shape& shape, Dtype dtype, double low, double high);
  LaunchCase& output_in_lanes(const Shape& shape, Dtype dtype, bool used = true);

  // One more input: elements of an earlier one.
  LaunchCase& view_of(int input, int64_t offset, const Shape& shape, const Strides& strides);
  // The first output may lie in the memory of this input, and does on the backends' runs.
  LaunchCase& in_place(int input);

  // The outputs' bytes, filled with garbage before the run; none for those that are not used, whose
  // slots have no memory.
  std::vector<std::vector<std::byte>> bytes(const std::string& backend);
  // The outputs' elements.
  std::vector<Numbers> run(const std::string& backend);
  bool accepted(const std::string& backend) const;

  // Expects that the cpu backend gives the same bits twice, and what the reference backend gives
  // but for `tolerance`, of the reference's largest finite element.
  void expect_agreement(double tolerance = 0);

 private:
  Launch launch_;
  std::vector<std::vector<std::byte>> memory_;  // of the inputs
  std::mt19937 generator_{12345};
};

Numbers numbers_of(const std::vector<std::byte>& bytes, Dtype dtype);

// The error of a sum of some hundred products, of the largest result.
double product_tolerance(Dtype dtype);

}  // namespace lazulite::test
