#include "lazulite/ops/calls.h"

namespace lazulite {

#define CALL(name, ...) \
  std::vector<Array> compose_##name(const Call& call, std::span<const Array> inputs);
#include "lazulite/ops/calls.def"
#undef CALL

std::vector<Array> compose(const Call& call, std::span<const Array> inputs) {
  switch (call.id) {
#define CALL(name, ...) \
  case CallId::name:    \
    return compose_##name(call, inputs);
#include "lazulite/ops/calls.def"
#undef CALL
  }
  __builtin_unreachable();
}

const char* name_of(CallId id) { return Call{id, {}}.label(); }

}  // namespace lazulite
