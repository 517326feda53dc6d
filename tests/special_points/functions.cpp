#include "special_points/functions.h"

#include <functional>
#include <map>

#include "lazulite/core/errors.h"
#include "lazulite/nn/nn.h"
#include "lazulite/ops/ops.h"

namespace lazulite::test {
namespace {

using Function = std::function<Array(const Arrays&)>;

Function of_pair(Array (*reduce)(const Array&)) {
  return [reduce](const Arrays& x) { return reduce(stack({x[0], x[1]}, -1)); };
}

const std::map<std::string, Function>& composed_functions() {
  static const std::map<std::string, Function> functions = {
#define LAZULITE_ACTIVATION(name)                         \
  {                                                       \
#name, [](const Arrays& x) { return nn::name(x[0]); } \
  }
      LAZULITE_ACTIVATION(relu6),
      LAZULITE_ACTIVATION(leaky_relu),
      LAZULITE_ACTIVATION(elu),
      LAZULITE_ACTIVATION(selu),
      LAZULITE_ACTIVATION(celu),
      LAZULITE_ACTIVATION(softplus),
      LAZULITE_ACTIVATION(log_sigmoid),
#undef LAZULITE_ACTIVATION
      {"clip", [](const Arrays& x) { return clip(x[0], -1, 6); }},
      {"max_of_pair", of_pair([](const Array& x) { return max(x, -1); })},
      {"min_of_pair", of_pair([](const Array& x) { return min(x, -1); })},
      {"prod_of_pair", of_pair([](const Array& x) { return prod(x, -1); })},
      {"logsumexp_of_pair", of_pair([](const Array& x) { return logsumexp(x, -1); })},
      {"softmax_of_pair", of_pair([](const Array& x) { return take(softmax(x, -1), 0, -1); })},
      {"cross_entropy_of_pair", of_pair([](const Array& x) {
         Array labels = zeros({x.shape(0)}, Dtype::int32);
         return nn::cross_entropy(x, labels, nn::Reduction::none);
       })},
      {"log_softmax_of_pair",
       of_pair([](const Array& x) { return take(log_softmax(x, -1), 0, -1); })},
  };
  return functions;
}

// Activations by the name that they have in nn.
std::string name_of_row(Row row) {
  std::string name = info(row).name, prefix = "activation_";
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

}  // namespace

std::optional<Row> row_named(const std::string& name) {
  for (int i = 0; i < row_count; ++i) {
    if (name_of_row(Row(i)) == name) return Row(i);
  }
  return {};
}

Array apply(const std::string& name, const Arrays& x) {
  std::optional<Row> row = row_named(name);
  if (!row) {
    auto found = composed_functions().find(name);
    if (found == composed_functions().end()) throw Error("there is no function " + name);
    return found->second(x);
  }
  if (*row == Row::where) return where(x[0] > x[1], x[0], x[1]);
  return apply_row(*row, {x.begin(), x.end()});
}

std::vector<std::string> all_functions() {
  std::vector<std::string> names;
  for (int i = 0; i < row_count; ++i) names.push_back(name_of_row(Row(i)));
  for (const auto& [name, function] : composed_functions()) names.push_back(name);
  return names;
}

}  // namespace lazulite::test
