#include "lazulite/ops/primitives/custom.h"

#include <atomic>

#include "lazulite/core/event.h"
#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(Custom);

UniqueNumber::UniqueNumber() {
  static std::atomic<uint64_t> last{0};
  number_ = ++last;
}

void run_operation(const CustomOperation& operation, std::span<const HostArray> inputs,
                   std::span<const HostArray> outputs) {
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
