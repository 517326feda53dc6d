#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

namespace lazulite::io {

/// An open file of the operating system. Calls that a signal interrupts are made again.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor() { close(); }

  /// As open(2) and openat(2), closed in programs that are started. Invalid, with errno, if it
  /// fails.
  static FileDescriptor open(const char* path, int flags, mode_t mode = 0);
  static FileDescriptor open_at(const FileDescriptor& folder, const std::string& name, int flags,
                                mode_t mode = 0);

  bool valid() const { return number_ >= 0; }
  int number() const { return number_; }

  /// Writes everything, in as many calls as it takes; false, with errno, if it fails. No SIGPIPE
  /// or SIGXFSZ is raised.
  bool write(const void* data, size_t bytes) const;
  /// Reads until `bytes` are there or the file ends; returns how many, or -1 with errno.
  ssize_t read(void* data, size_t bytes) const;
  /// To the disk, where the file lies on one; false, with errno, if it fails.
  bool sync() const;
  /// False, with errno, if what was written is lost.
  bool close();

 private:
  int number_ = -1;
};

}  // namespace lazulite::io
