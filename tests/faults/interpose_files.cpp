#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>

#include "faults.h"

#define LAZULITE_INTERPOSED __attribute__((section("lazulite_faults_text"), noinline))

using lazulite::faults::Call;
using lazulite::faults::hit;
using lazulite::faults::Way;

namespace {

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// Sets errno as for the way in which the call fails.
int failed(Way way, int reason) {
  errno = way == Way::interrupt ? EINTR : reason;
  return -1;
}

size_t half(size_t bytes) { return std::max<size_t>(bytes / 2, std::min<size_t>(bytes, 1)); }

}  // namespace

extern "C" {

LAZULITE_INTERPOSED int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = flags & O_CREAT ? static_cast<mode_t>(va_arg(more, int)) : 0;
  va_end(more);
  static auto* real = next<int(const char*, int, ...)>("open");
  if (Way way; hit(Call::open, &way)) return failed(way, EMFILE);
  return real(path, flags, mode);
}

LAZULITE_INTERPOSED int openat(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = flags & O_CREAT ? static_cast<mode_t>(va_arg(more, int)) : 0;
  va_end(more);
  static auto* real = next<int(int, const char*, int, ...)>("openat");
  if (Way way; hit(Call::open, &way)) return failed(way, EMFILE);
  return real(folder, path, flags, mode);
}

LAZULITE_INTERPOSED ssize_t read(int file, void* data, size_t bytes) {
  static auto* real = next<ssize_t(int, void*, size_t)>("read");
  if (Way way; hit(Call::read, &way)) {
    if (way != Way::shorten) return failed(way, EIO);
    bytes = half(bytes);
  }
  return real(file, data, bytes);
}

LAZULITE_INTERPOSED ssize_t write(int file, const void* data, size_t bytes) {
  static auto* real = next<ssize_t(int, const void*, size_t)>("write");
  if (Way way; hit(Call::write, &way)) {
    if (way != Way::shorten) return failed(way, ENOSPC);
    bytes = half(bytes);
  }
  return real(file, data, bytes);
}

LAZULITE_INTERPOSED int fsync(int file) {
  static auto* real = next<int(int)>("fsync");
  if (Way way; hit(Call::sync, &way)) return failed(way, EIO);
  return real(file);
}

LAZULITE_INTERPOSED int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  static auto* real = next<int(int, const char*, int, const char*)>("renameat");
  if (Way way; hit(Call::rename, &way)) return failed(way, EIO);
  return real(from_folder, from, to_folder, to);
}

// Whatever it reports, the descriptor is closed, as with the system's.
LAZULITE_INTERPOSED int close(int file) {
  static auto* real = next<int(int)>("close");
  const int result = real(file);
  if (Way way; hit(Call::close, &way)) return failed(way, EIO);
  return result;
}
}
