#include "examples.h"

#include <nanobind/stl/string.h>

#include <string_view>
#include <unordered_map>

#include "examples/texts.h"

namespace lazulite::python {
namespace {

using Examples = std::unordered_map<std::string_view, std::string_view>;

void read(std::string_view all, Examples& examples) {
  std::string_view name;
  size_t first = 0, at = 1;
  while (at < all.size()) {
    size_t end = all.find('\n', at);
    if (all[at] != ' ') {
      name = all.substr(at, end - at);
      first = end + 1;
    }
    at = end + 1;
    if (at >= all.size() || all[at] != ' ') examples[name] = all.substr(first, at - first);
  }
}

const Examples& examples() {
  static const auto& found = *[] {
    auto* out = new Examples();
    for (std::string_view all :
         {examples_of_creation, examples_of_devices, examples_of_distributed, examples_of_dtypes,
          examples_of_fast, examples_of_files, examples_of_fourier, examples_of_linalg,
          examples_of_products, examples_of_random, examples_of_reductions, examples_of_shapes,
          examples_of_transforms}) {
      read(all, *out);
    }
    return out;
  }();
  return found;
}

}  // namespace

std::string with_example(nb::handle module, const char* name, const char* text) {
  std::string key = nb::cast<std::string>(module.attr("__name__")) + "." + name;
  key.erase(0, std::string_view("lazulite.core.").size());
  std::string out = text;
  if (auto found = examples().find(key); found != examples().end()) {
    while (out.ends_with('\n')) out.pop_back();
    out += "\n\nExample:\n";
    out += found->second;
  }
  return out;
}

}  // namespace lazulite::python
