#include "lazulite/ops/division.h"

#include "lazulite/core/release.h"
#include "lazulite/ops/operators.h"

namespace lazulite {

std::pair<Array, Array> divmod(Array x, Array y) {
  const ReleaseOnReturn release(x, y);
  return {floor_divide(x, y), remainder(x, y)};
}

}  // namespace lazulite
