#include "module.h"

#include "lazulite/core/fork.h"
#include "lazulite/core/version.h"
#include "lazulite/transforms/compile.h"
#include "origin.h"

namespace lazulite::python {

std::string& module_name() {
  static std::string name = "lazulite.core";
  return name;
}

namespace {

// What threads that Python ends with (daemons) have on their stacks is nobody's leak, nor what the
// parent's threads had when a child was forked.
void expect_no_leaks_of_threads() {
  auto at_exit = [] {
    if (lazulite::is_forked_child()) return nb::set_leak_warnings(false);
    nb::dict modules = nb::module_::import_("sys").attr("modules");
    if (!modules.contains("threading")) return;
    nb::object count = modules["threading"].attr("active_count")();
    if (nb::cast<int>(count) > 1) nb::set_leak_warnings(false);
  };
  nb::module_::import_("atexit").attr("register")(nb::cpp_function(at_exit));
}

}  // namespace
}  // namespace lazulite::python

NB_MODULE(core, m) {
  using namespace lazulite::python;
  m.doc() = "Lazy arrays, operations on them, and transformations of functions of them.";
  m.attr("__version__") = lazulite::version();
  register_origins();
  expect_no_leaks_of_threads();
  bind_errors(m);
  bind_dtypes(m);
  bind_streams(m);
  auto array = bind_array(m);
  bind_evaluation(m);
  bind_elementwise(m, array);
  bind_creation(m);
  bind_manipulation(m, array);
  bind_views(m, array);
  bind_reductions(m, array);
  bind_linalg(m);
  bind_linear(m);
  bind_matrix_parts(m);
  bind_fourier(m);
  bind_quantization(m);
  bind_sorting(m);
  bind_indexing(m, array);
  bind_random(m);
  bind_fast(m);
  bind_nn(m);
  bind_printing(m);
  bind_distributed(m);
  bind_memory(m);
  bind_files(m);
  bind_transforms(m);
  bind_compile(m);
  bind_custom_functions(m);
  bind_constants(m);
  bind_data(m);
  bind_debug(m);
  bind_exported_functions(m);
}
