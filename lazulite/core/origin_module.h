#pragma once

#include "lazulite/core/origin.h"

namespace lazulite {

/// How the front end writes out the layer that an origin is in, "Net.encoder.0".
void set_origin_module(OriginText module);
/// Empty where there is none, or nobody noted it.
std::string origin_module(uint32_t origin);

}  // namespace lazulite
