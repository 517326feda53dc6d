#include "lazulite/io/safetensors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/core/observer.h"
#include "lazulite/io/atomic_file.h"
#include "lazulite/io/file_descriptor.h"
#include "lazulite/io/safetensors_header.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/program/evaluate.h"

namespace lazulite::io {
namespace {

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path.c_str()) {
    // The system would open the file whose name ends there.
    if (path_.size() != path.size()) fail(0, "its path holds a zero byte");
    // Without O_NONBLOCK, opening a FIFO would wait for a writer.
    file_ = FileDescriptor::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    if (!file_.valid() || ::fstat(file_.number(), &status) != 0) {
      fail(0, fmt::format("it cannot be opened: {}", std::strerror(errno)));
    }
    if (S_ISDIR(status.st_mode)) fail(0, "it is a folder");
    if (!S_ISREG(status.st_mode)) fail(0, "it is not a regular file");
    size_ = static_cast<uint64_t>(status.st_size);
  }

  SafetensorsFile load() {
    if (size_ < 8)
      fail(0, fmt::format("it has {} bytes, fewer than the header's length takes", size_));
    uint64_t length = 0;
    read(&length, 8, "header's length");
    if (length > size_ - 8) {
      fail(0, fmt::format("its header would have {} bytes, but {} follow", length, size_ - 8));
    }
    if (length > longest_safetensors_header) {
      fail(0, fmt::format("its header has {} bytes; at most {} are read", length,
                          longest_safetensors_header));
    }
    std::string text(length, '\0');
    read(text.data(), length, "header");
    SafetensorsHeader header = parse_safetensors_header(text, size_ - 8 - length, path_);
    SafetensorsFile out{{}, std::move(header.metadata)};
    // The entries cover the data from its start to its end: the file is read in one go.
    for (SafetensorsEntry& e : header.entries) {
      Array array = load(e);
      out.arrays.emplace_back(std::move(e.name), std::move(array));
    }
    return out;
  }

 private:
  [[noreturn]] void fail(uint64_t offset, const std::string& what) const {
    fail_safetensors(path_, offset, what);
  }

  void read(void* target, uint64_t bytes, const std::string& what) {
    const ssize_t got = file_.read(target, bytes);
    if (got < 0 || static_cast<uint64_t>(got) < bytes) {
      fail(position_, fmt::format("its {} cannot be read: {}", what,
                                  got < 0 ? std::strerror(errno) : "the file has become shorter"));
    }
    position_ += bytes;
  }

  Array load(const SafetensorsEntry& e) {
    const size_t bytes = e.end - e.begin;
    BufferPtr owner(new Buffer(bytes));
    auto* target = static_cast<uint8_t*>(owner->writable(host_memory()));
    read(target, bytes, fmt::format("data of '{}'", shown_name(e.name)));
    if (e.dtype == Dtype::bool_) {
      const uint8_t* bad = std::find_if(target, target + bytes, [](uint8_t b) { return b > 1; });
      if (bad != target + bytes) {
        fail(position_ - bytes + static_cast<uint64_t>(bad - target),
             fmt::format("the bool array '{}' holds the byte {}; 0 or 1 was expected",
                         shown_name(e.name), *bad));
      }
    }
    Output output{e.shape, e.dtype, owner, 0, row_major_strides(e.shape)};
    return Array(new Node(Node::State::ready, std::move(output)), 0);
  }

  std::string path_;
  FileDescriptor file_;
  uint64_t size_ = 0;
  uint64_t position_ = 0;
};

}  // namespace

void save_safetensors(const std::string& path, const NamedArrays& arrays,
                      const std::vector<std::pair<std::string, std::string>>& metadata) {
  std::vector<SafetensorsEntry> entries;
  std::vector<Array> packed;
  uint64_t offset = 0;
  for (const auto& [name, array] : arrays) {
    if (!array.valid()) {
      throw Error(
          fmt::format("save_safetensors: '{}' is an empty handle, not an array", shown_name(name)));
    }
    packed.push_back(contiguous(array));
    entries.push_back({name, array.dtype(), array.shape(), offset, offset + array.nbytes()});
    offset += array.nbytes();
  }
  std::string text = make_safetensors_header(entries, metadata);
  // The data begins at a multiple of 8, as the format's own writer has it.
  text.append((8 - text.size() % 8) % 8, ' ');
  uint64_t length = text.size();
  if (length > longest_safetensors_header) {
    throw Error(
        fmt::format("save_safetensors: the header would have {} bytes; the format allows "
                    "{}",
                    length, longest_safetensors_header));
  }
  AskScope ask(Cause::save);
  eval(packed);
  AtomicFile file(path);
  file.write(&length, sizeof(length));
  file.write(text);
  for (const Array& array : packed) {
    visit_dtype(array.dtype(), [&](auto tag) {
      file.write(array.data<typename decltype(tag)::type>(), array.nbytes());
    });
  }
  file.commit();
}

NamedArrays load_safetensors(const std::string& path) { return Reader(path).load().arrays; }

SafetensorsFile read_safetensors(const std::string& path) { return Reader(path).load(); }

}  // namespace lazulite::io
