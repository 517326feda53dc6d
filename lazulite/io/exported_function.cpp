#include "lazulite/io/exported_function.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/core/release.h"
#include "lazulite/io/atomic_file.h"
#include "lazulite/io/function_text.h"

namespace lazulite::io {
namespace {

constexpr const char* text_key = "lazulite.functions";
constexpr const char* metadata_key = "lazulite.metadata";

/// Arguments in the order in which traces have them: named ones come last, by their names.
struct Sorted {
  Arrays arrays;
  std::vector<std::string> names;

  Sorted(const char* operation, const Arrays& positional, const NamedArrays& named)
      : arrays(positional) {
    expect_array(operation, positional);
    NamedArrays sorted = named;
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [name, array] : sorted) {
      expect_array(operation, array);
      if (!names.empty() && names.back() == name) {
        throw ValueError(fmt::format("{}: the argument '{}' is given twice", operation, name));
      }
      names.push_back(name);
      arrays.push_back(array);
    }
  }
};

// "  1: (2, 3) float32", one line an argument.
std::string listing(const ArrayTypes& types, const std::vector<std::string>& names) {
  std::string out;
  const size_t positional = types.size() - names.size();
  for (size_t i = 0; i < types.size(); ++i) {
    const std::string label =
        i < positional ? std::to_string(i + 1) : "\"" + names[i - positional] + "\"";
    out += fmt::format("   {}: {} {}\n", label, to_string(types[i].shape), name_of(types[i].dtype));
  }
  return out;
}
std::string counts(size_t arguments, size_t names) {
  return fmt::format("{} positional inputs and {} keyword inputs:\n", arguments - names, names);
}
ArrayTypes types_of(const Arrays& arrays) {
  ArrayTypes out;
  for (const Array& array : arrays) out.push_back({array.shape(), array.dtype()});
  return out;
}

/// Numbers the arrays of a file, each once.
class Constants {
 public:
  uint32_t number(const Array& array) {
    auto [found, is_new] =
        numbers_.try_emplace({array.node(), array.output()}, static_cast<uint32_t>(all.size()));
    if (is_new) all.emplace_back(std::to_string(all.size()), array);
    return found->second;
  }
  NamedArrays all;

 private:
  std::map<std::pair<Node*, uint32_t>, uint32_t> numbers_;
};

FunctionText::Type type_text(const ArrayType& type) { return {type.dtype, type.shape}; }

FunctionText text_of(const RecordedFunction& recorded, const std::vector<std::string>& names,
                     Constants& constants) {
  FunctionText out;
  out.shapeless = recorded.shapeless;
  out.names = names;
  for (const ArrayType& type : recorded.arguments) out.inputs.push_back(type_text(type));
  for (const Array& array : recorded.constants) out.constants.push_back(constants.number(array));
  for (const RecordedFunction::Step& step : recorded.steps) {
    FunctionText::Step text;
    text.primitive = step.primitive->type.name;
    text.fields = fields_of(*step.primitive);
    text.inputs = step.inputs;
    for (const ArrayType& type : step.outputs) text.outputs.push_back(type_text(type));
    text.has_asked = step.asked.has_value();
    if (step.asked) text.asked = *step.asked;
    text.has_like = step.like.has_value();
    if (step.like) text.like = *step.like;
    out.steps.push_back(std::move(text));
  }
  out.results = recorded.results;
  return out;
}

RecordedFunction recorded_of(FunctionText text, const NamedArrays& arrays) {
  RecordedFunction out;
  out.shapeless = text.shapeless;
  for (const auto& type : text.inputs) out.arguments.push_back({type.shape, type.dtype});
  for (uint32_t number : text.constants) out.constants.push_back(arrays[number].second);
  for (FunctionText::Step& step : text.steps) {
    RecordedFunction::Step made{
        primitive_of(step.primitive, step.fields), std::move(step.inputs), {}};
    for (const auto& type : step.outputs) made.outputs.push_back({type.shape, type.dtype});
    if (step.has_asked) made.asked = step.asked;
    if (step.has_like) made.like = step.like;
    out.steps.push_back(std::move(made));
  }
  out.results = std::move(text.results);
  return out;
}

}  // namespace

FunctionExporter::FunctionExporter(Made made, std::string path, ExportOptions options)
    : function_(std::move(made.function)), path_(std::move(path)), options_(std::move(options)) {
  check_writable(path_);
}

void FunctionExporter::expect_new(const Arrays& positional, const NamedArrays& named) const {
  if (closed_) {
    throw Error(fmt::format("export_function: {} is written, nothing can be added to it", path_));
  }
  const Sorted given("export_function", positional, named);
  const ArrayTypes types = types_of(given.arrays);
  for (const Trace& trace : traces_) {
    const ArrayTypes& before = trace.recorded.arguments;
    bool same = trace.names == given.names && before.size() == types.size();
    for (size_t i = 0; same && i < types.size(); ++i) {
      same = types[i].dtype == before[i].dtype &&
             (options_.shapeless ? types[i].shape.size() == before[i].shape.size()
                                 : types[i].shape == before[i].shape);
    }
    if (same) {
      throw Error("export_function: the function is exported for such arguments already, of " +
                  counts(types.size(), given.names.size()) + listing(types, given.names));
    }
  }
}

void FunctionExporter::operator()(const Arrays& positional, const NamedArrays& named) {
  if (recording_) throw Error("export_function: the function calls its own exporter");
  expect_new(positional, named);
  Sorted given("export_function", positional, named);
  const size_t count = positional.size();
  auto called = [&](const Arrays& arrays) {
    const Arrays first(arrays.begin(), arrays.begin() + static_cast<std::ptrdiff_t>(count));
    NamedArrays others;
    for (size_t i = 0; i < given.names.size(); ++i) {
      others.emplace_back(given.names[i], arrays[count + i]);
    }
    return function_(first, others);
  };
  struct Recording {
    bool& flag;
    explicit Recording(bool& of) : flag(of) { flag = true; }
    ~Recording() { flag = false; }
  } const recording(recording_);
  traces_.push_back({record_function(called, given.arrays, options_.shapeless), given.names});
}

void FunctionExporter::close() {
  if (closed_) return;
  Constants constants;
  std::vector<FunctionText> functions;
  for (const Trace& trace : traces_) {
    functions.push_back(text_of(trace.recorded, trace.names, constants));
  }
  save_safetensors(path_, constants.all,
                   {{text_key, write_function_text(functions)}, {metadata_key, options_.metadata}});
  closed_ = true;
  traces_.clear();
}

struct ImportedFunction::Content {
  struct Trace {
    RebuiltFunction function;
    std::vector<std::string> names;
  };
  std::vector<Trace> traces;
  std::string metadata;
};

const std::string& ImportedFunction::metadata() const {
  expect_content();
  return content_->metadata;
}

void ImportedFunction::expect_content() const {
  if (content_) return;
  throw Error("imported function: it comes from no file; import_function reads one");
}

Arrays ImportedFunction::operator()(const Arrays& positional, const NamedArrays& named) const {
  const Sorted given("import_function", positional, named);
  std::string there;
  int number = 0;
  expect_content();
  for (const Content::Trace& trace : content_->traces) {
    const bool named = trace.names.empty() || trace.names == given.names;
    if (named && trace.function.takes(given.arrays)) {
      return trace.function(given.arrays);
    }
    const ArrayTypes& types = trace.function.recorded().arguments;
    there += fmt::format(" {}. {}{}", ++number, counts(types.size(), trace.names.size()),
                         listing(types, trace.names));
  }
  const ArrayTypes types = types_of(given.arrays);
  throw ValueError(
      fmt::format("import_function: the file has no trace for such arguments. It has:\n{}It was "
                  "called with {}{}",
                  there, counts(types.size(), given.names.size()), listing(types, given.names)));
}

ImportedFunction import_function(const std::string& path) {
  SafetensorsFile file = read_safetensors(path);
  const auto find = [&](const char* key) {
    return std::find_if(file.metadata.begin(), file.metadata.end(),
                        [&](const auto& entry) { return entry.first == key; });
  };
  const auto text = find(text_key), metadata = find(metadata_key);
  if (text == file.metadata.end()) {
    throw Error(fmt::format("{} holds arrays, and no exported function", path));
  }
  auto content = std::make_shared<ImportedFunction::Content>();
  if (metadata != file.metadata.end()) content->metadata = metadata->second;
  // Names are their numbers, whatever order they lie in.
  std::unordered_map<std::string, Array> by_name(file.arrays.begin(), file.arrays.end());
  NamedArrays arrays;
  for (size_t i = 0; i < file.arrays.size(); ++i) {
    const auto found = by_name.find(std::to_string(i));
    if (found == by_name.end()) {
      throw Error(
          fmt::format("{} is not a readable file of functions: it has no array '{}'", path, i));
    }
    arrays.push_back(*found);
  }
  try {
    for (FunctionText& function : parse_function_text(text->second, arrays.size())) {
      std::vector<std::string> names = function.names;
      content->traces.push_back(
          {RebuiltFunction(recorded_of(std::move(function), arrays)), std::move(names)});
    }
  } catch (const OutOfMemory&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(fmt::format("{} is not a readable file of functions: {}", path, error.what()));
  }
  ImportedFunction out;
  out.content_ = std::move(content);
  return out;
}

}  // namespace lazulite::io
