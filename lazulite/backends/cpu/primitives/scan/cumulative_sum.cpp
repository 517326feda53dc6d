#include <algorithm>
#include <vector>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/half/through_float.h"
#include "lazulite/backends/cpu/primitives/indexing/indices.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/ops/primitives/scan.h"

namespace lazulite::cpu {
namespace {

// What elements are summed in: integers wrap without a sign, floats lose nothing on the way.
template <class T>
struct SumOf {
  using type = std::conditional_t<std::is_integral_v<T>, uint64_t, double>;
};
template <>
struct SumOf<complex64> {
  using type = std::complex<double>;
};

// One line of elements, `step` apart.
template <class T>
class Line {
 public:
  using Sum = typename SumOf<T>::type;
  Line(const T* x, T* y, int64_t size, bool reverse, bool inclusive)
      : x_(x + (reverse ? size - 1 : 0)),
        y_(y + (reverse ? size - 1 : 0)),
        step_(reverse ? -1 : 1),
        inclusive_(inclusive) {}

  Sum total(int64_t begin, int64_t end) const {
    Sum sum{};
    for (int64_t i = begin; i < end; ++i) sum += Sum(x_[i * step_]);
    return sum;
  }
  // Writes the sums of a block, and returns what follows it starts with.
  Sum write(int64_t begin, int64_t end, Sum before) const {
    Sum sum{};
    for (int64_t i = begin; i < end; ++i) {
      const Sum element(x_[i * step_]);
      y_[i * step_] = static_cast<T>(before + (inclusive_ ? sum + element : sum));
      sum += element;
    }
    return before + sum;
  }

 private:
  const T* x_;
  T* y_;
  int64_t step_;
  bool inclusive_;
};

// A line is summed in blocks, whoever sums them, so that the bits do not depend on the threads.
constexpr int64_t block = 8192;

template <class T>
void sum_line(const Line<T>& line, int64_t size) {
  typename SumOf<T>::type before{};
  for (int64_t at = 0; at < size; at += block) {
    before = line.write(at, std::min(at + block, size), before);
  }
}

// Few long lines: totals of blocks, what stands before each, and then the sums.
template <class T>
void sum_long_line(const Line<T>& line, int64_t size) {
  const int64_t blocks = (size + block - 1) / block;
  std::vector<typename SumOf<T>::type> before(static_cast<size_t>(blocks) + 1);
  auto end_of = [&](int64_t i) { return std::min((i + 1) * block, size); };
  parallel_for(blocks, 4, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) before[i + 1] = line.total(i * block, end_of(i));
  });
  for (size_t i = 1; i < before.size(); ++i) before[i] += before[i - 1];
  parallel_for(blocks, 4, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) line.write(i * block, end_of(i), before[i]);
  });
}

// Lines side by side, whose elements lie `inner` apart: a strip of them at a time.
constexpr int64_t strip = 128;

template <class T>
void sum_strip(const T* x, T* y, int64_t size, int64_t inner, int64_t width, bool reverse,
               bool inclusive) {
  typename SumOf<T>::type sums[strip]{};
  for (int64_t k = 0; k < size; ++k) {
    const int64_t row = (reverse ? size - 1 - k : k) * inner;
    for (int64_t j = 0; j < width; ++j) {
      const typename SumOf<T>::type before = sums[j];
      sums[j] += typename SumOf<T>::type(x[row + j]);
      y[row + j] = static_cast<T>(inclusive ? sums[j] : before);
    }
  }
}

template <class T>
void cumulative_sum(const CumulativeSum& p, const AxisView& view, const T* x, T* y) {
  if (view.inner == 1) {
    auto line = [&](int64_t i) {
      return Line<T>(x + i * view.size, y + i * view.size, view.size, p.reverse, p.inclusive);
    };
    if (view.outer < thread_count() && view.size > 8 * block) {
      for (int64_t i = 0; i < view.outer; ++i) sum_long_line(line(i), view.size);
      return;
    }
    const int64_t grain = std::max<int64_t>(16384 / view.size, 1);
    parallel_for(view.outer, grain, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) sum_line(line(i), view.size);
    });
    return;
  }
  const int64_t strips = (view.inner + strip - 1) / strip;
  const int64_t width = std::min(view.inner, strip);
  const int64_t grain = std::max<int64_t>(32768 / (view.size * width), 1);
  parallel_for(view.outer * strips, grain, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t column = i % strips * strip;
      const int64_t at = i / strips * view.size * view.inner + column;
      sum_strip(x + at, y + at, view.size, view.inner, std::min(strip, view.inner - column),
                p.reverse, p.inclusive);
    }
  });
}

}  // namespace

bool accepts(const CumulativeSum&, const Launch&) { return true; }

std::unique_ptr<Kernel> make(const CumulativeSum& p, const Launch& launch) {
  const Operand& y = launch.outputs[0];
  if (is_half(y.dtype)) return make_through_float(launch);
  const AxisView view(y.shape, p.axis);
  size_t scratch_bytes = 0;
  const RowMajorInput input(launch.inputs[0], &scratch_bytes);
  return kernel_of([=](void* const* slots) {
    if (y.size() == 0) return;
    const Scratch scratch(scratch_bytes);
    visit_dtype(y.dtype, [&]<class T>(TypeTag<T>) {
      if constexpr (!std::is_same_v<T, float16> && !std::is_same_v<T, bfloat16> &&
                    !std::is_same_v<T, bool>) {
        cumulative_sum(p, view, input.get<T>(slots, scratch), address<T>(slots, y));
      }
    });
  });
}

LAZULITE_CPU_KERNEL(CumulativeSum);

}  // namespace lazulite::cpu
