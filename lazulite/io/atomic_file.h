#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

namespace lazulite::io {

/// A file that appears whole or not at all: bytes go to a file beside `path`, which `commit`
/// renames. Without `commit` it is removed. Every error throws with the path and the reason.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t bytes);
  void write(const std::string& text) { write(text.data(), text.size()); }
  /// Flushes to the disk and gives the file its name.
  void commit();

 private:
  [[noreturn]] void fail(const char* action);

  std::string path_;
  std::string temporary_;
  std::FILE* file_ = nullptr;
};

}  // namespace lazulite::io
