#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lazulite::data {

struct PickleValue;
using PickleRef = const PickleValue*;

struct PickleNone {};
struct PickleList {
  std::vector<PickleRef> items;
};
struct PickleTuple {
  std::vector<PickleRef> items;
};
struct PickleDict {
  std::vector<std::pair<PickleRef, PickleRef>> items;
};
/// A NumPy array of uint8. `data` holds exactly the elements of `shape`, in row-major order, or in
/// column-major order if `column_major`.
struct PickleArray {
  std::vector<int64_t> shape;
  std::string_view data;
  bool column_major = false;
};
/// NumPy names that stand for data while an array is being put together; no other name is accepted.
enum class PickleName { reconstruct, ndarray, dtype, uint8_dtype };

/// One object of a pickle. Strings (bytes or text) and arrays point into the pickle's bytes.
struct PickleValue {
  /// The byte of the file at which the object starts.
  uint64_t offset;
  std::variant<PickleNone, bool, int64_t, double, std::string_view, PickleList, PickleTuple,
               PickleDict, PickleArray, PickleName>
      value;
};

/// Reads a Python pickle of protocol 2, as the CIFAR distributions use, without ever running what
/// it asks for: only opcodes that build plain data are interpreted (the numbering is that of
/// Python's Lib/pickletools.py), and the only names that may appear are the three of NumPy that
/// make up a uint8 array. Everything else is an Error that names the file and the byte. Memory is
/// proportional to the file.
class Pickle {
 public:
  /// `where` is the file's name for messages.
  Pickle(std::vector<uint8_t> bytes, std::string where);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  const PickleValue& root() const { return *root_; }

  /// The values below throw Error if the object is of another kind or the key is missing.
  const PickleValue& entry(const PickleValue& dict, std::string_view key) const;
  const PickleArray& array(const PickleValue& value) const;
  const std::vector<PickleRef>& list(const PickleValue& value) const;
  int64_t integer(const PickleValue& value) const;
  std::string_view string(const PickleValue& value) const;

  [[noreturn]] void fail(uint64_t offset, const std::string& message) const;

 private:
  std::string where_;
  std::vector<uint8_t> bytes_;
  // An arena: objects may refer to each other in circles.
  std::deque<PickleValue> objects_;
  PickleRef root_;
};

}  // namespace lazulite::data
