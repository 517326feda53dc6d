#include "lazulite/io/file_attributes.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#ifdef __linux__
#include <sys/xattr.h>
#endif

namespace lazulite::io {
namespace {

// An access list lies in an extended attribute; a file without one, or a file system that has none,
// is the ordinary case.
void copy_access_list([[maybe_unused]] const std::filesystem::path& path,
                      [[maybe_unused]] const FileDescriptor& file) {
#ifdef __linux__
  constexpr const char* attribute = "system.posix_acl_access";
  std::array<char, 4096> list;
  const ssize_t size = ::getxattr(path.c_str(), attribute, list.data(), list.size());
  if (size > 0) ::fsetxattr(file.number(), attribute, list.data(), static_cast<size_t>(size), 0);
#endif
}

}  // namespace

bool copy_attributes(const std::filesystem::path& path, const struct stat& status,
                     const FileDescriptor& file) {
  mode_t mode = status.st_mode & 07777;
  struct stat own;
  if (::fstat(file.number(), &own) != 0) return false;
  if (own.st_uid != status.st_uid && ::fchown(file.number(), status.st_uid, -1) != 0) {
    mode &= static_cast<mode_t>(~(S_ISUID | S_ISGID));
  }
  if (own.st_gid != status.st_gid && ::fchown(file.number(), -1, status.st_gid) != 0) {
    // The group is another one now: it gets no more than everybody.
    mode &= static_cast<mode_t>(~S_ISGID);
    mode &= static_cast<mode_t>(~S_IRWXG) | ((mode & S_IRWXO) << 3);
  }
  copy_access_list(path, file);
  return ::fchmod(file.number(), mode) == 0;
}

}  // namespace lazulite::io
