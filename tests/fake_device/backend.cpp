#include "lazulite/program/backend.h"

#include <atomic>

#include "fake_memory.h"
#include "fake_queue.h"
#include "lazulite/backends/reference/run.h"
#include "lazulite/ops/primitives/reduction.h"
#include "lazulite/program/checks.h"

namespace lazulite::fake {
namespace {

// The bytes that an operand spans, from its first to its last element in memory.
struct Extent {
  int64_t first = 0, last = 0;  // elements
  explicit Extent(const Operand& operand) {
    first = last = operand.offset;
    for (size_t axis = 0; axis < operand.shape.size(); ++axis) {
      int64_t reach = (operand.shape[axis] - 1) * operand.strides[axis];
      (reach < 0 ? first : last) += reach;
    }
  }
};

class FakeExecutable final : public Executable {
 public:
  explicit FakeExecutable(std::span<const Launch> launches) : launches_(launches) {}

  void run(const Arguments& arguments) override { run_on(arguments.slots); }

  void run_on(std::span<void* const> slots) {
    run_launches(launches_of_checks(launches_), launches_.size(), [&](size_t i) {
      const Launch& launch = launches_[i];
      std::vector<void*> host(slots.size(), nullptr);
      for (const Operand& operand : launch.inputs) resolve(operand, slots, host);
      for (const Operand& operand : launch.outputs) resolve(operand, slots, host);
      if (launch.fused) {
        reference::run_fused(*launch.fused, {launch, host});
      } else {
        reference::run_primitive(*launch.primitive, {launch, host});
      }
    });
  }

 private:
  static void resolve(const Operand& operand, std::span<void* const> slots,
                      std::vector<void*>& host) {
    if (operand.size() == 0) return;
    Extent extent(operand);
    auto size = static_cast<int64_t>(size_of(operand.dtype));
    auto* start = static_cast<std::byte*>(slots[operand.slot]);
    auto bytes = static_cast<size_t>((extent.last - extent.first + 1) * size);
    auto* resolved =
        static_cast<std::byte*>(fake_memory().resolve(start + extent.first * size, bytes));
    host[operand.slot] = resolved - extent.first * size;
  }

  std::span<const Launch> launches_;
};

class FakeBackend final : public Backend {
 public:
  const char* name() const override { return "fake"; }
  MemorySpace& memory() override { return fake_memory(); }
  // Without a kernel for positions of extremes, so that the CPU has to run them.
  bool can_run(const Launch& launch) const override {
    if (launch.primitive && launch.primitive->get_if<ArgReduce>()) return false;
    return launch.fused ? reference::can_run_fused(*launch.fused)
                        : reference::can_run_primitive(*launch.primitive);
  }
  std::unique_ptr<Executable> prepare(std::span<const Launch> segment) override {
    return std::make_unique<FakeExecutable>(segment);
  }
  bool asynchronous() const override { return true; }
  MarkPtr enqueue(Executable& executable, int stream, const Executable::Arguments& arguments,
                  std::span<const MarkPtr> needs) override {
    auto work = [&executable = static_cast<FakeExecutable&>(executable),
                 slots = std::vector<void*>(arguments.slots.begin(), arguments.slots.end())] {
      executable.run_on(slots);
    };
    ++submissions_;
    return queue_of_stream(stream).add(std::move(work), needs);
  }
  DeviceStatistics statistics() const override {
    return {fake_memory().statistics(), submissions_};
  }

 private:
  std::atomic<uint64_t> submissions_{0};
};

Backend* open_backend(int /*device_index*/, std::string* /*reason*/) {
  static auto* backend = [] {
    auto* made = new FakeBackend;
    set_mark_owner(made);
    return made;
  }();
  return backend;
}

constexpr BackendEntry entry = {backend_interface_version, [] { return 1; }, open_backend};

}  // namespace
}  // namespace lazulite::fake

extern "C" __attribute__((visibility("default"))) const lazulite::BackendEntry*
lazulite_backend_entry() {
  return &lazulite::fake::entry;
}
