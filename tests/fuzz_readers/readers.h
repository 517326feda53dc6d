#pragma once

#include <cstdint>
#include <span>

namespace lazulite::fuzz {

/// A reader of files, given the bytes of one. It returns or throws Error; anything else is a fault.
struct Reader {
  const char* name;  // also of its folder of inputs in corpora/
  void (*read)(std::span<const uint8_t> bytes);
};

std::span<const Reader> readers();

}  // namespace lazulite::fuzz
