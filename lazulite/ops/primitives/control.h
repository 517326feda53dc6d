#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

/// The first `count` inputs, which whoever reads them finds computed only after all other inputs. A
/// computation on such an array is not taken for a repetition of the same one on the input.
struct Depends {
  static constexpr const char* name = "Depends";
  static constexpr bool is_view = true;
  size_t count;
  auto fields() const { return std::tie(count); }
  bool operator==(const Depends&) const = default;
};
LAZULITE_PRIMITIVE(Depends);

/// What transforms do instead of looking into a function. Each may be missing; then they look.
struct CustomRules {
  using Arrays = std::vector<Array>;
  /// One gradient for each argument; not valid() where none flows.
  std::function<Arrays(const Arrays& arguments, const Arrays& cotangents, const Arrays& outputs)>
      vjp;
  /// One tangent for each output.
  std::function<Arrays(const Arrays& arguments, const Arrays& tangents)> jvp;
  using Axes = std::vector<std::optional<int>>;
  /// The outputs, and the axis of each along which the many lie.
  std::function<std::pair<Arrays, Axes>(const Arrays& arguments, const Axes& axes)> vmap;
  /// `vjp` goes by the graph behind the outputs, and thus holds for a mapped one as it is.
  bool follows_graph = false;
};

/// The results of a function that has rules of its own. Inputs are its `arguments` arguments, then
/// its results; outputs are the results.
struct CustomTransforms {
  static constexpr const char* name = "CustomTransforms";
  size_t arguments;
  std::shared_ptr<const CustomRules> rules;
  auto fields() const { return std::tie(arguments); }
  bool operator==(const CustomTransforms&) const = default;
};
LAZULITE_PRIMITIVE(CustomTransforms);

}  // namespace lazulite
