#include "define.h"
#include "module.h"

namespace lazulite::python {

void bind_fast(nb::module_& parent) {
  parent.def_submodule("fast", "Operations with kernels of their own.");
}

}  // namespace lazulite::python
