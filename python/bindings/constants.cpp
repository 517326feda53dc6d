#include <cmath>
#include <limits>
#include <numbers>

#include "define.h"
#include "module.h"

namespace lazulite::python {

void bind_constants(nb::module_& m) {
  m.attr("e") = std::numbers::e;
  m.attr("pi") = std::numbers::pi;
  m.attr("euler_gamma") = std::numbers::egamma;
  m.attr("inf") = std::numeric_limits<double>::infinity();
  m.attr("nan") = std::numeric_limits<double>::quiet_NaN();
  m.attr("newaxis") = nb::none();
  m.def(
      "_set_module_name", [](const std::string& name) { module_name() = name; }, "name"_a,
      "What reprs and errors call the module.");
}

}  // namespace lazulite::python
