#include <algorithm>

#include "lazulite/backends/cpu/fused/reduce_step.h"

namespace lazulite::cpu {

void ReduceStep::run_unit(Worker& worker, int64_t unit) const {
  const int64_t groups = geometry_.groups;
  switch (mode_) {
    case Mode::whole: {
      const int64_t ranges = tape_.blocking.block / (geometry_.reduced * geometry_.inner);
      run_whole(worker, unit * ranges, std::min((unit + 1) * ranges, geometry_.outer));
      break;
    }
    case Mode::rows: run_rows(worker, unit / groups, unit % groups); break;
    case Mode::segments:
      run_segments(worker, unit / tiles_ / groups, unit / tiles_ % groups, unit % tiles_);
      break;
  }
}

void ReduceStep::run_block(Worker& worker, int64_t start, int64_t n) const {
  const int64_t length = tape_.blocking.row_length;
  worker.runner.run(start / length, start % length, n);
}

int64_t ReduceStep::rows_in(int64_t group) const {
  return std::min(geometry_.group_rows, geometry_.rows() - group * geometry_.group_rows);
}

void ReduceStep::add_rows(Levels& levels, const std::byte* x, int64_t count, size_t size) const {
  const int64_t width = geometry_.width();
  while (count > 0) {
    const int64_t now = std::min(count, levels.room());
    levels.add(x, now, width, 0, width);
    levels.advance(now);
    x += static_cast<size_t>(now * width) * size;
    count -= now;
  }
}

void ReduceStep::write(const Worker& worker, size_t r, const std::byte* row, int64_t outer,
                       int64_t group, int64_t column, int64_t n) const {
  const Fold& fold = folds_[r];
  if (geometry_.groups == 1) {
    const int64_t at = outer * geometry_.inner + column;
    fold.finish(worker.results[r] + static_cast<size_t>(at) * fold.result_size, row, nullptr,
                nullptr, n);
  } else {
    const int64_t at = (outer * geometry_.groups + group) * geometry_.inner + column;
    std::memcpy(worker.results[r] + static_cast<size_t>(at) * fold.size, row,
                static_cast<size_t>(n) * fold.size);
  }
}

void ReduceStep::run_whole(Worker& worker, int64_t begin, int64_t end) const {
  const ReduceGeometry& g = geometry_;
  const int64_t whole = g.reduced * g.inner;
  run_block(worker, begin * whole, (end - begin) * whole);
  for (size_t r = 0; r < folds_.size(); ++r) {
    const Fold& fold = folds_[r];
    const std::byte* x = worker.runner.reduced(r);
    for (int64_t outer = begin; outer < end; ++outer) {
      worker.levels[r].clear();
      add_rows(worker.levels[r], x, g.rows(), fold.size);
      std::byte* const row = worker.levels[r].finish();
      const std::byte* const rest = x + static_cast<size_t>(g.rows() * g.width()) * fold.size;
      if (g.rest() > 0) fold.by.accumulate(row, rest, 1, 0, g.rest() * g.inner);
      if (g.folds > 1) fold.by.fold(row, g.folds, g.inner);
      write(worker, r, row, outer, 0, 0, g.inner);
      x += static_cast<size_t>(whole) * fold.size;
    }
  }
}

void ReduceStep::run_rows(Worker& worker, int64_t outer, int64_t group) const {
  const ReduceGeometry& g = geometry_;
  const int64_t width = g.width(), rows = rows_in(group);
  const int64_t rest = group == g.groups - 1 ? g.rest() * g.inner : 0;
  const int64_t first = outer * g.reduced * g.inner + group * g.group_rows * width;
  const int64_t total = rows * width + rest;
  for (Levels& levels : worker.levels) levels.clear();
  for (int64_t done = 0; done < total;) {
    const int64_t n = std::min(tape_.blocking.block, total - done);
    run_block(worker, first + done, n);
    done += n;
    for (size_t r = 0; r < folds_.size(); ++r) {
      const Fold& fold = folds_[r];
      const std::byte* const x = worker.runner.reduced(r);
      add_rows(worker.levels[r], x, n / width, fold.size);
      if (done < total) continue;
      std::byte* const row = worker.levels[r].finish();
      const std::byte* const rest_at = x + static_cast<size_t>(n / width * width) * fold.size;
      if (rest > 0) fold.by.accumulate(row, rest_at, 1, 0, rest);
      if (g.folds > 1) fold.by.fold(row, g.folds, g.inner);
      write(worker, r, row, outer, group, 0, g.inner);
    }
  }
}

void ReduceStep::run_segments(Worker& worker, int64_t outer, int64_t group, int64_t tile) const {
  const ReduceGeometry& g = geometry_;
  const int64_t begin = tile * tile_, end = std::min(begin + tile_, g.inner);
  const int64_t length = tape_.blocking.row_length;
  const int64_t first = (outer * g.reduced + group * g.group_rows) * g.inner;
  for (Levels& levels : worker.levels) levels.clear();
  for (int64_t i = 0; i < rows_in(group); ++i) {
    for (int64_t column = begin; column < end;) {
      const int64_t start = first + i * g.inner + column;
      const int64_t n = std::min({tape_.blocking.block, end - column, length - start % length});
      run_block(worker, start, n);
      for (size_t r = 0; r < folds_.size(); ++r) {
        worker.levels[r].add(worker.runner.reduced(r), 1, 0, column - begin, n);
      }
      column += n;
    }
    for (Levels& levels : worker.levels) levels.advance(1);
  }
  for (size_t r = 0; r < folds_.size(); ++r) {
    write(worker, r, worker.levels[r].finish(), outer, group, begin, end - begin);
  }
}

}  // namespace lazulite::cpu
