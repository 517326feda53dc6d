#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lazulite/data/pickle.h"

namespace lazulite::data {

/// The number that `item`, of the dtype's size, spells.
int64_t pickled_integer(const PickleDtype& dtype, std::string_view item);

/// The stack machine behind Pickle: runs the data opcodes of one pickle.
class Unpickler {
 public:
  Unpickler(std::span<const uint8_t> bytes, std::string where, PickleStore& store)
      : bytes_(bytes), where_(std::move(where)), store_(store) {}

  /// Returns the object that the pickle describes.
  PickleRef run();

 private:
  using Items = std::vector<PickleValue*>;

  void step(uint8_t opcode);
  void push_number(uint8_t opcode);
  void change_stack(uint8_t opcode);
  void use_memo(uint8_t opcode);
  void memoize(uint64_t index);
  void check_frame();
  void push_name(std::string_view module, std::string_view name);
  void push_global();
  void push_stack_global();
  void reduce();
  void build();
  /// What reduce() finds a call to stand for.
  void push_dtype(std::string_view code);
  void push_encoded(std::string_view text);
  void push_from_buffer(const PickleTuple& arguments);
  /// Gives `array` its shape and elements.
  void fill_array(PickleArray& array, PickleRef shape, PickleRef dtype, PickleRef data,
                  bool column_major);

  std::string_view take(uint64_t count);
  std::string_view take_line();
  uint64_t take_unsigned(int bytes);
  int64_t take_long(int length_bytes);
  double take_double();

  template <class T>
  void push(T value) {
    stack_.push_back(make(std::move(value)));
  }
  PickleValue* make(decltype(PickleValue::value) value);
  PickleValue* pop();
  Items pop_to_mark();
  void push_tuple(size_t count);
  /// The object on top of the stack, which must be of type T.
  template <class T>
  T& top(const char* kind) {
    T* held = stack_.empty() ? nullptr : std::get_if<T>(&stack_.back()->value);
    if (!held) fail(std::string("a ") + kind + " was expected on the stack.");
    return *held;
  }
  void append(const Items& items);
  void set_items(const Items& items);
  [[noreturn]] void fail(const std::string& message) const;

  std::span<const uint8_t> bytes_;
  std::string where_;
  PickleStore& store_;
  uint64_t decoded_bytes_ = 0;
  Items stack_;
  std::vector<size_t> marks_;
  // Sparse indices are legal, but the files in question number their objects from 0 or 1 upwards.
  Items memo_;
  uint64_t memo_count_ = 0;
  uint64_t position_ = 0;
  uint64_t opcode_position_ = 0;
};

}  // namespace lazulite::data
