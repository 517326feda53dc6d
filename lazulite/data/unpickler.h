#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lazulite/data/pickle.h"

namespace lazulite::data {

/// The stack machine behind Pickle: runs the data opcodes of one pickle.
class Unpickler {
 public:
  Unpickler(std::span<const uint8_t> bytes, std::string where, std::deque<PickleValue>& objects)
      : bytes_(bytes), where_(std::move(where)), objects_(objects) {}

  /// Returns the object that the pickle describes.
  PickleRef run();

 private:
  using Items = std::vector<PickleValue*>;

  void step(uint8_t opcode);
  void push_number(uint8_t opcode);
  void change_stack(uint8_t opcode);
  void use_memo(uint8_t opcode);
  void push_global();
  void reduce();
  void build();

  std::string_view take(uint64_t count);
  std::string_view take_line();
  uint64_t take_unsigned(int bytes);
  int64_t take_long();
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
  std::deque<PickleValue>& objects_;
  Items stack_;
  std::vector<size_t> marks_;
  // Sparse indices are legal, but the files in question number their objects from 0 or 1 upwards.
  Items memo_;
  uint64_t position_ = 0;
  uint64_t opcode_position_ = 0;
};

}  // namespace lazulite::data
