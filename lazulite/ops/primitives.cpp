#include "lazulite/ops/primitives.h"

namespace lazulite {

const char* name_of(const Primitive& primitive) {
  return primitive.visit([](const auto& p) -> const char* {
    using T = std::decay_t<decltype(p)>;
    if constexpr (std::is_same_v<T, Elementwise>) {
      return info(p.row).name;
    } else if constexpr (std::is_same_v<T, Call>) {
      return name_of(p.id);
    } else {
      return T::name;
    }
  });
}

bool is_view(const Primitive& primitive) {
  return primitive.visit([](const auto& p) {
    using T = std::decay_t<decltype(p)>;
    return std::is_same_v<T, Alias> || std::is_same_v<T, StopGradient> ||
           std::is_same_v<T, Reshape> || std::is_same_v<T, Transpose> ||
           std::is_same_v<T, Broadcast> || std::is_same_v<T, SliceView>;
  });
}

}  // namespace lazulite
