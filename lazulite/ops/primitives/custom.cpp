#include "lazulite/ops/primitives/custom.h"

#include <atomic>
#include <utility>

#include "lazulite/core/event.h"
#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE_OF_FUNCTIONS(Custom);

UniqueNumber::UniqueNumber() {
  static std::atomic<uint64_t> last{0};
  number_ = ++last;
}

namespace {

thread_local const CustomOperation* running = nullptr;

}  // namespace

const CustomOperation* running_operation() { return running; }

void run_operation(const CustomOperation& operation, std::span<const HostArray> inputs,
                   std::span<const HostArray> outputs) {
  struct Running {
    explicit Running(const CustomOperation* now) : before(std::exchange(running, now)) {}
    ~Running() { running = before; }
    const CustomOperation* before;
  } const scope(&operation);
  try {
    operation.run(inputs, outputs);
  } catch (...) {
    throw OperationFailure{std::current_exception()};
  }
}

ArrayTypes infer(const Custom& p, InputTypes inputs) {
  ArrayTypes types = p.operation->infer(inputs);
  if (types.empty()) throw Error(fmt::format("{}: it has no outputs", p.operation->name));
  return types;
}

}  // namespace lazulite
