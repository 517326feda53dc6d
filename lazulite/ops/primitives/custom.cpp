#include "lazulite/ops/primitives/custom.h"

#include <atomic>

#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(Custom);

UniqueNumber::UniqueNumber() {
  static std::atomic<uint64_t> last{0};
  number_ = ++last;
}

ArrayTypes infer(const Custom& p, InputTypes inputs) {
  ArrayTypes types = p.operation->infer(inputs);
  if (types.empty()) throw Error(fmt::format("{}: it has no outputs", p.operation->name));
  return types;
}

}  // namespace lazulite
