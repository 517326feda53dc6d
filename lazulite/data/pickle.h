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
/// A NumPy dtype of whole numbers, or a promise of one.
struct PickleDtype {
  int64_t bytes = 1;
  bool is_signed = false;
  bool big_endian = false;
  bool operator==(const PickleDtype&) const = default;
};
/// A NumPy array of whole numbers. `data` holds exactly the elements of `shape`, in row-major
/// order, or in column-major order if `column_major`.
struct PickleArray {
  std::vector<int64_t> shape;
  PickleDtype dtype;
  std::string_view data;
  bool column_major = false;
};
/// The names that stand for data while it is being put together; no other name is accepted.
enum class PickleName { reconstruct, from_buffer, scalar, ndarray, dtype, encode, bytes };

/// One object of a pickle. Strings (bytes or text) and arrays point into the pickle's bytes.
struct PickleValue {
  /// The byte of the file at which the object starts.
  uint64_t offset;
  std::variant<PickleNone, bool, int64_t, double, std::string_view, PickleList, PickleTuple,
               PickleDict, PickleDtype, PickleArray, PickleName>
      value;
};

/// What the objects of a pickle live in: they may refer to each other in circles.
struct PickleStore {
  std::deque<PickleValue> objects;
  /// Bytes that the file spells in another way.
  std::deque<std::string> decoded;
};

/// Reads a Python pickle of protocol 2, as the CIFAR distributions use, to 5, as Python 3 writes
/// them again, without ever running what it asks for: only opcodes that build plain data are
/// interpreted (the numbering is that of Python's Lib/pickletools.py), and the only names that may
/// appear are those of NumPy that make up an array of whole numbers, and those of Python that
/// protocol 2 spells bytes with. Everything else is an Error that names the file and the byte.
/// Memory is proportional to the file.
class Pickle {
 public:
  /// `where` is the file's name for messages.
  Pickle(std::vector<uint8_t> bytes, std::string where);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  const PickleValue& root() const { return *root_; }

  /// The values below throw Error if the object is of another kind or the key is missing.
  const PickleValue& entry(const PickleValue& dict, std::string_view key) const;
  /// An array of uint8.
  const PickleArray& byte_array(const PickleValue& value) const;
  const std::vector<PickleRef>& list(const PickleValue& value) const;
  int64_t integer(const PickleValue& value) const;
  /// Of a list, a tuple, or an array of one axis; with the byte of the file that each is at.
  struct Integer {
    int64_t value;
    uint64_t offset;
  };
  std::vector<Integer> integers(const PickleValue& value) const;
  std::string_view string(const PickleValue& value) const;

  [[noreturn]] void fail(uint64_t offset, const std::string& message) const;

 private:
  std::string where_;
  std::vector<uint8_t> bytes_;
  PickleStore store_;
  PickleRef root_;
};

}  // namespace lazulite::data
