#include "lazulite/data/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <memory>

#include "lazulite/data/byte_source.h"
#include "lazulite/data/sniff.h"

namespace lazulite::data {

namespace {

constexpr size_t max_listed_names = 1000;
constexpr size_t chunk_bytes = 1 << 16;

/// libarchive's reader of tar, over a ByteSource, and of zip. The gzip filter of tar is
/// ByteSource's, because that verifies the checksum; zip's own is verified by libarchive.
class ArchiveReader {
 public:
  explicit ArchiveReader(const std::filesystem::path& path)
      : source_(path), chunk_(chunk_bytes), archive_(archive_read_new(), archive_read_free) {
    if (!archive_) source_.fail(0, "libarchive has no memory for reading it.");
    check(archive_read_support_filter_none(archive_.get()));
    is_zip_ = first_bytes().starts_with("PK");
    if (is_zip_) {
      // By its name: the list of a zip's members is at its end.
      check(archive_read_support_format_zip(archive_.get()));
      check(archive_read_open_filename(archive_.get(), path.c_str(), chunk_bytes));
    } else {
      check(archive_read_support_format_tar(archive_.get()));
      check(archive_read_open(archive_.get(), this, nullptr, read_chunk, nullptr));
    }
  }

  /// The next member, or null at the end.
  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(archive_.get(), &entry);
    if (code == ARCHIVE_EOF) return nullptr;
    check(code);
    return entry;
  }

  /// The content of the current member.
  std::vector<uint8_t> content(const std::string& name, uint64_t limit) {
    std::vector<uint8_t> bytes;
    for (;;) {
      const size_t start = bytes.size();
      bytes.resize(start + chunk_bytes);
      const la_ssize_t got = archive_read_data(archive_.get(), bytes.data() + start, chunk_bytes);
      if (got < 0) check(static_cast<int>(got), ARCHIVE_OK);
      bytes.resize(start + static_cast<size_t>(got));
      if (bytes.size() > limit) {
        fail(fmt::format("member '{}' is longer than the limit of {} bytes.", printable(name),
                         limit));
      }
      if (got == 0) return bytes;
    }
  }

  /// Reads to the end. What follows a tar archive's is only padding, but the checksum of its
  /// compression comes after it.
  void finish() {
    if (!is_zip_) source_.drain();
  }

  [[noreturn]] void fail(const std::string& message) const {
    if (is_zip_) {
      const auto offset = static_cast<uint64_t>(archive_filter_bytes(archive_.get(), 0));
      fail_at(source_.path().string(), offset, message);
    }
    source_.fail(source_.offset(), message);
  }

 private:
  // An exception must not pass through libarchive's C frames: it is kept and thrown by check().
  static la_ssize_t read_chunk(archive* handle, void* self, const void** buffer) {
    auto* reader = static_cast<ArchiveReader*>(self);
    try {
      *buffer = reader->chunk_.data();
      return static_cast<la_ssize_t>(reader->source_.read(reader->chunk_));
    } catch (...) {
      reader->failure_ = std::current_exception();
      archive_set_error(handle, EIO, "reading failed");
      return -1;
    }
  }

  void check(int code, int least = ARCHIVE_WARN) {
    if (failure_) std::rethrow_exception(failure_);
    if (code >= least) return;
    const char* reason = archive_error_string(archive_.get());
    const std::string first = first_bytes();
    fail(fmt::format("not a readable tar or zip archive ({}); it looks like {}.",
                     reason ? reason : "unknown reason",
                     looks_like({reinterpret_cast<const uint8_t*>(first.data()), first.size()})));
  }

  std::string first_bytes() const {
    std::vector<uint8_t> head(512);
    head.resize(ByteSource(source_.path()).read(head));
    return {head.begin(), head.end()};
  }

  ByteSource source_;
  std::vector<uint8_t> chunk_;
  bool is_zip_ = false;
  std::exception_ptr failure_;
  std::unique_ptr<archive, decltype(&archive_read_free)> archive_;
};

std::string name_of(archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  if (!name) name = archive_entry_pathname_utf8(entry);
  return name ? name : "";
}

}  // namespace

ArchiveContent read_archive(const std::filesystem::path& path,
                            const std::vector<std::string>& wanted, uint64_t member_limit) {
  ArchiveReader reader(path);
  ArchiveContent content;
  while (archive_entry* entry = reader.next()) {
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    const std::string name = name_of(entry);
    if (content.names.size() < max_listed_names) content.names.push_back(name);
    const std::string base = std::filesystem::path(name).filename().string();
    if (std::find(wanted.begin(), wanted.end(), base) == wanted.end()) continue;
    if (!content.files.emplace(base, reader.content(name, member_limit)).second) {
      reader.fail(fmt::format("the archive holds '{}' twice.", base));
    }
  }
  reader.finish();
  return content;
}

}  // namespace lazulite::data
