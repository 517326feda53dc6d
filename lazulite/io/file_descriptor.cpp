#include "lazulite/io/file_descriptor.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace lazulite::io {
namespace {

template <class Call>
auto uninterrupted(Call&& call) {
  decltype(call()) result;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

// Writing past a limit on the size of files or into a pipe that nobody reads would end the process.
// Both signals go to the writing thread, so it can hold them back and take away its own.
class QuietWriting {
 public:
  QuietWriting() {
    sigset_t pending;
    sigemptyset(&signals_);
    for (int signal : {SIGPIPE, SIGXFSZ}) sigaddset(&signals_, signal);
    // One that was pending before is not ours to take away.
    sigpending(&pending);
    for (int signal : {SIGPIPE, SIGXFSZ}) {
      if (sigismember(&pending, signal) == 1) sigdelset(&signals_, signal);
    }
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  ~QuietWriting() {
    const int error = errno;
    sigset_t pending;
    sigpending(&pending);
    for (int signal : {SIGPIPE, SIGXFSZ}) {
      if (sigismember(&signals_, signal) != 1 || sigismember(&pending, signal) != 1) continue;
      sigset_t one;
      sigemptyset(&one);
      sigaddset(&one, signal);
#ifdef __APPLE__
      int taken = 0;
      sigwait(&one, &taken);
#else
      constexpr timespec at_once{0, 0};
      sigtimedwait(&one, nullptr, &at_once);
#endif
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
  }
  QuietWriting(const QuietWriting&) = delete;
  QuietWriting& operator=(const QuietWriting&) = delete;

 private:
  sigset_t signals_, before_;
};

}  // namespace

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : number_(std::exchange(other.number_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

FileDescriptor FileDescriptor::open(const char* path, int flags, mode_t mode) {
  return FileDescriptor(uninterrupted([&] { return ::open(path, flags | O_CLOEXEC, mode); }));
}

FileDescriptor FileDescriptor::open_at(const FileDescriptor& folder, const std::string& name,
                                       int flags, mode_t mode) {
  return FileDescriptor(uninterrupted(
      [&] { return ::openat(folder.number_, name.c_str(), flags | O_CLOEXEC, mode); }));
}

bool FileDescriptor::write(const void* data, size_t bytes) const {
  QuietWriting quiet;
  const auto* from = static_cast<const std::byte*>(data);
  while (bytes > 0) {
    const ssize_t written = uninterrupted([&] { return ::write(number_, from, bytes); });
    if (written < 0) return false;
    if (written == 0) {
      errno = ENOSPC;
      return false;
    }
    from += written;
    bytes -= static_cast<size_t>(written);
  }
  return true;
}

ssize_t FileDescriptor::read(void* data, size_t bytes) const {
  auto* to = static_cast<std::byte*>(data);
  size_t done = 0;
  while (done < bytes) {
    const ssize_t got = uninterrupted([&] { return ::read(number_, to + done, bytes - done); });
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

bool FileDescriptor::sync() const {
  if (uninterrupted([&] { return ::fsync(number_); }) == 0) return true;
  // Pipes, terminals and some file systems have nothing to flush.
  return errno == EINVAL || errno == ENOTSUP || errno == EROFS;
}

bool FileDescriptor::close() {
  if (number_ < 0) return true;
  // An interrupted close has closed all the same: trying again could close somebody else's file.
  return ::close(std::exchange(number_, -1)) == 0 || errno == EINTR;
}

}  // namespace lazulite::io
