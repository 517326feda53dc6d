#include "lazulite/transforms/signature.h"

#include "lazulite/core/errors.h"

namespace lazulite {

void detail::reject_empty_function(const char* operation) {
  throw Error(std::string(operation) + ": an empty function was given");
}

}  // namespace lazulite
