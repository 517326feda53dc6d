#include "lazulite/io/function_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "lazulite/core/errors.h"

namespace lazulite::io {
namespace {

using Json = nlohmann::json;

// Deeper than anything that is written.
constexpr int deepest = 16;

constexpr const char* number_types[] = {"bool", "int", "uint", "float", "complex"};

// Member by member: the library's constructor from a list loses what it holds where memory ends.
Json object_of(const char* name, Json value) {
  Json out = Json::object();
  out[name] = std::move(value);
  return out;
}

// Numbers that are not whole go by their bits, which no text rounds.
Json json_of(const Field& field);
struct FieldWriter {
  Json operator()(bool value) const { return value; }
  Json operator()(int64_t value) const { return value; }
  Json operator()(double value) const { return object_of("bits", std::bit_cast<uint64_t>(value)); }
  Json operator()(const std::string& value) const { return value; }
  Json operator()(Dtype value) const { return object_of("dtype", name_of(value)); }
  Json operator()(const Scalar& value) const {
    const Scalar::Bits bits = value.bits();
    return object_of("number", Json::array({number_types[bits.type], bits.real, bits.imaginary}));
  }
  Json operator()(const Fields& values) const {
    Json out = Json::array();
    for (const Field& value : values) out.push_back(json_of(value));
    return out;
  }
};
Json json_of(const Field& field) { return std::visit(FieldWriter(), field.value); }

Json json_of(const Shape& shape) {
  Json out = Json::array();
  for (int64_t size : shape) out.push_back(size);
  return out;
}
Json json_of(const std::vector<FunctionText::Type>& types) {
  Json out = Json::array();
  for (const auto& type : types) out.push_back({name_of(type.dtype), json_of(type.shape)});
  return out;
}

Json json_of(const FunctionText& function) {
  Json steps = Json::array();
  for (const FunctionText::Step& step : function.steps) {
    Json one = object_of("op", step.primitive);
    one["in"] = step.inputs;
    one["out"] = json_of(step.outputs);
    if (!step.fields.empty()) one["with"] = json_of(Field{step.fields});
    if (step.has_asked) one["asked"] = json_of(step.asked);
    if (step.has_like) one["like"] = step.like;
    steps.push_back(std::move(one));
  }
  Json out = object_of("shapeless", function.shapeless);
  out["inputs"] = json_of(function.inputs);
  out["names"] = function.names;
  out["constants"] = function.constants;
  out["steps"] = std::move(steps);
  out["results"] = function.results;
  return out;
}

[[noreturn]] void fail(const std::string& place, const std::string& expected) {
  throw Error(fmt::format("{} was expected {}", expected, place));
}

const Json& member(const Json& object, const char* name, const std::string& place) {
  if (!object.is_object() || !object.contains(name)) {
    fail(place, fmt::format("an object with '{}'", name));
  }
  return object.at(name);
}
const Json& list(const Json& object, const char* name, const std::string& place) {
  const Json& found = member(object, name, place);
  if (!found.is_array()) fail(fmt::format("as '{}' {}", name, place), "a list");
  return found;
}

int64_t integer_of(const Json& json, const std::string& place) {
  if (json.is_number_unsigned() && json.get<uint64_t>() <= INT64_MAX) {
    return static_cast<int64_t>(json.get<uint64_t>());
  }
  if (!json.is_number_integer() || json.is_number_unsigned()) fail(place, "an integer of 64 bits");
  return json.get<int64_t>();
}
uint64_t bits_of(const Json& json, const std::string& place) {
  if (!json.is_number_unsigned()) fail(place, "the bits of a number");
  return json.get<uint64_t>();
}
uint32_t number_below(const Json& json, uint64_t limit, const std::string& place) {
  if (!json.is_number_unsigned() || json.get<uint64_t>() >= limit) {
    fail(place, fmt::format("a number below {}", limit));
  }
  return static_cast<uint32_t>(json.get<uint64_t>());
}
std::string text_of(const Json& json, const std::string& place) {
  if (!json.is_string()) fail(place, "text");
  return json.get<std::string>();
}

Dtype dtype_of_text(const std::string& text, const std::string& place) {
#define LAZULITE_DTYPE(type, name) \
  if (text == name_of(Dtype::name)) return Dtype::name;
  LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
  fail(place, "a dtype");
}

Shape shape_of(const Json& json, const std::string& place, int64_t least = 0) {
  if (!json.is_array()) fail(place, "a list of sizes");
  Shape shape;
  for (const Json& size : json) {
    shape.push_back(integer_of(size, place));
    if (shape.back() < least) fail(place, "a size");
  }
  return shape;
}

std::vector<FunctionText::Type> types_of(const Json& json, const std::string& place) {
  std::vector<FunctionText::Type> out;
  for (const Json& type : json) {
    if (!type.is_array() || type.size() != 2) fail(place, "a dtype and a shape");
    out.push_back({dtype_of_text(text_of(type[0], place), place), shape_of(type[1], place)});
    check_shape(out.back().shape, size_of(out.back().dtype), "import_function");
  }
  return out;
}

Scalar scalar_of(const Json& json, const std::string& place) {
  if (!json.is_array() || json.size() != 3) fail(place, "a number's type and bits");
  const std::string type = text_of(json[0], place);
  const uint64_t real = bits_of(json[1], place), imaginary = bits_of(json[2], place);
  if (type == "bool") return Scalar(real != 0);
  if (type == "int") return Scalar(static_cast<int64_t>(real));
  if (type == "uint") return Scalar(real);
  if (type == "float") return Scalar(std::bit_cast<double>(real));
  if (type != "complex") fail(place, "the type of a number");
  return Scalar(std::complex<float>(static_cast<float>(std::bit_cast<double>(real)),
                                    static_cast<float>(std::bit_cast<double>(imaginary))));
}

Field field_of(const Json& json, const std::string& place) {
  if (json.is_boolean()) return {json.get<bool>()};
  if (json.is_string()) return {json.get<std::string>()};
  if (json.is_array()) {
    Fields out;
    for (const Json& one : json) out.push_back(field_of(one, place));
    return {std::move(out)};
  }
  if (json.is_object() && json.size() == 1) {
    const std::string& kind = json.begin().key();
    const Json& value = json.begin().value();
    if (kind == "dtype") return {dtype_of_text(text_of(value, place), place)};
    if (kind == "number") return {scalar_of(value, place)};
    if (kind == "bits") return {std::bit_cast<double>(bits_of(value, place))};
  }
  return {integer_of(json, place)};
}

FunctionText::Step step_of(const Json& json, uint64_t known, const std::string& place) {
  FunctionText::Step step;
  step.primitive = text_of(member(json, "op", place), place);
  for (const Json& input : list(json, "in", place)) {
    step.inputs.push_back(number_below(input, known, place));
  }
  step.outputs = types_of(list(json, "out", place), place);
  if (step.outputs.empty()) fail(place, "an output");
  if (json.contains("with")) {
    for (const Json& field : list(json, "with", place)) {
      step.fields.push_back(field_of(field, place));
    }
  }
  // Sizes below 0 stand for what is left, and for those of an input's axes.
  step.has_asked = json.contains("asked");
  if (step.has_asked) step.asked = shape_of(json.at("asked"), place, INT32_MIN);
  step.has_like = json.contains("like");
  if (step.has_like) step.like = number_below(json.at("like"), known, place);
  return step;
}

FunctionText function_of(const Json& json, size_t arrays, const std::string& place) {
  FunctionText out;
  const Json& shapeless = member(json, "shapeless", place);
  if (!shapeless.is_boolean()) fail("as 'shapeless' " + place, "true or false");
  out.shapeless = shapeless.get<bool>();
  out.inputs = types_of(list(json, "inputs", place), "as an input " + place);
  std::unordered_set<std::string> names;
  for (const Json& name : list(json, "names", place)) {
    out.names.push_back(text_of(name, "as a name " + place));
    if (!names.insert(out.names.back()).second) fail("as a name " + place, "another name");
  }
  if (out.names.size() > out.inputs.size()) fail("as 'names' " + place, "a name an input");
  for (const Json& constant : list(json, "constants", place)) {
    out.constants.push_back(number_below(constant, arrays, "as a constant " + place));
  }
  uint64_t known = out.inputs.size() + out.constants.size();
  for (const Json& step : list(json, "steps", place)) {
    out.steps.push_back(
        step_of(step, known, fmt::format("in step {} {}", out.steps.size(), place)));
    known += out.steps.back().outputs.size();
  }
  for (const Json& result : list(json, "results", place)) {
    out.results.push_back(number_below(result, known, "as a result " + place));
  }
  return out;
}

}  // namespace

std::string write_function_text(const std::vector<FunctionText>& functions) {
  Json all = Json::array();
  for (const FunctionText& function : functions) all.push_back(json_of(function));
  Json text = object_of("version", function_text_version);
  text["functions"] = std::move(all);
  try {
    return text.dump();
  } catch (const Json::exception&) {
    throw Error("export_function: a name is not UTF-8");
  }
}

std::vector<FunctionText> parse_function_text(std::string_view text, size_t arrays) {
  const auto expect_shallow = [](int depth, Json::parse_event_t, Json&) {
    if (depth > deepest) throw Error(fmt::format("the text is nested more than {} deep", deepest));
    return true;
  };
  Json json;
  try {
    json = Json::parse(text, expect_shallow);
  } catch (const Json::exception& error) {
    // The library's message begins with its own name in brackets.
    std::string reason = error.what();
    reason.erase(0, std::min(reason.find("] ") + 2, reason.size()));
    throw Error("the text is not JSON: " + reason);
  }
  const int64_t version = integer_of(member(json, "version", "at the beginning"), "as the version");
  if (version != function_text_version) {
    throw Error(fmt::format("it is of version {}, and this library reads version {}", version,
                            function_text_version));
  }
  std::vector<FunctionText> out;
  for (const Json& function : list(json, "functions", "at the beginning")) {
    out.push_back(function_of(function, arrays, fmt::format("in function {}", out.size())));
  }
  return out;
}

}  // namespace lazulite::io
