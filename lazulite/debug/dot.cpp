#include <fmt/format.h>

#include <mutex>
#include <ostream>
#include <unordered_map>

#include "lazulite/core/node.h"
#include "lazulite/core/release.h"
#include "lazulite/debug/graph_pictures.h"
#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/program/linearize.h"

namespace lazulite::debug {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// A, B, ..., Z, AA, AB, ...
std::string letters(size_t number) {
  std::string text(1, static_cast<char>('A' + number % 26));
  return number < 26 ? text : letters(number / 26 - 1) + text;
}

class DotGraph {
 public:
  explicit DotGraph(std::ostream& out) : out_(out) {}

  void write(std::span<const NamedArray> arrays) {
    for (const auto& [name, array] : arrays) {
      std::string& known = names_[key(array)];
      if (known.empty()) known = name.empty() ? letters(unnamed_++) : name;
    }
    out_ << "digraph {\n  node [fontname=\"sans-serif\", fontsize=11];\n";
    for (const auto& [name, array] : arrays) write_array(array);
    for (const Operation& operation : operations_of(arrays)) write_operation(operation);
    out_ << "}\n";
  }

 private:
  using Key = std::pair<Node*, uint32_t>;
  struct Hash {
    size_t operator()(const Key& key) const {
      return std::hash<Node*>()(key.first) * 31 + key.second;
    }
  };
  /// What is known of a node, which may be computed by another thread while it is written.
  struct Operation {
    PrimitivePtr primitive;
    uint32_t origin;
    std::vector<Array> inputs, outputs;
  };

  static std::vector<Operation> operations_of(std::span<const NamedArray> arrays) {
    std::vector<Operation> operations;
    std::lock_guard lock(graph_mutex());
    std::vector<Node*> roots;
    for (const auto& [name, array] : arrays) roots.push_back(array.node());
    for (Node* node : topological_order(roots)) {
      Operation operation{node->primitive, node->origin, {}, {}};
      operation.inputs.assign(node->inputs.begin(), node->inputs.end());
      for (uint32_t i = 0; i < node->outputs.size(); ++i) operation.outputs.emplace_back(node, i);
      operations.push_back(std::move(operation));
    }
    return operations;
  }

  static Key key(const Array& array) { return {array.node(), array.output()}; }

  // The number of an array's ellipse, which is written when it is first asked for.
  size_t write_array(const Array& array) {
    auto [at, is_new] = numbers_.try_emplace(key(array), numbers_.size());
    if (!is_new) return at->second;
    auto name = names_.find(key(array));
    std::string label = name == names_.end() ? "" : name->second + "\\n";
    out_ << fmt::format(
        "  a{} [label={}, shape=ellipse{}];\n", at->second,
        quoted_label(label + name_of(array.dtype()) + " " + lazulite::to_string(array.shape())),
        name == names_.end() ? "" : ", style=bold");
    return at->second;
  }

  // `\n` in it is a line's end.
  static std::string quoted_label(const std::string& text) {
    std::string out = quoted(text);
    for (size_t at = out.find("\\\\n"); at != std::string::npos; at = out.find("\\\\n", at)) {
      out.erase(at, 1);
    }
    return out;
  }

  void write_operation(const Operation& operation) {
    const size_t number = operations_++;
    out_ << fmt::format("  o{} [label={}, shape=box, tooltip={}];\n", number,
                        quoted(name_of(*operation.primitive)),
                        quoted(origin_text(operation.origin)));
    for (const Array& input : operation.inputs) {
      const size_t from = write_array(input);
      out_ << fmt::format("  a{} -> o{};\n", from, number);
    }
    for (const Array& output : operation.outputs) {
      const size_t to = write_array(output);
      out_ << fmt::format("  o{} -> a{};\n", number, to);
    }
  }

  std::ostream& out_;
  std::unordered_map<Key, std::string, Hash> names_;
  std::unordered_map<Key, size_t, Hash> numbers_;
  size_t unnamed_ = 0, operations_ = 0;
};

}  // namespace

void export_to_dot(std::ostream& out, std::span<const NamedArray> arrays) {
  for (const auto& [name, array] : arrays) expect_array("export_to_dot", array);
  DotGraph(out).write(arrays);
}

}  // namespace lazulite::debug
