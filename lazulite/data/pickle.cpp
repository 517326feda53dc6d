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
  root_ = Unpickler(bytes_, where_, objects_).run();
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

const PickleArray& Pickle::array(const PickleValue& value) const {
  return get<PickleArray>(*this, value, "a NumPy array of uint8");
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
