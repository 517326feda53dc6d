#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lazulite::data {

/// What a file whose content starts with `head` seems to be, as words for an error message: "an IDX
/// file of labels (magic 0x00000801)", "a web page or other markup", or its first bytes in
/// hexadecimal. 512 bytes are enough to recognise everything.
std::string looks_like(std::span<const uint8_t> head);

/// `text` from an untrusted file, for an error message: at most 60 characters of it, with
/// everything that is not printable ASCII replaced by '?'.
std::string printable(std::string_view text);

}  // namespace lazulite::data
