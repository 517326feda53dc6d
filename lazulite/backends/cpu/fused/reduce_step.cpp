#include "lazulite/backends/cpu/fused/reduce_step.h"

#include <algorithm>

#include "lazulite/backends/cpu/fused/cost.h"
#include "lazulite/backends/cpu/fused/lower.h"
#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/scratch.h"

namespace lazulite::cpu {
namespace {

constexpr int64_t shortest_row = 128;
// Columns whose running sums stay in the second-level cache.
constexpr int64_t widest_tile = 8192;

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

size_t aligned(int64_t elements, size_t size) {
  return (static_cast<size_t>(elements) * size + 63) / 64 * 64;
}

bool all_in_place(const Layout& layout) {
  return layout.shape.size() == 1 &&
         std::all_of(layout.inputs.begin(), layout.inputs.end(),
                     [](const Strides& strides) { return strides[0] == 0 || strides[0] == 1; });
}

}  // namespace

ReduceStep::ReduceStep(const FusedKernel& kernel, const Launch& launch,
                       const ReduceGeometry& geometry, const std::vector<Dtype>& results)
    : geometry_(geometry) {
  Layout layout = collapse(kernel.shape, input_strides(kernel, launch));
  Blocking blocking;
  choose_blocking(kernel, layout, blocking);
  tape_ = lower(kernel, launch, std::move(layout), blocking);
  for (size_t r = 0; r < results.size(); ++r) {
    const Dtype computed = compute_dtype(results[r]);
    folds_.push_back(
        {accumulation(kernel.reductions[r].op, computed), size_of(computed),
         is_half(results[r]) ? narrow_function(results[r]) : copy_function(size_of(computed)),
         size_of(results[r])});
  }
  const int64_t elements = geometry.outer * geometry.reduced * geometry.inner;
  grain_ = std::max<int64_t>(elements_per_thread(kernel) * units_ / elements, 1);
}

void ReduceStep::choose_blocking(const FusedKernel& kernel, Layout& layout, Blocking& blocking) {
  const ReduceGeometry& g = geometry_;
  const int64_t length = g.inner > 1 ? g.inner : g.reduced, whole = g.reduced * g.inner;
  const int64_t block = block_size(kernel);
  blocking.by_rows = false;
  blocking.row_length = g.outer * whole;
  if (!all_in_place(layout)) {
    if (length >= shortest_row && layout.inner() % length == 0) {
      blocking.by_rows = true;
      blocking.row_length = length;
      layout = split_inner(std::move(layout), length);
    } else if (g.inner > 1 && layout.inner() >= shortest_row && g.inner % layout.inner() == 0) {
      blocking.by_rows = true;
      blocking.row_length = layout.inner();
    }
  }
  if (!blocking.by_rows && whole <= block && g.groups == 1) {
    mode_ = Mode::whole;
    blocking.block = block / whole * whole;
    blocking.alignment = whole;
    units_ = divide_up(g.outer, blocking.block / whole);
  } else if (g.folds > 1 || (g.width() <= block && (g.inner == 1 || !blocking.by_rows))) {
    // Neighbours that fold onto each other stay in one block, whatever its size should be.
    mode_ = Mode::rows;
    blocking.block = std::max<int64_t>(block / g.width(), 1) * g.width();
    blocking.alignment = g.inner;
    units_ = g.outer * g.groups;
  } else {
    mode_ = Mode::segments;
    blocking.block = block;
    tiles_ = divide_up(g.inner, widest_tile);
    tile_ = divide_up(g.inner, tiles_);
    tiles_ = divide_up(g.inner, tile_);
    units_ = g.outer * g.groups * tiles_;
  }
}

int64_t ReduceStep::levels_width() const {
  return mode_ == Mode::segments ? tile_ : geometry_.width();
}

size_t ReduceStep::worker_bytes() const {
  const int64_t elements = Levels::needed(geometry_.group_rows) * levels_width();
  size_t bytes = Runner::scratch_bytes(tape_);
  for (const Fold& fold : folds_) bytes += aligned(elements, fold.size);
  return bytes;
}

size_t ReduceStep::shared_bytes() const {
  if (geometry_.groups == 1) return 0;
  size_t bytes = 0;
  for (const Fold& fold : folds_)
    bytes += aligned(geometry_.outputs() * geometry_.groups, fold.size);
  return bytes;
}

void ReduceStep::run(std::byte* const* inputs, std::byte* const* outputs, std::byte* const* results,
                     std::byte* shared) const {
  SmallVector<std::byte*, 4> partial;
  for (const Fold& fold : folds_) {
    partial.push_back(shared);
    shared += aligned(geometry_.outputs() * geometry_.groups, fold.size);
  }
  const bool grouped = geometry_.groups > 1;
  parallel_for(units_, grain_, [&](int64_t begin, int64_t end, int) {
    const Scratch memory(worker_bytes());
    std::byte* scratch = memory.at();
    Worker worker{Runner(tape_, inputs, outputs, scratch), {}, grouped ? partial.data() : results};
    scratch += Runner::scratch_bytes(tape_);
    for (const Fold& fold : folds_) {
      worker.levels.push_back(Levels(fold.by.accumulate, fold.size, levels_width(), scratch));
      scratch += aligned(Levels::needed(geometry_.group_rows) * levels_width(), fold.size);
    }
    for (int64_t unit = begin; unit < end; ++unit) run_unit(worker, unit);
    if (tape_.streams) finish_streaming();
  });
  if (grouped) combine_groups(partial.data(), results);
}

void ReduceStep::combine_groups(std::byte* const* partial, std::byte* const* results) const {
  const ReduceGeometry& g = geometry_;
  for (size_t r = 0; r < folds_.size(); ++r) {
    const Fold& fold = folds_[r];
    const size_t row = static_cast<size_t>(g.inner) * fold.size;
    for (int64_t outer = 0; outer < g.outer; ++outer) {
      std::byte* const first = partial[r] + static_cast<size_t>(outer * g.groups) * row;
      fold.by.accumulate(first, first + row, g.groups - 1, g.inner, g.inner);
      fold.finish(results[r] + static_cast<size_t>(outer * g.inner) * fold.result_size, first,
                  nullptr, nullptr, g.inner);
    }
  }
}

}  // namespace lazulite::cpu
