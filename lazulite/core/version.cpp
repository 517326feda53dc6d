#include "lazulite/core/version.h"

namespace lazulite {

const char* version() { return LAZULITE_VERSION; }

}  // namespace lazulite
