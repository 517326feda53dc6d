#include "lazulite/ops/division.h"

#include "lazulite/ops/operators.h"

namespace lazulite {

std::pair<Array, Array> divmod(const Array& x, const Array& y) {
  return {floor_divide(x, y), remainder(x, y)};
}

}  // namespace lazulite
