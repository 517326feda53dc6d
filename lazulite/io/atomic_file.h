#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace lazulite::io {

/// A file that appears whole or not at all: bytes go to a file of a name of its own beside `path`,
/// which `commit` renames; without `commit` it is removed. Several may be written for one path at
/// once: the last to be committed is there, whole. A file that is replaced passes on its mode and,
/// where that is allowed, its owner and access list; a symbolic link stays and what it names is
/// replaced.
///
/// What cannot be renamed into is written through, byte by byte: character devices, FIFOs that
/// somebody reads, and the process's own descriptors (/dev/stdout). Folders, block devices, sockets
/// and files that are not writable are refused. Every error throws with the path and the reason;
/// no signal is raised for a full disk or a closed pipe.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t bytes);
  void write(const std::string& text) { write(text.data(), text.size()); }
  /// Flushes to the disk and gives the file its name.
  void commit();

 private:
  friend void check_writable(const std::string& path);
  class Target;
  std::unique_ptr<Target> target_;
};

/// Throws what writing an AtomicFile to `path` would throw at once: to be asked before long work
/// whose results go there. Changes nothing.
void check_writable(const std::string& path);

}  // namespace lazulite::io
