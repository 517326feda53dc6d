#pragma once

#include <memory>
#include <vector>

#include "lazulite/core/node.h"
#include "lazulite/program/executor.h"
#include "lazulite/program/plan.h"

namespace lazulite {

/// Places in the user's program (core/origin.h); null where they were not noted.
using Origins = std::shared_ptr<const std::vector<uint32_t>>;

/// One run of a plan, from the moment in which it has its memory to its end.
class QueuedRun final : public Work, public std::enable_shared_from_this<QueuedRun> {
 public:
  /// Takes the memory for a run on `inputs`, which are bound; `references` as for Plan::bind.
  /// Inputs whose computation has failed must not be given.
  QueuedRun(std::shared_ptr<const Plan> plan, std::span<const Array> inputs,
            std::span<const uint32_t> references, EventPtr event);
  ~QueuedRun() override;

  /// Says where result `index` will be: sets the output's buffer, offset, strides and writer.
  void place(size_t index, Output& output) const;

  /// Where in the user's program its checks were made (core/origin.h): a failed one's error says
  /// so.
  void made_at(std::vector<uint32_t> origins) { origins_ = std::move(origins); }
  /// The same of all instructions of its program, for observers and the guard, where they are not
  /// the plan's.
  void computes_at(Origins origins) { all_origins_ = std::move(origins); }

  /// Puts it into its queue, or runs it at once if it is small and nothing stands before it. If
  /// this throws, nothing has happened.
  void start();
  /// Ends a run that could not be started with the exception that is being handled, which the
  /// caller is told of.
  void abandon();

  bool ready() const override;
  bool advance() override;
  void wait_ready() override;

 private:
  bool goes_straight_to_device() const;
  bool needs_are_ready(const Segment& segment) const;
  bool marks_reached() const;
  FailurePtr failed_need() const;
  FailurePtr failed_mark(bool& intact) const;
  bool run_next(FailurePtr failure);
  void leave_to_device();
  void await_marks();
  void end(FailurePtr failure, bool intact);
  void leave_buffers();
  void give_back();
  const std::vector<uint32_t>* origins() const;
  void report_memory() const;
  void report_when_reached(const MarkPtr& mark, const Segment& segment, int64_t start) const;

  std::shared_ptr<const Plan> plan_;
  EventPtr event_;
  std::vector<EventPtr> needs_;  // of the inputs and constants, where they are not done
  bool here_;                    // runs on the thread that starts it
  uint32_t queue_ = 0;
  bool entered_ = false;  // its buffers know of it
  Plan::Run run_;
  size_t next_ = 0;             // segment
  std::vector<MarkPtr> marks_;  // behind what has been queued on devices
  std::vector<uint32_t> origins_;
  Origins all_origins_;
  std::shared_ptr<QueuedRun> self_;  // while a device is at it
};

}  // namespace lazulite
