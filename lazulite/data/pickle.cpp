#include "lazulite/data/pickle.h"

#include <fmt/format.h>

#include "lazulite/data/byte_source.h"
#include "lazulite/data/sniff.h"
#include "lazulite/data/unpickler.h"

namespace lazulite::data {

namespace {

template <class T>
const T& get(const Pickle& pickle, const PickleValue& value, const char* kind) {
  const T* held = std::get_if<T>(&value.value);
  if (!held) pickle.fail(value.offset, fmt::format("{} was expected here.", kind));
  return *held;
}

}  // namespace

Pickle::Pickle(std::vector<uint8_t> bytes, std::string where)
    : where_(std::move(where)), bytes_(std::move(bytes)) {
  root_ = Unpickler(bytes_, where_, store_).run();
}

const PickleValue& Pickle::entry(const PickleValue& dict, std::string_view key) const {
  std::string keys;
  for (const auto& [name, value] : get<PickleDict>(*this, dict, "a dict").items) {
    const std::string_view* text = std::get_if<std::string_view>(&name->value);
    if (!text) continue;
    if (*text == key) return *value;
    keys += fmt::format("{}'{}'", keys.empty() ? "" : ", ", printable(*text));
  }
  fail(dict.offset, fmt::format("the dict has no key '{}'; its keys are: {}.", key, keys));
}

const PickleArray& Pickle::byte_array(const PickleValue& value) const {
  const auto& array = get<PickleArray>(*this, value, "a NumPy array of uint8");
  if (array.dtype != PickleDtype()) {
    fail(value.offset, fmt::format("a NumPy array of uint8 was expected here, not one of {}int{}.",
                                   array.dtype.is_signed ? "" : "u", 8 * array.dtype.bytes));
  }
  return array;
}

std::vector<Pickle::Integer> Pickle::integers(const PickleValue& value) const {
  std::vector<Integer> out;
  if (const auto* array = std::get_if<PickleArray>(&value.value)) {
    if (array->shape.size() != 1) fail(value.offset, "an array of one axis was expected here.");
    const auto width = static_cast<size_t>(array->dtype.bytes);
    for (int64_t i = 0; i < array->shape[0]; ++i) {
      const std::string_view item = array->data.substr(static_cast<size_t>(i) * width, width);
      out.push_back({pickled_integer(array->dtype, item), value.offset});
    }
    return out;
  }
  const auto* tuple = std::get_if<PickleTuple>(&value.value);
  const std::vector<PickleRef>& items = tuple ? tuple->items : list(value);
  out.reserve(items.size());
  for (PickleRef item : items) out.push_back({integer(*item), item->offset});
  return out;
}

const std::vector<PickleRef>& Pickle::list(const PickleValue& value) const {
  return get<PickleList>(*this, value, "a list").items;
}

int64_t Pickle::integer(const PickleValue& value) const {
  return get<int64_t>(*this, value, "an integer");
}

std::string_view Pickle::string(const PickleValue& value) const {
  return get<std::string_view>(*this, value, "a string");
}

void Pickle::fail(uint64_t offset, const std::string& message) const {
  fail_at(where_, offset, message);
}

}  // namespace lazulite::data
