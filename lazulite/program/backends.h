#pragma once

#include "lazulite/core/device.h"
#include "lazulite/program/backend.h"

namespace lazulite {

/// The backend of a device; its library is opened on first use and never closed. Libraries are
/// called liblazulite_NAME.so and looked for in the folders of the environment variable
/// LAZULITE_BACKEND_PATH (separated by ':') and beside the core library. Throws where there is no
/// such library, device or driver, with the reason.
Backend& backend_of(const Device& device);

/// Whether `backend_of` would succeed; otherwise the reason is put into *reason if not null.
bool device_available(const Device& device, std::string* reason = nullptr);

/// Adds a folder in which backends are looked for, before all others.
void add_backend_path(const std::string& folder);

}  // namespace lazulite
