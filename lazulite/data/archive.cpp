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

/// libarchive's tar reader over a ByteSource. Its own gzip filter is left out, because ByteSource
/// verifies the checksum.
class TarReader {
 public:
  explicit TarReader(const std::filesystem::path& path)
      : source_(path), chunk_(chunk_bytes), archive_(archive_read_new(), archive_read_free) {
    archive_read_support_filter_none(archive_.get());
    archive_read_support_format_tar(archive_.get());
    check(archive_read_open(archive_.get(), this, nullptr, read_chunk, nullptr));
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
      if (got < 0) check(static_cast<int>(got));
      bytes.resize(start + static_cast<size_t>(got));
      if (bytes.size() > limit) {
        source_.fail(source_.offset(),
                     fmt::format("member '{}' is longer than the limit of {} bytes.",
                                 printable(name), limit));
      }
      if (got == 0) return bytes;
    }
  }

  ByteSource& source() { return source_; }

 private:
  // An exception must not pass through libarchive's C frames: it is kept and thrown by check().
  static la_ssize_t read_chunk(archive* handle, void* self, const void** buffer) {
    auto* reader = static_cast<TarReader*>(self);
    try {
      *buffer = reader->chunk_.data();
      return static_cast<la_ssize_t>(reader->source_.read(reader->chunk_));
    } catch (...) {
      reader->failure_ = std::current_exception();
      archive_set_error(handle, EIO, "reading failed");
      return -1;
    }
  }

  void check(int code) {
    if (failure_) std::rethrow_exception(failure_);
    if (code >= ARCHIVE_WARN) return;
    const char* reason = archive_error_string(archive_.get());
    source_.fail(source_.offset(), fmt::format("not a readable tar archive ({}); it looks like {}.",
                                               reason ? reason : "unknown reason", first_look()));
  }

  std::string first_look() const {
    std::vector<uint8_t> head(512);
    head.resize(ByteSource(source_.path()).read(head));
    return looks_like(head);
  }

  ByteSource source_;
  std::vector<uint8_t> chunk_;
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
  TarReader reader(path);
  ArchiveContent content;
  while (archive_entry* entry = reader.next()) {
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    const std::string name = name_of(entry);
    if (content.names.size() < max_listed_names) content.names.push_back(name);
    const std::string base = std::filesystem::path(name).filename().string();
    if (std::find(wanted.begin(), wanted.end(), base) == wanted.end()) continue;
    if (!content.files.emplace(base, reader.content(name, member_limit)).second) {
      reader.source().fail(reader.source().offset(),
                           fmt::format("the archive holds '{}' twice.", base));
    }
  }
  // What follows the archive's end is only padding, but the checksum comes after it.
  reader.source().drain();
  return content;
}

}  // namespace lazulite::data
