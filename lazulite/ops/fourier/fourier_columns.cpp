// Transforms of large rows as matrices: along its columns, and then along its rows, as Gentleman
// and Sande parted them. Each of those fits a cache, and threads share them.
#include <algorithm>
#include <vector>

#include "lazulite/ops/fourier/fourier_plan.h"
#include "lazulite/ops/primitives/spread.h"

namespace lazulite {
namespace {

// Columns that are copied at once: neighbours share lines of the cache.
constexpr int64_t together = 8;

class PlanByColumns final : public FourierPlan {
 public:
  PlanByColumns(int64_t columns, int64_t rows)
      : FourierPlan(columns * rows),
        columns_(columns),
        rows_(rows),
        along_columns_(fourier_plan(rows)),
        along_rows_(fourier_plan(columns)),
        turns_(size()) {}

  int64_t scratch_size() const override { return size(); }

  // Element j1 + columns * j2 becomes, along j2, k2; then, along j1, k1: element k2 + rows * k1 of
  // the result.
  void run(Wave* x, Wave* scratch) const override {
    for_blocks(columns_, *along_columns_,
               [&](int64_t first, int64_t count, Wave* block, Wave* own) {
                 for (int64_t j = 0; j < rows_; ++j) {
                   for (int64_t i = 0; i < count; ++i)
                     block[i * rows_ + j] = x[j * columns_ + first + i];
                 }
                 for (int64_t i = 0; i < count; ++i) {
                   Wave* column = block + i * rows_;
                   along_columns_->run(column, own);
                   for (int64_t k = 1; k < rows_; ++k)
                     column[k] = column[k] * turns_((first + i) * k);
                 }
                 for (int64_t k = 0; k < rows_; ++k) {
                   for (int64_t i = 0; i < count; ++i) {
                     scratch[k * columns_ + first + i] = block[i * rows_ + k];
                   }
                 }
               });
    for_blocks(rows_, *along_rows_, [&](int64_t first, int64_t count, Wave* block, Wave* own) {
      std::copy_n(scratch + first * columns_, count * columns_, block);
      for (int64_t i = 0; i < count; ++i) along_rows_->run(block + i * columns_, own);
      for (int64_t k = 0; k < columns_; ++k) {
        for (int64_t i = 0; i < count; ++i) x[k * rows_ + first + i] = block[i * columns_ + k];
      }
    });
  }

 private:
  // Calls body(first, count, memory for so many rows of the plan, its scratch) for all of `size`.
  template <class F>
  static void for_blocks(int64_t size, const FourierPlan& plan, F body) {
    spread((size + together - 1) / together, 1, [&](int64_t begin, int64_t end) {
      const WaveMemory memory(together * plan.size() + plan.scratch_size());
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = i * together;
        body(first, std::min(together, size - first), memory.get(),
             memory.get() + together * plan.size());
      }
    });
  }

  int64_t columns_, rows_;
  std::shared_ptr<const FourierPlan> along_columns_, along_rows_;
  Turns turns_;
};

}  // namespace

std::shared_ptr<const FourierPlan> plan_by_columns(int64_t columns, int64_t rows) {
  return std::make_shared<PlanByColumns>(columns, rows);
}

}  // namespace lazulite
