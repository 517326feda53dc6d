#pragma once

#include <cstdint>
#include <optional>

namespace lazulite {

// Variables of the environment. One that is empty counts as not set; one whose value has no meaning
// is a ValueError that states its name, its value and what is expected. What concerns every program
// is looked at before the first backend is opened, the rest when its backend is.

/// What the variable says; null where it is not set.
const char* environment_text(const char* name);
/// A whole number within [least, most], in decimal digits.
std::optional<uint64_t> environment_number(const char* name, uint64_t least, uint64_t most);
/// "0" or "1"; `otherwise` where it is not set.
bool environment_switch(const char* name, bool otherwise);

}  // namespace lazulite
