#pragma once

#include <span>
#include <vector>

#include "lazulite/program/queued_run.h"

namespace lazulite {

/// A run of a plan that has its memory and has not begun. Its results are there already; whoever
/// needs them waits until it has.
class PreparedRun {
 public:
  /// `inputs` are bound and have not failed, and are kept by the caller until `start` has returned;
  /// input i may lend its memory to the results if its node has exactly references[i] owners.
  PreparedRun(std::shared_ptr<const Plan> plan, std::span<const Array> inputs,
              std::span<const uint32_t> references, const std::vector<uint32_t>& origins = {});

  const std::vector<Array>& results() const { return results_; }
  std::vector<Array> take_results() { return std::move(results_); }
  /// If it throws, the results carry the error.
  void start();

 private:
  EventPtr event_;
  std::shared_ptr<QueuedRun> run_;
  std::vector<Array> results_;
};

}  // namespace lazulite
