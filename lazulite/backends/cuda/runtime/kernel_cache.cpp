#include "lazulite/backends/cuda/runtime/kernel_cache.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <vector>

#include "lazulite/core/environment.h"
#include "lazulite/core/errors.h"

namespace lazulite::cuda {
namespace {

namespace fs = std::filesystem;

constexpr char magic[8] = {'L', 'Z', 'K', 'E', 'R', 'N', '0', '1'};
constexpr size_t default_bytes = size_t{256} << 20;
constexpr unsigned between_cleanings = 32;

// FNV-1a; `seed` gives a second, independent number.
uint64_t hash(std::string_view bytes, uint64_t seed) {
  uint64_t value = 0xcbf29ce484222325u ^ seed;
  for (char byte : bytes) value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  return value;
}

struct Header {
  char magic[8];
  uint64_t key_bytes, code_bytes, checksum;
};

Header header_of(std::string_view key, std::string_view code) {
  Header header{{}, key.size(), code.size(), hash(key, 0) ^ hash(code, 1)};
  std::memcpy(header.magic, magic, sizeof(magic));
  return header;
}

}  // namespace

fs::path KernelCache::file_of(std::string_view key) const {
  return folder_ / fmt::format("{:016x}{:016x}.kernel", hash(key, 2), hash(key, 3));
}

std::optional<std::string> KernelCache::find(std::string_view key) const {
  if (folder_.empty()) return std::nullopt;
  const fs::path path = file_of(key);
  std::ifstream file(path, std::ios::binary);
  Header header;
  if (!file.read(reinterpret_cast<char*>(&header), sizeof(header))) return std::nullopt;
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (error || header.key_bytes != key.size() ||
      size != sizeof(header) + header.key_bytes + header.code_bytes) {
    return std::nullopt;
  }
  std::string found_key(header.key_bytes, '\0'), code(header.code_bytes, '\0');
  file.read(found_key.data(), static_cast<std::streamsize>(found_key.size()));
  if (!file.read(code.data(), static_cast<std::streamsize>(code.size()))) return std::nullopt;
  const Header expected = header_of(key, code);
  if (found_key != key || std::memcmp(&header, &expected, sizeof(header)) != 0) return std::nullopt;
  fs::last_write_time(path, fs::file_time_type::clock::now(), error);  // used last
  return code;
}

void KernelCache::add(std::string_view key, std::string_view code) {
  if (folder_.empty()) return;
  std::error_code error;
  fs::create_directories(folder_, error);
  static std::atomic<unsigned> added{0};
  const unsigned number = added++;
  // Looking through the folder takes longer than writing a file.
  if (number % between_cleanings == 0) make_room(sizeof(Header) + key.size() + code.size());
  const fs::path path = file_of(key);
  fs::path beside = path;
  beside += fmt::format(".{}.{}", getpid(), number);
  {
    std::ofstream file(beside, std::ios::binary);
    const Header header = header_of(key, code);
    file.write(reinterpret_cast<const char*>(&header), sizeof(header));
    file.write(key.data(), static_cast<std::streamsize>(key.size()));
    file.write(code.data(), static_cast<std::streamsize>(code.size()));
    file.close();
    if (file.fail()) {
      fs::remove(beside, error);
      return;
    }
  }
  fs::rename(beside, path, error);
  if (error) fs::remove(beside, error);
}

// Removes what was used longest ago until `bytes` more fit.
void KernelCache::make_room(size_t bytes) const {
  struct File {
    fs::file_time_type used;
    uintmax_t bytes;
    fs::path path;
  };
  std::vector<File> files;
  uintmax_t total = bytes;
  std::error_code error;
  for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    File file{it->last_write_time(gone), 0, it->path()};
    if (!gone) file.bytes = it->file_size(gone);
    if (gone) continue;
    total += file.bytes;
    files.push_back(std::move(file));
  }
  if (total <= most_bytes_) return;
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.used < b.used; });
  // A quarter more, so that not every addition has to.
  for (const File& file : files) {
    if (total <= most_bytes_ - most_bytes_ / 4) break;
    if (fs::remove(file.path, error)) total -= file.bytes;
  }
}

KernelCache& kernel_cache() {
  static auto* cache = [] {
    auto variable = [](const char* name) {
      const char* value = environment_text(name);
      return fs::path(value ? value : "");
    };
    fs::path folder = variable("LAZULITE_CACHE");
    std::error_code unreadable;
    if (fs::exists(folder, unreadable) && !fs::is_directory(folder, unreadable)) {
      throw ValueError(
          fmt::format("LAZULITE_CACHE is \"{}\" in the environment, which is no folder; expected "
                      "one, or the name of one to be made",
                      folder.string()));
    }
    if (folder.empty() && !variable("XDG_CACHE_HOME").empty()) {
      folder = variable("XDG_CACHE_HOME") / "lazulite";
    }
    if (folder.empty() && !variable("HOME").empty()) {
      folder = variable("HOME") / ".cache" / "lazulite";
    }
    if (!folder.empty()) folder /= "cuda";
    return new KernelCache(folder, default_bytes);
  }();
  return *cache;
}

}  // namespace lazulite::cuda
