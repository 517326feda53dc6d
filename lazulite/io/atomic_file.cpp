#include "lazulite/io/atomic_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "lazulite/core/errors.h"

namespace lazulite::io {

AtomicFile::AtomicFile(std::string path)
    : path_(std::move(path)), temporary_(fmt::format("{}.{}.partial", path_, ::getpid())) {
  file_ = std::fopen(temporary_.c_str(), "wb");
  if (!file_) fail("be created");
}

AtomicFile::~AtomicFile() {
  if (!file_) return;
  std::fclose(file_);
  std::remove(temporary_.c_str());
}

void AtomicFile::write(const void* data, size_t bytes) {
  if (std::fwrite(data, 1, bytes, file_) != bytes) fail("be written");
}

void AtomicFile::commit() {
  if (std::fflush(file_) != 0 || ::fsync(::fileno(file_)) != 0) fail("be written");
  std::FILE* closing = std::exchange(file_, nullptr);
  if (std::fclose(closing) != 0 || std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    std::string reason = std::strerror(errno);
    std::remove(temporary_.c_str());
    throw Error(fmt::format("{} cannot be written: {}", path_, reason));
  }
}

void AtomicFile::fail(const char* action) {
  throw Error(fmt::format("{} cannot {}: {}", path_, action, std::strerror(errno)));
}

}  // namespace lazulite::io
