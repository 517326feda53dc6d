#pragma once

#include "lazulite/backends/cpu/fused/levels.h"
#include "lazulite/backends/cpu/fused/reduce_geometry.h"
#include "lazulite/backends/cpu/fused/runner.h"
#include "lazulite/program/launch.h"

namespace lazulite::cpu {

// One sweep that computes blocks of elements and folds them right away.
class ReduceStep {
 public:
  // `kernel` reduces the axis that `geometry` says; `results` are the dtypes of what is written.
  ReduceStep(const FusedKernel& kernel, const Launch& launch, const ReduceGeometry& geometry,
             const std::vector<Dtype>& results);

  // Scratch that all threads share while it runs.
  size_t shared_bytes() const;
  // `inputs`, `outputs`, `results`: addresses of the launch's inputs, of what it stores element by
  // element, and of the reductions' results.
  void run(std::byte* const* inputs, std::byte* const* outputs, std::byte* const* results,
           std::byte* shared) const;

 private:
  // How one reduction folds.
  struct Fold {
    Accumulation by;
    size_t size;           // bytes of an element
    BlockFunction finish;  // writes results
    size_t result_size;
  };
  // How the sweep goes through the elements.
  enum class Mode : uint8_t {
    whole,     // a block holds several folded ranges as a whole
    rows,      // a block holds virtual rows of one range
    segments,  // a block lies inside a row of the inner axis, which is a virtual row (one fold)
  };
  // The state of one thread.
  struct Worker {
    Runner runner;
    SmallVector<Levels, 2> levels;  // of each reduction
    std::byte* const* results;      // or, of several groups, each group's
  };

  void choose_blocking(const FusedKernel& kernel, Layout& layout, Blocking& blocking);
  int64_t levels_width() const;
  size_t worker_bytes() const;

  void run_unit(Worker& worker, int64_t unit) const;
  void run_whole(Worker& worker, int64_t begin, int64_t end) const;
  void run_rows(Worker& worker, int64_t outer, int64_t group) const;
  void run_segments(Worker& worker, int64_t outer, int64_t group, int64_t tile) const;
  int64_t rows_in(int64_t group) const;
  void run_block(Worker& worker, int64_t start, int64_t n) const;
  void add_rows(Levels& levels, const std::byte* x, int64_t count, size_t size) const;
  void write(const Worker& worker, size_t r, const std::byte* row, int64_t outer, int64_t group,
             int64_t column, int64_t n) const;
  void combine_groups(std::byte* const* partial, std::byte* const* results) const;

  ReduceGeometry geometry_;
  Mode mode_;
  Tape tape_;
  std::vector<Fold> folds_;
  int64_t tiles_ = 1, tile_ = 0;  // of the inner axis, in segments
  int64_t units_ = 1;             // what threads share out
  int64_t grain_ = 1;
};

}  // namespace lazulite::cpu
