#pragma once

#include <sys/stat.h>

#include <filesystem>

#include "lazulite/io/file_descriptor.h"

namespace lazulite::io {

/// Gives `file`, which is new and this process's, the owner, the access list and the mode of the
/// file at `path`, whose status is `status`. Where the owner or group may not be given away, nobody
/// gets more access than before. False, with errno, if the mode cannot be set.
bool copy_attributes(const std::filesystem::path& path, const struct stat& status,
                     const FileDescriptor& file);

}  // namespace lazulite::io
