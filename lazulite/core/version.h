#pragma once

namespace lazulite {

/// The library's version, "major.minor.patch". As long as major is 0, programs built with one minor
/// version need that one.
const char* version();

}  // namespace lazulite
