#include <algorithm>

#include "define.h"
#include "lazulite/core/errors.h"
#include "module.h"

// Groups of processes, of which there is one: a program that is written for several runs alone.
namespace lazulite::python {
namespace {

struct Group {};

using GroupArgument = std::optional<Group>;

// What all processes together make of an array, which is the array itself.
void bind_collective(nb::module_& m, const char* name, const char* doc) {
  def_op(
      m, name, [](Operand x, GroupArgument) { return to_array(x.object); }, "x"_a, kw(),
      "group"_a = nb::none(), doc);
}

}  // namespace

void bind_distributed(nb::module_& parent) {
  nb::module_ m = parent.def_submodule(
      "distributed", "Communication between processes: groups of one, as there is no backend.");
  nb::class_<Group>(m, "Group", with_example(m, "Group", "A group of one process.").c_str())
      .def(
          "rank", [](const Group&) { return 0; }, "The process's number in the group: 0.")
      .def(
          "size", [](const Group&) { return 1; }, "How many processes the group has: 1.")
      .def(
          "split",
          [](const Group&, int, int) -> Group {
            throw std::runtime_error("distributed: a group of one process cannot be split");
          },
          "color"_a, "key"_a = -1, "A group of one process cannot be split: a RuntimeError.");
  def(
      m, "is_available", [](const std::string&) { return false; }, "backend"_a = "any",
      "Whether processes can communicate: no.");
  def(
      m, "init",
      [](bool strict, const std::string& backend, nb::object) {
        static const char* const known[] = {"any", "mpi", "nccl", "jaccl", "ring"};
        if (std::find(std::begin(known), std::end(known), backend) == std::end(known)) {
          throw ValueError("distributed.init: there is no backend '" + backend + "'");
        }
        if (strict) {
          throw std::runtime_error("distributed.init: there is no backend for several processes");
        }
        return Group{};
      },
      "strict"_a = false, "backend"_a = "any", kw(), "all_gather_factory"_a = nb::none(),
      "The group of all processes, which is this one.");
  bind_collective(m, "all_sum", "The sum over all processes: of one, the array.");
  bind_collective(m, "all_max", "The largest elements over all processes: of one, the array.");
  bind_collective(m, "all_min", "The smallest elements over all processes: of one, the array.");
  bind_collective(m, "all_gather", "The arrays of all processes, joined: of one, the array.");
  bind_collective(m, "sum_scatter", "A process's part of the sum over all: of one, the array.");
  auto alone = [](const char* what) {
    return ValueError(std::string("distributed: a group of one process has nobody to ") + what);
  };
  def_op(
      m, "send", [=](const Array&, int, GroupArgument) -> Array { throw alone("send to"); }, "x"_a,
      "dst"_a, kw(), "group"_a = nb::none(), "There is no other process: a ValueError.");
  def_op(
      m, "recv",
      [=](ShapeArgument, DtypeObject, int, GroupArgument) -> Array { throw alone("receive from"); },
      "shape"_a, "dtype"_a, "src"_a, kw(), "group"_a = nb::none(),
      "There is no other process: a ValueError.");
  def_op(
      m, "recv_like",
      [=](const Array&, int, GroupArgument) -> Array { throw alone("receive from"); }, "x"_a,
      "src"_a, kw(), "group"_a = nb::none(), "There is no other process: a ValueError.");
}

}  // namespace lazulite::python
