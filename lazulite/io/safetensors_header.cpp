#include "lazulite/io/safetensors_header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <unordered_set>

#include "lazulite/core/errors.h"

namespace lazulite::io {
namespace {

using Json = nlohmann::json;

constexpr std::pair<Dtype, const char*> format_names[] = {
    {Dtype::bool_, "BOOL"},  {Dtype::uint8, "U8"},      {Dtype::uint16, "U16"},
    {Dtype::uint32, "U32"},  {Dtype::uint64, "U64"},    {Dtype::int8, "I8"},
    {Dtype::int16, "I16"},   {Dtype::int32, "I32"},     {Dtype::int64, "I64"},
    {Dtype::float16, "F16"}, {Dtype::bfloat16, "BF16"}, {Dtype::float32, "F32"},
    {Dtype::float64, "F64"}, {Dtype::complex64, "C64"}};

constexpr const char* metadata_name = "__metadata__";

// Takes the header apart while it is parsed, so that a hostile one costs no more than its length.
// Other fields than the three of a tensor are passed over, as the format's own reader does.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  HeaderReader(const std::string& path, uint64_t data_bytes)
      : path_(path), data_bytes_(data_bytes) {}

  std::vector<SafetensorsEntry> entries;
  std::vector<std::pair<std::string, std::string>> metadata;

  bool null() override {
    // The format's own reader takes it for no metadata.
    if (depth_ == 1 && in_metadata()) return true;
    return value();
  }
  bool boolean(bool) override { return value(); }
  bool number_integer(int64_t) override { return value(); }
  bool number_float(double, const std::string&) override { return value(); }
  bool binary(Json::binary_t&) override { return value(); }

  bool number_unsigned(uint64_t number) override {
    if (depth_ == 3 && field_ == Field::shape) {
      if (number > INT64_MAX) fail_entry("is absurdly large");
      entry_.shape.push_back(static_cast<int64_t>(number));
      return true;
    }
    if (depth_ == 3 && field_ == Field::offsets) {
      if (offsets_ < 2) (offsets_ == 0 ? entry_.begin : entry_.end) = number;
      ++offsets_;
      return true;
    }
    return value();
  }

  bool string(std::string& text) override {
    if (depth_ == 2 && in_metadata()) {
      metadata.emplace_back(metadata_key_, text);
      return true;
    }
    if (depth_ != 2 || field_ != Field::dtype) return value();
    auto named = std::find_if(std::begin(format_names), std::end(format_names),
                              [&](const auto& f) { return text == f.second; });
    if (named == std::end(format_names)) {
      fail_entry(fmt::format("has the unknown dtype '{}'", shown_name(text)));
    }
    entry_.dtype = named->first;
    return true;
  }

  bool start_object(size_t) override {
    enter();
    if (depth_ == 2) begin_entry();
    if (depth_ > 2) value();
    return true;
  }

  bool key(std::string& text) override {
    if (depth_ == 1) {
      entry_ = {};
      entry_.name = text;
      if (!names_.insert(text).second) fail_entry("occurs twice");
    } else if (depth_ == 2 && in_metadata()) {
      metadata_key_ = text;
    } else if (depth_ == 2) {
      field_ = field_named(text);
      if (field_ != Field::other && std::exchange(seen_[index_of(field_)], true)) {
        fail_entry(fmt::format("has '{}' twice", text));
      }
    }
    return true;
  }

  bool end_object() override {
    if (depth_ == 2 && !in_metadata()) end_entry();
    if (depth_ == 2) in_object_ = false;
    --depth_;
    return true;
  }

  bool start_array(size_t) override {
    enter();
    if (depth_ == 3 && (field_ == Field::shape || field_ == Field::offsets)) return true;
    return value();
  }
  bool end_array() override {
    --depth_;
    return true;
  }

  bool parse_error(size_t position, const std::string&, const Json::exception& error) override {
    // The library's message begins with its own name in brackets.
    std::string reason = error.what();
    reason.erase(0, std::min(reason.find("] ") + 2, reason.size()));
    fail_safetensors(path_, 8 + position - std::min<size_t>(position, 1),
                     "its header is not a JSON object: " + reason);
  }

  [[noreturn]] void fail_header(const std::string& what) const {
    fail_safetensors(path_, 8, "its header is not a JSON object: " + what);
  }

 private:
  enum class Field { dtype, shape, offsets, other };
  static constexpr const char* field_names[] = {"dtype", "shape", "data_offsets"};
  static size_t index_of(Field field) { return static_cast<size_t>(field); }

  static Field field_named(std::string_view text) {
    auto found = std::find(std::begin(field_names), std::end(field_names), text);
    return static_cast<Field>(found - std::begin(field_names));
  }

  bool in_metadata() const { return entry_.name == metadata_name; }

  void enter() {
    constexpr int deepest = 128;
    if (++depth_ > deepest) fail_header(fmt::format("it is nested {} deep", depth_));
  }

  // Anything at a place where nothing of its kind belongs; inside of other fields all is allowed.
  bool value() {
    const int at = depth_;
    if (names_.empty()) fail_header("it holds something else");
    if (in_metadata()) fail_entry("is metadata, whose values must be strings");
    if (in_object_ && field_ == Field::other && at >= 2) return true;
    if (!in_object_) fail_entry("is not an object");
    if (field_ == Field::dtype) fail_entry("has an unknown dtype, which is not a string");
    fail_entry(fmt::format("has a malformed {}: {} was expected", field_names[index_of(field_)],
                           field_ == Field::shape ? "a list of sizes" : "a list of two numbers"));
  }

  void begin_entry() {
    in_object_ = true;
    seen_[0] = seen_[1] = seen_[2] = false;
    offsets_ = 0;
    field_ = Field::other;
  }

  void end_entry() {
    for (Field field : {Field::dtype, Field::shape, Field::offsets}) {
      if (!seen_[index_of(field)]) {
        fail_entry(fmt::format("has no '{}'", field_names[index_of(field)]));
      }
    }
    if (offsets_ != 2) {
      fail_entry(fmt::format("has malformed data_offsets: {} numbers, not two", offsets_));
    }
    // Sizes beside a 0 count too: strides are made of them.
    int64_t bytes = static_cast<int64_t>(size_of(entry_.dtype));
    bool empty = false;
    for (int64_t size : entry_.shape) {
      empty = empty || size == 0;
      if (size != 0 && __builtin_mul_overflow(bytes, size, &bytes)) {
        fail_entry("is absurdly large");
      }
    }
    const uint64_t expected = empty ? 0 : static_cast<uint64_t>(bytes);
    if (entry_.end < entry_.begin || entry_.end > data_bytes_ ||
        entry_.end - entry_.begin != expected) {
      fail_entry(fmt::format("of {} bytes claims the data from {} to {} of {}", expected,
                             entry_.begin, entry_.end, data_bytes_));
    }
    entries.push_back(std::move(entry_));
    entry_ = {};
  }

  [[noreturn]] void fail_entry(const std::string& what) const {
    fail_safetensors(path_, 8, fmt::format("entry '{}' {}", shown_name(entry_.name), what));
  }

  const std::string& path_;
  uint64_t data_bytes_;
  int depth_ = 0;
  std::unordered_set<std::string> names_;
  SafetensorsEntry entry_;
  std::string metadata_key_;
  Field field_ = Field::other;
  bool seen_[3] = {};
  bool in_object_ = false;  // of an entry
  int offsets_ = 0;
};

std::string quoted(const std::string& text, const char* what) {
  try {
    return Json(text).dump();
  } catch (const Json::exception&) {
    throw Error(fmt::format("save_safetensors: the {} '{}' is not UTF-8", what, shown_name(text)));
  }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, uint64_t data_bytes,
                                           const std::string& path) {
  HeaderReader reader(path, data_bytes);
  // The parser would pass over a byte order mark, and take a zero byte for the end.
  if (!text.empty() && text.front() == '\xef') reader.fail_header("it begins with a mark");
  if (text.find('\0') != std::string_view::npos) reader.fail_header("it holds a zero byte");
  Json::sax_parse(text.begin(), text.end(), &reader);
  std::vector<SafetensorsEntry>& entries = reader.entries;
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  uint64_t end = 0;
  for (const SafetensorsEntry& e : entries) {
    if (e.begin != end) {
      fail_safetensors(path, 8,
                       fmt::format("entry '{}' claims the data from {} to {}, but what lies before "
                                   "it ends at {}: there may be no gaps and no overlaps",
                                   shown_name(e.name), e.begin, e.end, end));
    }
    end = e.end;
  }
  if (end != data_bytes) {
    fail_safetensors(path, 8 + text.size() + end,
                     fmt::format("{} bytes follow that belong to no entry", data_bytes - end));
  }
  return {std::move(entries), std::move(reader.metadata)};
}

std::string make_safetensors_header(
    const std::vector<SafetensorsEntry>& entries,
    const std::vector<std::pair<std::string, std::string>>& metadata) {
  std::string text = "{";
  std::unordered_set<std::string> names;
  for (const auto& [key, value] : metadata) {
    if (!names.insert(key).second) {
      throw Error(
          fmt::format("save_safetensors: the metadata has the key '{}' twice", shown_name(key)));
    }
    text += fmt::format("{}{}:{}", names.size() == 1 ? "\"__metadata__\":{" : ",",
                        quoted(key, "metadata's key"), quoted(value, "metadata's value"));
  }
  if (!metadata.empty()) text += "}";
  names.clear();
  for (const SafetensorsEntry& e : entries) {
    if (e.name == metadata_name) {
      throw Error(
          fmt::format("save_safetensors: an array cannot have the name '{}', which the "
                      "format keeps for itself",
                      metadata_name));
    }
    if (!names.insert(e.name).second) {
      throw Error(
          fmt::format("save_safetensors: two arrays have the name '{}'", shown_name(e.name)));
    }
    auto named = std::find_if(std::begin(format_names), std::end(format_names),
                              [&](const auto& f) { return f.first == e.dtype; });
    text += fmt::format("{}{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                        text.size() == 1 ? "" : ",", quoted(e.name, "name"), named->second,
                        fmt::join(e.shape.begin(), e.shape.end(), ","), e.begin, e.end);
  }
  return text + "}";
}

void fail_safetensors(const std::string& path, uint64_t offset, const std::string& what) {
  throw Error(
      fmt::format("{} is not a readable safetensors file: at byte {}: {}", path, offset, what));
}

std::string shown_name(std::string_view name) {
  constexpr size_t longest = 80;
  std::string text(name.substr(0, longest));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
  return name.size() > longest ? text + "..." : text;
}

}  // namespace lazulite::io
