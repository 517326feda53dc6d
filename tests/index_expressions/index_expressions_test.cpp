// Index expressions as NumPy reads them and writes through them: expressions.txt, which generate.py
// makes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "lazulite/lazulite.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

std::vector<std::string> split_at(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

Shape shape_from(const std::string& text) {  // (2,3)
  Shape shape;
  for (const std::string& size : split_at(text.substr(1, text.size() - 2), ',')) {
    shape.push_back(std::stoll(size));
  }
  return shape;
}

Array array_from(const std::string& text, Dtype dtype) {  // (2,3)=1,2,3,4,5,6
  const size_t middle = text.find('=');
  std::vector<double> elements;
  for (const std::string& element : split_at(text.substr(middle + 1), ',')) {
    elements.push_back(std::stod(element));
  }
  return astype(Array(elements, shape_from(text.substr(0, middle))), dtype).eval();
}

Index slice_from(const std::string& text) {  // 1::-2
  std::vector<std::string> ends = split_at(text, ':');
  ends.resize(3);
  Slice slice;
  if (!ends[0].empty()) slice.start = std::stoll(ends[0]);
  if (!ends[1].empty()) slice.stop = std::stoll(ends[1]);
  if (!ends[2].empty()) slice.step = std::stoll(ends[2]);
  return slice;
}

std::vector<Index> entries_from(const std::string& text) {
  std::vector<Index> entries;
  std::stringstream stream(text);
  for (std::string entry; stream >> entry;) {
    if (entry == "new") {
      entries.push_back(newaxis);
    } else if (entry == "...") {
      entries.push_back(ellipsis);
    } else if (entry[0] == 'p') {
      entries.push_back(array_from(entry.substr(1), Dtype::int32));
    } else if (entry[0] == 'm') {
      entries.push_back(array_from(entry.substr(1), Dtype::bool_));
    } else if (entry.find(':') != std::string::npos) {
      entries.push_back(slice_from(entry));
    } else {
      entries.push_back(std::stoll(entry));
    }
  }
  return entries;
}

Update update_from(const std::string& name) {
  static const std::vector<std::string> names = {"set",    "add",     "subtract", "multiply",
                                                 "divide", "maximum", "minimum"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw std::runtime_error("no update " + name);
  return static_cast<Update>(found - names.begin());
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

struct Line {
  std::string text, operation;
  Shape shape;
  std::vector<Index> entries;
  std::string values, result;

  Dtype dtype() const { return operation == "divide" ? Dtype::float32 : Dtype::int32; }
  Array given() const {
    Array numbers = reshape(arange(1, element_count(shape) + 1), shape);
    return operation == "divide" ? astype(numbers * 64, Dtype::float32) : numbers;
  }
  Array apply(const Array& x) const {
    if (operation == "read") return index(x, entries);
    return index_update(x, entries, array_from(values, dtype()), update_from(operation));
  }
};

const std::vector<Line>& lines() {
  static const auto* all = [] {
    const char* other = std::getenv("LAZULITE_EXPRESSIONS_FILE");
    std::ifstream file(other ? other : LAZULITE_EXPRESSIONS);
    auto* lines = new std::vector<Line>;
    for (std::string text; std::getline(file, text);) {
      std::vector<std::string> parts = split_at(text, '|');
      const size_t space = text.find(' ');
      Line line;
      line.text = text;
      line.operation = text.substr(0, space);
      line.shape = shape_from(trimmed(parts[0].substr(space)));
      line.entries = entries_from(parts[1]);
      line.result = trimmed(parts.back());
      if (line.operation != "read") line.values = trimmed(parts[2]);
      lines->push_back(std::move(line));
    }
    return lines;
  }();
  return *all;
}

class IndexExpressions : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(IndexExpressions);

TEST_P(IndexExpressions, GiveWhatNumPyGives) {
  ASSERT_GE(lines().size(), 1000u);
  for (const Line& line : lines()) {
    SCOPED_TRACE(line.text);
    try {
      test::expect_equal(line.apply(line.given()), array_from(line.result, line.dtype()));
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
    if (testing::Test::HasFailure()) return;
  }
}

// The same of an array whose axes lie in the opposite order, and whose first axis lies backwards.
TEST_P(IndexExpressions, GiveTheSameOfStridedArrays) {
  for (const Line& line : lines()) {
    SCOPED_TRACE(line.text);
    Array x = transpose(copy(transpose(line.given())));
    if (x.ndim() > 0) x = flip(copy(flip(x, 0)), 0);
    x.eval();
    test::expect_equal(line.apply(x), array_from(line.result, line.dtype()));
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace lazulite
