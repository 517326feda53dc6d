#include "special_points/table.h"

#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>

#include "lazulite/core/errors.h"

namespace lazulite::test {
namespace {

struct Tokens {
  std::vector<std::string> texts;
  explicit Tokens(std::istream& line) {
    for (std::string token; line >> token;) {
      size_t star = token.find('*');
      size_t count = star == std::string::npos ? 1 : std::stoul(token.substr(star + 1));
      texts.insert(texts.end(), count, token.substr(0, star));
    }
  }
};

template <class T>
T number_of(const std::string& token) {
  if constexpr (std::is_same_v<T, complex64>) {
    size_t comma = token.find(',');
    if (comma == std::string::npos) return 0;
    return {number_of<float>(token.substr(0, comma)), number_of<float>(token.substr(comma + 1))};
  } else {
    if constexpr (!std::is_integral_v<T>) {
      if (token == "nan") return T(std::numeric_limits<float>::quiet_NaN());
    }
    uint64_t bits = token == "-" ? 0 : std::stoull(token, nullptr, 16);
    T number;
    std::memcpy(static_cast<void*>(&number), &bits, sizeof(T));
    return number;
  }
}

Array array_of(const std::vector<std::string>& texts, Dtype dtype) {
  return visit_dtype(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    std::vector<T> numbers;
    for (const std::string& text : texts) numbers.push_back(number_of<T>(text));
    return Array(numbers, {static_cast<int64_t>(numbers.size())});
  });
}

Dtype dtype_named(const std::string& name) {
#define LAZULITE_DTYPE(type, dtype) \
  if (name == #dtype || name + "_" == #dtype) return Dtype::dtype;
  LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
  throw Error("points.txt: there is no dtype " + name);
}

}  // namespace

PointTable::PointTable(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error("the table of special points " + path + " cannot be read");
  for (std::string text; std::getline(file, text);) {
    if (text.empty() || text[0] == '#') continue;
    std::istringstream line(text);
    std::string kind, name, dtype;
    line >> kind >> name;
    if (kind == "points") {
      line >> dtype;
      std::vector<std::string> points = Tokens(line).texts, first, second;
      Dtype of = dtype_named(dtype);
      if (name == "one") {
        inputs_[{1, of}] = {array_of(points, of)};
        continue;
      }
      for (const std::string& x : points) {
        for (const std::string& y : points) {
          first.push_back(x);
          second.push_back(y);
        }
      }
      inputs_[{2, of}] = {array_of(first, of), array_of(second, of)};
      continue;
    }
    Expectation e;
    std::string output;
    e.function = name;
    e.is_gradient = kind == "gradient";
    double ulp, magnitude;
    line >> e.arity;
    if (e.is_gradient) line >> e.input;
    line >> dtype >> output >> ulp >> magnitude;
    std::vector<std::string> texts = Tokens(line).texts;
    for (const std::string& token : texts) e.promised.push_back(token != "-");
    e.dtype = dtype_named(dtype);
    e.accuracy = Accuracy(ulp, magnitude);
    e.results = array_of(texts, dtype_named(output));
    expectations_.push_back(std::move(e));
  }
}

std::vector<Array> PointTable::inputs(int arity, Dtype dtype) const {
  return inputs_.at({arity, dtype});
}

}  // namespace lazulite::test
