#include "lazulite/ops/primitives/call.h"

#include <array>

#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(Call);

#define CALL(name, ...) ArrayTypes infer_##name(const Call& call, InputTypes inputs);
#include "lazulite/ops/calls.def"
#undef CALL

ArrayTypes infer(const Call& call, InputTypes inputs) {
  switch (call.id) {
#define CALL(name, ...) \
  case CallId::name:    \
    return infer_##name(call, inputs);
#include "lazulite/ops/calls.def"
#undef CALL
  }
  __builtin_unreachable();
}

const char* Call::label() const {
  constexpr std::array names = {
#define CALL(name, ...) #name,
#include "lazulite/ops/calls.def"
#undef CALL
  };
  return names[static_cast<size_t>(id)];
}

}  // namespace lazulite
