#pragma once

#include <cstdint>
#include <string>

namespace lazulite {

/// A number for the place in a user's program where the calling thread makes arrays now; 0 where
/// nobody notes it. A front end sets it around its calls, nodes keep it, and errors that evaluation
/// finds later name the place.
uint32_t& current_origin();

/// How the front end writes out such a number, for instance "train.py, line 12". Called by any
/// thread, while no lock of the library is held.
using OriginText = std::string (*)(uint32_t origin);
void set_origin_text(OriginText text);
/// Empty where there is nothing to say.
std::string origin_text(uint32_t origin);

}  // namespace lazulite
