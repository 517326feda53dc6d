#include "define.h"
#include "lazulite/core/print.h"
#include "module.h"

namespace lazulite::python {
namespace {

struct PrintOptions {
  int precision = -1;
};

// Sets options, and sets them back.
struct PrintOptionsContext {
  PrintOptions options;
  PrintOptions before = {};
};

}  // namespace

void bind_printing(nb::module_& m) {
  nb::class_<PrintOptions>(
      m, "PrintOptions",
      with_example(m, "PrintOptions",
                   "How arrays are printed.\n\nArgs:\n    precision: how many decimals floating "
                   "numbers have; -1: as many of six digits as are needed.\n")
          .c_str())
      .def(nb::init<int>(), "precision"_a = -1)
      .def_rw("precision", &PrintOptions::precision, "How many decimals floating numbers have.");
  def(
      m, "set_printoptions", [](int precision) { set_print_precision(precision); },
      "precision"_a = -1,
      "Sets how many decimals floating numbers are printed with; -1: as many of "
      "six digits as are needed.");
  def(
      m, "get_printoptions", [] { return PrintOptions{print_precision()}; },
      "How arrays are printed now.");
  nb::class_<PrintOptionsContext>(m, "_PrintOptionsContext")
      .def(
          "__enter__",
          [](nb::handle_t<PrintOptionsContext> self) {
            auto& context = nb::cast<PrintOptionsContext&>(self);
            context.before.precision = print_precision();
            set_print_precision(context.options.precision);
            return nb::borrow(self);
          },
          nb::rv_policy::none)
      .def(
          "__exit__",
          [](PrintOptionsContext& context, nb::handle, nb::handle, nb::handle) {
            set_print_precision(context.before.precision);
          },
          "type"_a = nb::none(), "value"_a = nb::none(), "traceback"_a = nb::none());
  def(
      m, "printoptions", [](int precision) { return PrintOptionsContext{{precision}}; },
      nb::sig("def printoptions(precision: int = -1) -> typing.ContextManager[PrintOptions]"),
      "precision"_a = -1,
      "Sets how many decimals floating numbers are printed with until the end of a `with` block.");
}

}  // namespace lazulite::python
