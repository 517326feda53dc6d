#include "lazulite/io/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/io/atomic_file.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/program/evaluate.h"

namespace lazulite::io {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::pair<Dtype, const char*> format_names[] = {
    {Dtype::bool_, "BOOL"},  {Dtype::uint8, "U8"},      {Dtype::uint16, "U16"},
    {Dtype::uint32, "U32"},  {Dtype::uint64, "U64"},    {Dtype::int8, "I8"},
    {Dtype::int16, "I16"},   {Dtype::int32, "I32"},     {Dtype::int64, "I64"},
    {Dtype::float16, "F16"}, {Dtype::bfloat16, "BF16"}, {Dtype::float32, "F32"},
    {Dtype::float64, "F64"}, {Dtype::complex64, "C64"}};

const char* format_name(Dtype dtype) {
  auto found = std::find_if(std::begin(format_names), std::end(format_names),
                            [&](const auto& entry) { return entry.first == dtype; });
  return found->second;
}

struct Entry {
  std::string name;
  Dtype dtype;
  Shape shape;
  uint64_t begin, end;  // bytes, from the end of the header
};

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path), stream_(path, std::ios::binary) {
    if (!stream_) fail(0, "it cannot be opened");
    stream_.seekg(0, std::ios::end);
    size_ = static_cast<uint64_t>(stream_.tellg());
    stream_.seekg(0);
  }

  NamedArrays load() {
    if (size_ < 8)
      fail(0, fmt::format("it has {} bytes, fewer than the header's length takes", size_));
    uint64_t length = 0;
    stream_.read(reinterpret_cast<char*>(&length), 8);
    if (length > size_ - 8) {
      fail(0, fmt::format("its header would have {} bytes, but {} follow", length, size_ - 8));
    }
    std::string text(length, '\0');
    stream_.read(text.data(), static_cast<std::streamsize>(length));
    Json header = Json::parse(text, nullptr, false);
    if (!header.is_object()) fail(8, "its header is not a JSON object");
    data_ = 8 + length;
    std::vector<Entry> entries;
    for (const auto& [name, description] : header.items()) {
      if (name != "__metadata__") entries.push_back(entry(name, description));
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Entry& a, const Entry& b) { return a.begin < b.begin; });
    NamedArrays out;
    for (const Entry& e : entries) out.emplace_back(e.name, read(e));
    return out;
  }

 private:
  [[noreturn]] void fail(uint64_t offset, const std::string& what) const {
    throw Error(
        fmt::format("{} is not a readable safetensors file: at byte {}: {}", path_, offset, what));
  }

  Entry entry(const std::string& name, const Json& description) const {
    auto bad = [&](const std::string& what) { fail(8, fmt::format("entry '{}' {}", name, what)); };
    if (!description.is_object()) bad("is not an object");
    auto field = [&](const char* key) {
      auto found = description.find(key);
      if (found == description.end()) bad(fmt::format("has no '{}'", key));
      return *found;
    };
    Json dtype = field("dtype"), shape = field("shape"), offsets = field("data_offsets");
    auto named = std::find_if(std::begin(format_names), std::end(format_names),
                              [&](const auto& f) { return dtype == f.second; });
    if (named == std::end(format_names)) bad("has the unknown dtype " + dtype.dump());
    auto natural = [](const Json& j) { return j.is_number_unsigned(); };
    if (!shape.is_array() || !std::all_of(shape.begin(), shape.end(), natural)) {
      bad("has the malformed shape " + shape.dump());
    }
    if (!offsets.is_array() || offsets.size() != 2 ||
        !std::all_of(offsets.begin(), offsets.end(), natural)) {
      bad("has the malformed data_offsets " + offsets.dump());
    }
    Entry out{name, named->first, {}, offsets[0], offsets[1]};
    uint64_t bytes = size_of(out.dtype);
    for (const Json& size : shape) {
      // An empty shape may hold a size that no signed number does.
      if (size.get<uint64_t>() > INT64_MAX ||
          __builtin_mul_overflow(bytes, size.get<uint64_t>(), &bytes)) {
        bad("is absurdly large");
      }
      out.shape.push_back(size.get<int64_t>());
    }
    if (out.end < out.begin || out.end > size_ - data_ || out.end - out.begin != bytes) {
      bad(fmt::format("of {} bytes claims the data from {} to {} of {}", bytes, out.begin, out.end,
                      size_ - data_));
    }
    return out;
  }

  Array read(const Entry& e) {
    size_t bytes = e.end - e.begin;
    BufferPtr owner(new Buffer(bytes));
    stream_.seekg(static_cast<std::streamoff>(data_ + e.begin));
    void* target = owner->writable(host_memory());
    if (!stream_.read(static_cast<char*>(target), static_cast<std::streamsize>(bytes))) {
      fail(data_ + e.begin, fmt::format("the data of '{}' cannot be read", e.name));
    }
    Output output{e.shape, e.dtype, owner, 0, row_major_strides(e.shape)};
    return Array(new Node(Node::State::ready, std::move(output)), 0);
  }

  std::string path_;
  std::ifstream stream_;
  uint64_t size_ = 0;
  uint64_t data_ = 0;
};

}  // namespace

void save_safetensors(const std::string& path, const NamedArrays& arrays,
                      const std::vector<std::pair<std::string, std::string>>& metadata) {
  Json header = Json::object();
  for (const auto& [key, value] : metadata) header["__metadata__"][key] = value;
  std::vector<Array> packed;
  uint64_t offset = 0;
  for (const auto& [name, array] : arrays) {
    packed.push_back(contiguous(array));
    Json shape = Json::array();
    for (int64_t size : array.shape()) shape.push_back(static_cast<uint64_t>(size));
    header[name] = {{"dtype", format_name(array.dtype())},
                    {"shape", shape},
                    {"data_offsets", {offset, offset + array.nbytes()}}};
    offset += array.nbytes();
  }
  eval(packed);
  std::string text = header.dump();
  // The data begins at a multiple of 8, as the format's own writer has it.
  text.append((8 - text.size() % 8) % 8, ' ');
  uint64_t length = text.size();
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

NamedArrays load_safetensors(const std::string& path) { return Reader(path).load(); }

}  // namespace lazulite::io
