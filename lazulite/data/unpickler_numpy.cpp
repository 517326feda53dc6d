#include <fmt/format.h>

#include "lazulite/data/sniff.h"
#include "lazulite/data/unpickler.h"

// How NumPy arrays appear in a pickle: as calls. They are recognised here, never made.

namespace lazulite::data {

namespace {

struct AllowedName {
  std::string_view module;
  std::string_view name;
  PickleName meaning;
};

constexpr AllowedName allowed_names[] = {
    {"numpy.core.multiarray", "_reconstruct", PickleName::reconstruct},
    {"numpy._core.multiarray", "_reconstruct", PickleName::reconstruct},
    {"numpy", "ndarray", PickleName::ndarray},
    {"numpy", "dtype", PickleName::dtype},
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

void Unpickler::push_global() {
  const std::string_view module = take_line();
  const std::string_view name = take_line();
  for (const AllowedName& allowed : allowed_names) {
    if (module == allowed.module && name == allowed.name) return push(allowed.meaning);
  }
  fail(fmt::format("the pickle refers to {}.{}, which is not data but code; it was not run.",
                   printable(module), printable(name)));
}

// Calls that only announce an array or its dtype; what they announce is filled in by build().
void Unpickler::reduce() {
  PickleRef arguments = pop();
  PickleRef function = pop();
  const PickleTuple* tuple = as<PickleTuple>(arguments);
  if (tuple && !tuple->items.empty()) {
    PickleRef first = tuple->items[0];
    if (is_name(function, PickleName::reconstruct) && is_name(first, PickleName::ndarray)) {
      return push(PickleArray());
    }
    const std::string_view* code = as<std::string_view>(first);
    if (is_name(function, PickleName::dtype) && code) {
      if (*code != "u1" && *code != "|u1") {
        fail(fmt::format("an array of NumPy dtype '{}' was found; only uint8 ('u1') is read.",
                         printable(*code)));
      }
      return push(PickleName::uint8_dtype);
    }
  }
  fail("the pickle calls something else than the making of a NumPy array; it was not run.");
}

// State of a dtype: of no concern for single bytes. State of an array: version, shape, dtype,
// column-major, bytes.
void Unpickler::build() {
  PickleRef state = pop();
  if (!stack_.empty() && is_name(stack_.back(), PickleName::uint8_dtype)) return;
  PickleArray& array = top<PickleArray>("NumPy array");
  const PickleTuple* parts = as<PickleTuple>(state);
  if (!parts || parts->items.size() != 5) fail("the state of a NumPy array has not five parts.");
  const PickleTuple* shape = as<PickleTuple>(parts->items[1]);
  const bool* column_major = as<bool>(parts->items[3]);
  const std::string_view* data = as<std::string_view>(parts->items[4]);
  if (!shape || !is_name(parts->items[2], PickleName::uint8_dtype) || !column_major || !data) {
    fail("the state of a NumPy array has parts of the wrong kind.");
  }
  array = {{}, *data, *column_major};
  uint64_t expected = 1;
  for (PickleRef item : shape->items) {
    const int64_t* extent = as<int64_t>(item);
    if (!extent || *extent < 0 || __builtin_mul_overflow(expected, *extent, &expected)) {
      fail("the shape of a NumPy array is not made of sizes.");
    }
    array.shape.push_back(*extent);
  }
  if (expected != data->size()) {
    fail(fmt::format("a NumPy array has {} bytes, but its shape asks for {}.", data->size(),
                     expected));
  }
}

}  // namespace lazulite::data
