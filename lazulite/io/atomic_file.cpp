#include "lazulite/io/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "lazulite/core/errors.h"
#include "lazulite/io/file_attributes.h"
#include "lazulite/io/file_descriptor.h"

namespace lazulite::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw Error(fmt::format("{} cannot be written: {}", path, reason));
}

// The process's own descriptor that a path like /dev/stdout or /proc/self/fd/3 stands for. Opening
// such a path anew would start at the file's beginning, or replace the file under the descriptor.
std::optional<int> own_descriptor(const fs::path& link) {
  std::error_code error;
  const fs::path folder = fs::canonical(link.parent_path(), error);
  const std::string process = fmt::format("/proc/{}/", ::getpid());
  if (error || folder.filename() != "fd" || folder.string().compare(0, process.size(), process)) {
    return std::nullopt;
  }
  return std::atoi(link.filename().c_str());
}

// Where `path` leads: the last name after all symbolic links, which need not exist.
struct Place {
  fs::path path;
  std::optional<int> descriptor;
};

Place follow(const std::string& given) {
  constexpr int most_links = 40;
  Place place{given, std::nullopt};
  for (int links = 0; links <= most_links; ++links) {
    struct stat status;
    if (::lstat(place.path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return place;
    place.descriptor = own_descriptor(place.path.has_parent_path() ? place.path : "." / place.path);
    if (place.descriptor) return place;
    std::error_code error;
    const fs::path next = fs::read_symlink(place.path, error);
    if (error) refuse(given, error.message());
    // An absolute path takes the place of the whole.
    place.path = place.path.parent_path() / next;
  }
  refuse(given, std::strerror(ELOOP));
}

FileDescriptor open_folder(const fs::path& folder) {
  const char* name = folder.empty() ? "." : folder.c_str();
  FileDescriptor opened = FileDescriptor::open(name, O_RDONLY | O_DIRECTORY);
#ifdef O_PATH
  // Files can be made in a folder that may be entered and written, but not listed.
  if (!opened.valid() && errno == EACCES) opened = FileDescriptor::open(name, O_PATH | O_DIRECTORY);
#endif
  return opened;
}

}  // namespace

/// The file that is being written: one that will be renamed, or one that is written through.
class AtomicFile::Target {
 public:
  Target(const std::string& given, bool only_check);
  ~Target() { remove_temporary(); }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  void write(const void* data, size_t bytes) { check(file_.write(data, bytes)); }
  void commit();

 private:
  void create_beside(const fs::path& path, const struct stat* existing);
  void open_through(const fs::path& path, const struct stat& status, bool only_check);
  void remove_temporary();
  // Gives up if a call has failed: nothing can be committed afterwards.
  void check(bool good, const char* what = "");

  std::string given_;
  FileDescriptor folder_;
  std::string name_;
  std::string temporary_;  // empty if the file is written through
  FileDescriptor file_;
};

AtomicFile::Target::Target(const std::string& given, bool only_check) : given_(given) {
  if (given.empty()) throw Error("a file cannot be written: its path is empty");
  if (given.find('\0') != std::string::npos) refuse(given.c_str(), "its path holds a zero byte");
  const Place place = follow(given);
  if (place.descriptor) {
    file_ = FileDescriptor(::fcntl(*place.descriptor, F_DUPFD_CLOEXEC, 0));
    check(file_.valid());
    return;
  }
  struct stat status;
  const bool exists = ::stat(place.path.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) refuse(given, std::strerror(errno));
  if ((exists && S_ISDIR(status.st_mode)) || !place.path.has_filename()) {
    refuse(given, "it is a folder, and the name of a file was expected");
  }
  if (exists && !S_ISREG(status.st_mode)) {
    open_through(place.path, status, only_check);
    return;
  }
  if (exists && ::faccessat(AT_FDCWD, place.path.c_str(), W_OK, AT_EACCESS) != 0) {
    refuse(given, std::strerror(errno));
  }
  create_beside(place.path, exists ? &status : nullptr);
}

void AtomicFile::Target::create_beside(const fs::path& path, const struct stat* existing) {
  const fs::path folder = path.parent_path();
  folder_ = open_folder(folder);
  if (!folder_.valid()) {
    refuse(given_, fmt::format("the folder '{}' cannot be opened: {}", folder.string(),
                               std::strerror(errno)));
  }
  name_ = path.filename().string();
  // A name that takes all the room there is leaves none for an ending.
  constexpr size_t longest_start = 200;
  const std::string start = name_.size() <= longest_start ? name_ : ".lazulite";
  static std::atomic<uint64_t> counter{0};
  do {
    temporary_ = fmt::format("{}.{}-{}.partial", start, ::getpid(), ++counter);
    // One that replaces a file gets that file's mode once it is its owner's.
    file_ = FileDescriptor::open_at(folder_, temporary_, O_WRONLY | O_CREAT | O_EXCL,
                                    existing ? 0600 : 0666);
  } while (!file_.valid() && errno == EEXIST);
  if (!file_.valid()) {
    const int error = errno;
    temporary_.clear();
    refuse(given_, fmt::format("no file can be made in the folder '{}': {}",
                               folder.empty() ? "." : folder.string(), std::strerror(error)));
  }
  if (existing) check(copy_attributes(path, *existing, file_), "its mode cannot be kept: ");
}

void AtomicFile::Target::open_through(const fs::path& path, const struct stat& status,
                                      bool only_check) {
  if (S_ISBLK(status.st_mode)) refuse(given_, "it is a block device");
  if (S_ISSOCK(status.st_mode)) refuse(given_, "it is a socket");
  if (only_check) {
    // Opening has effects: the reader of a FIFO would see it end.
    return check(::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0);
  }
  // Without O_NONBLOCK, opening a FIFO that nobody reads would wait for ever.
  file_ = FileDescriptor::open(path.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK);
  if (!file_.valid() && errno == ENXIO && S_ISFIFO(status.st_mode)) {
    refuse(given_, "it is a FIFO that nobody reads");
  }
  check(file_.valid());
  check(::fcntl(file_.number(), F_SETFL, ::fcntl(file_.number(), F_GETFL) & ~O_NONBLOCK) == 0);
}

void AtomicFile::Target::check(bool good, const char* what) {
  if (good) return;
  const int error = errno;
  remove_temporary();
  file_.close();
  refuse(given_, fmt::format("{}{}", what, std::strerror(error)));
}

void AtomicFile::Target::remove_temporary() {
  if (!temporary_.empty()) ::unlinkat(folder_.number(), temporary_.c_str(), 0);
  temporary_.clear();
}

void AtomicFile::Target::commit() {
  check(file_.sync());
  check(file_.close());
  if (temporary_.empty()) return;
  check(::renameat(folder_.number(), temporary_.c_str(), folder_.number(), name_.c_str()) == 0);
  temporary_.clear();
  // The file is there now; only a sudden loss of power could still undo the renaming. A folder
  // that may not be listed cannot be flushed.
  check(folder_.sync() || errno == EBADF);
}

AtomicFile::AtomicFile(const std::string& path)
    : target_(std::make_unique<Target>(path, /*only_check=*/false)) {}
AtomicFile::~AtomicFile() = default;
void AtomicFile::write(const void* data, size_t bytes) { target_->write(data, bytes); }
void AtomicFile::commit() { target_->commit(); }

void check_writable(const std::string& path) {
  AtomicFile::Target checked(path, /*only_check=*/true);
}

}  // namespace lazulite::io
