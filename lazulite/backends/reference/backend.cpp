#include "lazulite/program/backend.h"

#include "lazulite/backends/reference/run.h"
#include "lazulite/program/checks.h"

namespace lazulite::reference {
namespace {

class ReferenceExecutable final : public Executable {
 public:
  explicit ReferenceExecutable(std::span<const Launch> launches) : launches_(launches) {}
  void run(const Arguments& arguments) override {
    run_launches(launches_of_checks(launches_), launches_.size(), [&](size_t i) {
      const Launch& launch = launches_[i];
      if (launch.fused) {
        run_fused(*launch.fused, {launch, arguments.slots});
      } else {
        run_primitive(*launch.primitive, {launch, arguments.slots});
      }
    });
  }

 private:
  std::span<const Launch> launches_;
};

class ReferenceBackend final : public Backend {
 public:
  const char* name() const override { return "reference"; }
  MemorySpace& memory() override { return host_memory(); }
  bool can_run(const Launch& launch) const override {
    return launch.fused ? can_run_fused(*launch.fused) : can_run_primitive(*launch.primitive);
  }
  std::unique_ptr<Executable> prepare(std::span<const Launch> segment) override {
    return std::make_unique<ReferenceExecutable>(segment);
  }
};

Backend* open_backend(int /*device_index*/, std::string* /*reason*/) {
  static auto* backend = new ReferenceBackend;
  return backend;
}

constexpr BackendEntry entry = {backend_interface_version, [] { return 1; }, open_backend};

}  // namespace
}  // namespace lazulite::reference

extern "C" __attribute__((visibility("default"))) const lazulite::BackendEntry*
lazulite_backend_entry() {
  return &lazulite::reference::entry;
}
