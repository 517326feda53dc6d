// Transforms of large rows as matrices: along its columns, and then along its rows, as Gentleman
// and Sande parted them. Each of those fits a cache, and threads share them.
#include <algorithm>
#include <vector>

#include "lazulite/ops/fourier/fourier_plan.h"
#include "lazulite/ops/primitives/spread.h"

namespace lazulite {
namespace {

// Elements of `count` rows, which lie `stride` apart.
void read(const Wave* from, int64_t stride, int64_t count, Waves* to) {
  for (int64_t i = 0; i < count; ++i) {
    to->re[i] = from[i * stride].re;
    to->im[i] = from[i * stride].im;
  }
}

void write(const Waves& from, int64_t count, Wave* to) {
  for (int64_t i = 0; i < count; ++i) to[i] = {from.re[i], from.im[i]};
}

Waves times(const Waves& a, const Waves& b) {
  Waves out;
  for (int64_t i = 0; i < together; ++i) {
    out.re[i] = a.re[i] * b.re[i] - a.im[i] * b.im[i];
    out.im[i] = a.re[i] * b.im[i] + a.im[i] * b.re[i];
  }
  return out;
}

Waves times(const Waves& a, const Wave& b) {
  Waves out;
  for (int64_t i = 0; i < together; ++i) {
    out.re[i] = a.re[i] * b.re - a.im[i] * b.im;
    out.im[i] = a.re[i] * b.im + a.im[i] * b.re;
  }
  return out;
}

class PlanByColumns final : public FourierPlan {
 public:
  PlanByColumns(int64_t columns, int64_t rows)
      : FourierPlan(columns * rows),
        columns_(columns),
        rows_(rows),
        along_columns_(fourier_plan(rows)),
        along_rows_(fourier_plan(columns)),
        turns_(size()),
        neighbours_(static_cast<size_t>(rows)) {
    for (int64_t k = 0; k < rows; ++k) {
      for (int64_t i = 0; i < together; ++i) {
        const Wave turn = turns_(i * k % size());
        neighbours_[k].re[i] = turn.re;
        neighbours_[k].im[i] = turn.im;
      }
    }
  }

  int64_t scratch_size() const override { return size(); }

  // Element j1 + columns * j2 becomes, along j2, k2; then, along j1, k1: element k2 + rows * k1 of
  // the result.
  void run(Wave* x, Wave* scratch) const override {
    for_blocks(columns_, rows_, [&](int64_t first, int64_t count, Waves* block, Waves* own) {
      for (int64_t j = 0; j < rows_; ++j) read(x + j * columns_ + first, 1, count, block + j);
      const Waves* out = along_columns_->run_together(block, own);
      for (int64_t k = 0; k < rows_; ++k) {
        const Waves turned = times(out[k], times(neighbours_[k], turns_(first * k)));
        write(turned, count, scratch + k * columns_ + first);
      }
    });
    for_blocks(rows_, columns_, [&](int64_t first, int64_t count, Waves* block, Waves* own) {
      const Wave* rows = scratch + first * columns_;
      for (int64_t j = 0; j < columns_; ++j) read(rows + j, columns_, count, block + j);
      const Waves* out = along_rows_->run_together(block, own);
      for (int64_t k = 0; k < columns_; ++k) write(out[k], count, x + k * rows_ + first);
    });
  }

 private:
  // Calls body(first, count, memory for so many rows of `length`, as much scratch) for all of
  // `size`. Where there are fewer, the other lanes hold what is left of others, and no one reads
  // it.
  template <class F>
  static void for_blocks(int64_t size, int64_t length, F body) {
    spread((size + together - 1) / together, 1, [&](int64_t begin, int64_t end) {
      const WaveMemory memory(2 * together * length);
      auto* block = reinterpret_cast<Waves*>(memory.get());
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = i * together;
        body(first, std::min(together, size - first), block, block + length);
      }
    });
  }

  int64_t columns_, rows_;
  std::shared_ptr<const FourierPlan> along_columns_, along_rows_;
  Turns turns_;
  std::vector<Waves> neighbours_;  // turns(i k) of eight neighbours i
};

}  // namespace

std::shared_ptr<const FourierPlan> plan_by_columns(int64_t columns, int64_t rows) {
  return std::make_shared<PlanByColumns>(columns, rows);
}

}  // namespace lazulite
