#include <fmt/format.h>

#include "lazulite/data/sniff.h"
#include "lazulite/data/unpickler.h"

// How NumPy arrays, and in protocol 2 bytes, appear in a pickle: as calls. They are recognised
// here, never made.

namespace lazulite::data {

namespace {

struct AllowedName {
  std::string_view module;
  std::string_view name;
  PickleName meaning;
};

// NumPy 2 has renamed its inner modules.
constexpr AllowedName allowed_names[] = {
    {"numpy.core.multiarray", "_reconstruct", PickleName::reconstruct},
    {"numpy._core.multiarray", "_reconstruct", PickleName::reconstruct},
    {"numpy.core.numeric", "_frombuffer", PickleName::from_buffer},
    {"numpy._core.numeric", "_frombuffer", PickleName::from_buffer},
    {"numpy.core.multiarray", "scalar", PickleName::scalar},
    {"numpy._core.multiarray", "scalar", PickleName::scalar},
    {"numpy", "ndarray", PickleName::ndarray},
    {"numpy", "dtype", PickleName::dtype},
    {"_codecs", "encode", PickleName::encode},
    {"__builtin__", "bytes", PickleName::bytes},
    {"builtins", "bytes", PickleName::bytes},
};

template <class T>
const T* as(PickleRef value) {
  return std::get_if<T>(&value->value);
}

bool is_name(PickleRef value, PickleName name) {
  const PickleName* held = as<PickleName>(value);
  return held && *held == name;
}

}  // namespace

int64_t pickled_integer(const PickleDtype& dtype, std::string_view item) {
  uint64_t bits = 0;
  for (size_t i = 0; i < item.size(); ++i) {
    bits = bits << 8 | static_cast<uint8_t>(item[dtype.big_endian ? i : item.size() - 1 - i]);
  }
  const int unused_bits = 64 - 8 * static_cast<int>(dtype.bytes);
  bits <<= unused_bits;
  return dtype.is_signed ? static_cast<int64_t>(bits) >> unused_bits
                         : static_cast<int64_t>(bits >> unused_bits);
}

void Unpickler::push_name(std::string_view module, std::string_view name) {
  for (const AllowedName& allowed : allowed_names) {
    if (module == allowed.module && name == allowed.name) return push(allowed.meaning);
  }
  fail(fmt::format("the pickle refers to {}.{}, which is not data but code; it was not run.",
                   printable(module), printable(name)));
}

void Unpickler::push_global() {
  const std::string_view module = take_line();
  push_name(module, take_line());
}

void Unpickler::push_stack_global() {
  const auto* name = as<std::string_view>(pop());
  const auto* module = as<std::string_view>(pop());
  if (!name || !module) fail("the name of something outside is not made of strings.");
  push_name(*module, *name);
}

// Calls that announce an array or its dtype, or are one. What _reconstruct and dtype announce is
// filled in by build().
void Unpickler::reduce() {
  PickleRef arguments = pop();
  PickleRef function = pop();
  const PickleTuple* tuple = as<PickleTuple>(arguments);
  if (tuple && tuple->items.empty() && is_name(function, PickleName::bytes)) {
    return push(std::string_view());
  }
  if (tuple && !tuple->items.empty()) {
    PickleRef first = tuple->items[0];
    const std::string_view* text = as<std::string_view>(first);
    if (is_name(function, PickleName::reconstruct) && is_name(first, PickleName::ndarray)) {
      return push(PickleArray());
    }
    if (is_name(function, PickleName::dtype) && text) return push_dtype(*text);
    if (is_name(function, PickleName::encode) && text) return push_encoded(*text);
    if (is_name(function, PickleName::from_buffer)) return push_from_buffer(*tuple);
    const PickleDtype* dtype = as<PickleDtype>(first);
    if (is_name(function, PickleName::scalar) && dtype && tuple->items.size() == 2) {
      const auto* item = as<std::string_view>(tuple->items[1]);
      if (!item || item->size() != static_cast<size_t>(dtype->bytes)) {
        fail("a NumPy number has another size than its dtype.");
      }
      return push(pickled_integer(*dtype, *item));
    }
  }
  fail("the pickle calls something else than the making of a NumPy array; it was not run.");
}

void Unpickler::push_dtype(std::string_view code) {
  std::string_view type = code;
  const bool big_endian = type.starts_with('>');
  if (type.find_first_of("<>|=") == 0) type.remove_prefix(1);
  for (int64_t bytes : {1, 2, 4, 8}) {
    for (bool is_signed : {false, true}) {
      if (type == fmt::format("{}{}", is_signed ? 'i' : 'u', bytes)) {
        return push(PickleDtype{bytes, is_signed, big_endian});
      }
    }
  }
  fail(
      fmt::format("an array of NumPy dtype '{}' was found; only whole numbers ('u1' to 'i8') are "
                  "read.",
                  printable(code)));
}

// Protocol 2 has no bytes: Python 3 spells them as text whose characters are the bytes.
void Unpickler::push_encoded(std::string_view text) {
  decoded_bytes_ += text.size();
  if (decoded_bytes_ > bytes_.size()) fail("the pickle decodes more text than it holds.");
  std::string& bytes = store_.decoded.emplace_back();
  for (size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<uint8_t>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
    } else if ((lead == 0xc2 || lead == 0xc3) && i + 1 < text.size() &&
               (text[i + 1] & 0xc0) == 0x80) {
      bytes += static_cast<char>(lead << 6 | (static_cast<uint8_t>(text[++i]) & 0x3f));
    } else {
      fail("text that stands for bytes holds a character above 255.");
    }
  }
  push(std::string_view(bytes));
}

// (buffer, dtype, shape, order): what protocol 5 writes for a contiguous array.
void Unpickler::push_from_buffer(const PickleTuple& arguments) {
  const auto* order =
      arguments.items.size() == 4 ? as<std::string_view>(arguments.items[3]) : nullptr;
  if (!order || (*order != "C" && *order != "F")) {
    fail("a NumPy array is made from a buffer with other arguments than expected.");
  }
  PickleArray array;
  fill_array(array, arguments.items[2], arguments.items[1], arguments.items[0], *order == "F");
  push(std::move(array));
}

// State of a dtype: version, byte order and what structures need. State of an array: version,
// shape, dtype, column-major, bytes.
void Unpickler::build() {
  PickleRef state = pop();
  const PickleTuple* parts = as<PickleTuple>(state);
  if (!stack_.empty() && as<PickleDtype>(stack_.back())) {
    const auto* order =
        parts && parts->items.size() > 1 ? as<std::string_view>(parts->items[1]) : nullptr;
    if (order) top<PickleDtype>("dtype").big_endian = *order == ">";
    return;
  }
  PickleArray& array = top<PickleArray>("NumPy array");
  if (!parts || parts->items.size() != 5) fail("the state of a NumPy array has not five parts.");
  const bool* column_major = as<bool>(parts->items[3]);
  if (!column_major) fail("the state of a NumPy array has parts of the wrong kind.");
  fill_array(array, parts->items[1], parts->items[2], parts->items[4], *column_major);
}

void Unpickler::fill_array(PickleArray& array, PickleRef shape, PickleRef dtype, PickleRef data,
                           bool column_major) {
  const PickleTuple* sizes = as<PickleTuple>(shape);
  const PickleDtype* type = as<PickleDtype>(dtype);
  const std::string_view* bytes = as<std::string_view>(data);
  if (!sizes || !type || !bytes) fail("the state of a NumPy array has parts of the wrong kind.");
  array = {{}, *type, *bytes, column_major};
  auto expected = static_cast<uint64_t>(type->bytes);
  for (PickleRef item : sizes->items) {
    const int64_t* extent = as<int64_t>(item);
    if (!extent || *extent < 0 || __builtin_mul_overflow(expected, *extent, &expected)) {
      fail("the shape of a NumPy array is not made of sizes.");
    }
    array.shape.push_back(*extent);
  }
  if (expected != bytes->size()) {
    fail(fmt::format("a NumPy array has {} bytes, but its shape asks for {}.", bytes->size(),
                     expected));
  }
}

}  // namespace lazulite::data
