#include "lazulite/data/unpickler.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "lazulite/data/byte_source.h"
#include "lazulite/data/pickle_opcodes.h"
#include "lazulite/data/sniff.h"

namespace lazulite::data {

namespace {

// The official files hold about 30,000 objects; a hostile one could hold one a byte.
constexpr size_t max_objects = 4'000'000;

}  // namespace

PickleRef Unpickler::run() {
  if (bytes_.size() < 2 || bytes_[0] != op_proto || bytes_[1] < 2 || bytes_[1] > 5) {
    fail(fmt::format("a Python pickle of protocol 2 to 5 was expected, but this looks like {}.",
                     looks_like(bytes_.first(std::min<size_t>(bytes_.size(), 512)))));
  }
  position_ = 2;
  for (;;) {
    opcode_position_ = position_;
    const uint8_t opcode = static_cast<uint8_t>(take(1)[0]);
    if (opcode == op_stop) break;
    step(opcode);
  }
  PickleRef result = pop();
  if (!stack_.empty() || !marks_.empty()) fail("the pickle ends with objects left over.");
  if (position_ != bytes_.size()) {
    fail(fmt::format("the pickle ends here, but {} more bytes follow.", bytes_.size() - position_));
  }
  return result;
}

void Unpickler::step(uint8_t opcode) {
  switch (opcode) {
    case op_none: return push(PickleNone());
    case op_newtrue: return push(true);
    case op_newfalse: return push(false);
    case op_binint:
    case op_binint1:
    case op_binint2:
    case op_long1:
    case op_long4:
    case op_binfloat: return push_number(opcode);
    case op_binstring:
    case op_binunicode:
    case op_binbytes: return push(take(take_unsigned(4)));
    case op_short_binstring:
    case op_short_binunicode:
    case op_short_binbytes: return push(take(take_unsigned(1)));
    case op_binunicode8:
    case op_binbytes8:
    case op_bytearray8: return push(take(take_unsigned(8)));
    case op_empty_list: return push(PickleList());
    case op_empty_dict: return push(PickleDict());
    case op_empty_tuple: return push_tuple(0);
    case op_tuple1: return push_tuple(1);
    case op_tuple2: return push_tuple(2);
    case op_tuple3: return push_tuple(3);
    case op_binget:
    case op_long_binget:
    case op_binput:
    case op_long_binput: return use_memo(opcode);
    case op_memoize: return memoize(memo_count_);
    case op_frame: return check_frame();
    case op_global: return push_global();
    case op_stack_global: return push_stack_global();
    case op_reduce: return reduce();
    case op_build: return build();
    default: return change_stack(opcode);
  }
}

void Unpickler::change_stack(uint8_t opcode) {
  switch (opcode) {
    case op_mark: return marks_.push_back(stack_.size());
    case op_pop: pop(); return;
    case op_pop_mark: pop_to_mark(); return;
    case op_dup: {
      PickleValue* value = pop();
      stack_.insert(stack_.end(), {value, value});
      return;
    }
    case op_append: return append({pop()});
    case op_appends: return append(pop_to_mark());
    case op_setitem: {
      PickleValue* value = pop();
      PickleValue* key = pop();
      return set_items({key, value});
    }
    case op_setitems: return set_items(pop_to_mark());
    case op_list: {
      const Items items = pop_to_mark();
      push(PickleList());
      return append(items);
    }
    case op_dict: {
      const Items items = pop_to_mark();
      push(PickleDict());
      return set_items(items);
    }
    case op_tuple: {
      const Items items = pop_to_mark();
      return push(PickleTuple{{items.begin(), items.end()}});
    }
    default:
      fail(fmt::format("opcode 0x{:02x} is not one that builds plain data; it was not run.",
                       opcode));
  }
}

void Unpickler::push_number(uint8_t opcode) {
  switch (opcode) {
    case op_binint: return push(int64_t{static_cast<int32_t>(take_unsigned(4))});
    case op_binint1: return push(static_cast<int64_t>(take_unsigned(1)));
    case op_binint2: return push(static_cast<int64_t>(take_unsigned(2)));
    case op_long1: return push(take_long(1));
    case op_long4: return push(take_long(4));
    default: return push(take_double());
  }
}

void Unpickler::use_memo(uint8_t opcode) {
  const bool wide = opcode == op_long_binget || opcode == op_long_binput;
  const uint64_t index = take_unsigned(wide ? 4 : 1);
  if (opcode == op_binget || opcode == op_long_binget) {
    if (index >= memo_.size() || !memo_[index]) {
      fail(fmt::format("object {} of the memo is used before it is stored.", index));
    }
    stack_.push_back(memo_[index]);
    return;
  }
  memoize(index);
}

void Unpickler::memoize(uint64_t index) {
  if (stack_.empty()) fail("nothing is on the stack that could be stored in the memo.");
  if (index > store_.objects.size()) {
    fail(fmt::format("memo index {} is out of order: only {} objects exist.", index,
                     store_.objects.size()));
  }
  if (index >= memo_.size()) memo_.resize(index + 1);
  memo_count_ += memo_[index] == nullptr;
  memo_[index] = stack_.back();
}

// A frame says how many bytes a reader may fetch at once; here all are there already.
void Unpickler::check_frame() {
  const uint64_t length = take_unsigned(8);
  if (length > bytes_.size() - position_) {
    fail(fmt::format("the pickle is cut off: a frame of {} bytes begins here, and {} are left.",
                     length, bytes_.size() - position_));
  }
}

std::string_view Unpickler::take(uint64_t count) {
  if (count > bytes_.size() - position_) {
    fail(fmt::format("the pickle is cut off: {} bytes were expected at byte {}, and {} are left.",
                     count, position_, bytes_.size() - position_));
  }
  const char* start = reinterpret_cast<const char*>(bytes_.data()) + position_;
  position_ += count;
  return {start, static_cast<size_t>(count)};
}

std::string_view Unpickler::take_line() {
  const auto rest = bytes_.subspan(position_);
  const auto end = std::find(rest.begin(), rest.end(), '\n');
  if (end == rest.end()) fail("the pickle is cut off inside a name.");
  const std::string_view line = take(end - rest.begin());
  take(1);
  return line;
}

uint64_t Unpickler::take_unsigned(int bytes) {
  const std::string_view raw = take(bytes);
  uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; --i) value = value << 8 | static_cast<uint8_t>(raw[i]);
  return value;
}

int64_t Unpickler::take_long(int length_bytes) {
  const auto count = static_cast<int64_t>(take_unsigned(length_bytes));
  if (count > 8) fail(fmt::format("an integer of {} bytes does not fit 64 bits.", count));
  if (count == 0) return 0;
  const int64_t unused_bits = 64 - 8 * count;
  return static_cast<int64_t>(take_unsigned(static_cast<int>(count)) << unused_bits) >> unused_bits;
}

double Unpickler::take_double() {
  uint64_t bits = 0;
  for (char byte : take(8)) bits = bits << 8 | static_cast<uint8_t>(byte);
  return std::bit_cast<double>(bits);
}

PickleValue* Unpickler::make(decltype(PickleValue::value) value) {
  if (store_.objects.size() == max_objects) {
    fail(fmt::format("the pickle has more than {} objects.", max_objects));
  }
  return &store_.objects.emplace_back(PickleValue{opcode_position_, std::move(value)});
}

PickleValue* Unpickler::pop() {
  const size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) fail("an object was expected on the stack, which is empty.");
  PickleValue* value = stack_.back();
  stack_.pop_back();
  return value;
}

Unpickler::Items Unpickler::pop_to_mark() {
  if (marks_.empty()) fail("a mark was expected on the stack, but there is none.");
  Items items(stack_.begin() + static_cast<ptrdiff_t>(marks_.back()), stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  return items;
}

void Unpickler::push_tuple(size_t count) {
  PickleTuple tuple;
  tuple.items.resize(count);
  for (size_t i = count; i-- > 0;) tuple.items[i] = pop();
  push(std::move(tuple));
}

void Unpickler::append(const Items& items) {
  PickleList& list = top<PickleList>("list");
  list.items.insert(list.items.end(), items.begin(), items.end());
}

void Unpickler::set_items(const Items& items) {
  PickleDict& dict = top<PickleDict>("dict");
  if (items.size() % 2) fail("a dict is given a key without a value.");
  for (size_t i = 0; i < items.size(); i += 2) dict.items.emplace_back(items[i], items[i + 1]);
}

void Unpickler::fail(const std::string& message) const {
  fail_at(where_, opcode_position_, message);
}

}  // namespace lazulite::data
