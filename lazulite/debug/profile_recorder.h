#pragma once

#include <mutex>
#include <unordered_map>
#include <vector>

#include "lazulite/debug/profile.h"
#include "lazulite/program/cost.h"
#include "lazulite/program/plan.h"

namespace lazulite::debug {

/// What a profile has noted.
class Profile::Recorder final : public Observer {
 public:
  Recorder();
  void evaluated(const Evaluation& evaluation) override;
  void traced(const Retrace& retrace) override;
  void planned(const Span& span) override;
  void loaded(const Span& span) override;
  void launched(const LaunchRun& run) override;
  void copied(const Span& span) override;
  void allocated(size_t bytes, uint32_t origin) override;
  void end();

  /// A kernel with the line that it computes; what ProfileRow is made of.
  struct Row {
    uint32_t origin = 0;
    std::string operation, kernel;
    uint64_t calls = 0;
    int64_t duration = 0;
    double bytes = 0, operations = 0, least_operations = 0;
  };
  struct KernelRun {
    uint32_t row;
    uint32_t thread;
    int64_t start, duration;
  };
  struct Memory {
    uint64_t allocations = 0;
    double bytes = 0, peak_bytes = 0;
  };
  struct MemoryPoint {
    int64_t time;
    size_t bytes;
  };

  /// What was noted until now, for as long as it is locked.
  struct Notes {
    int64_t start = 0, end = 0;
    uint32_t thread = 0;
    std::vector<Row> rows;
    std::vector<KernelRun> runs;
    std::vector<Evaluation> evaluations;
    std::vector<Retrace> traces;
    std::vector<Span> plans, loads, copies;
    std::unordered_map<uint32_t, Memory> memory;  // by origin
    std::vector<MemoryPoint> live;
  };
  /// A copy.
  Notes notes() const;

 private:
  struct Key {
    const Plan* plan;
    size_t launch;
    uint32_t origin;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };
  struct Known {
    uint32_t row;
    double bytes, operations, least_operations;
  };
  Known add_row(const LaunchRun& run, uint32_t origin);

  mutable std::mutex mutex_;
  Notes notes_;
  std::unordered_map<Key, Known, KeyHash> known_;
  std::vector<std::shared_ptr<const Plan>> plans_;  // so that no other gets the address of one
};

/// Text within quotes, as JSON has it.
std::string json_text(const std::string& text);

}  // namespace lazulite::debug
