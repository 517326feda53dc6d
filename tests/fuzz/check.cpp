#include "fuzz/check.h"

#include <cstring>

#include "fuzz/execute.h"
#include "support/compare.h"

namespace lazulite::fuzz {
namespace {

const Way ways[] = {
    {.name = "fused"},
    {.name = "all values held", .hold = Hold::all},
    {.name = "all values held, unfused", .fused = false, .hold = Hold::all},
    {.name = "views held", .hold = Hold::views},
    {.name = "some values held", .hold = Hold::some},
    {.name = "compiled", .compiled = true},
    {.name = "compiled, unfused", .fused = false, .compiled = true},
    {.name = "compiled, inputs given away", .compiled = true, .own_inputs = true},
    {.name = "piecewise", .piecewise = true},
    {.name = "inputs given away", .own_inputs = true},
    {.name = "small budget", .budget = 4},
};

std::string compare(const Outcome& got, const Outcome& expected) {
  if (!got.error.empty() || !expected.error.empty()) {
    if (got.error.empty()) return "no error where otherwise: " + expected.error;
    if (expected.error.empty()) return "error: " + got.error;
    return "";
  }
  if (got.arrays.size() != expected.arrays.size()) return "another number of results";
  for (size_t i = 0; i < got.arrays.size(); ++i) {
    std::string text = different_bits(got.arrays[i], expected.arrays[i]);
    if (!text.empty()) return "result " + std::to_string(i) + ": " + text;
  }
  return "";
}

Arrays row_major(const Arrays& inputs) {
  Arrays out;
  for (const Array& input : inputs) out.push_back(copy(input));
  eval(out);
  return out;
}

}  // namespace

std::string different_bits(const Array& any_got, const Array& any_expected) {
  // Copies, as whoever reads elements may change the strides of what he reads.
  const Array got = copy(any_got), expected = copy(any_expected);
  eval({got, expected});
  if (got.dtype() == expected.dtype() && got.shape() == expected.shape()) {
    bool same = visit_dtype(got.dtype(), [&](auto tag) {
      using T = typename decltype(tag)::type;
      return std::memcmp(got.data<T>(), expected.data<T>(), got.nbytes()) == 0;
    });
    if (same) return "";
  }
  auto result = test::agree(got, expected);
  return result ? "" : result.message();
}

std::optional<Failure> check(const Program& program, const std::string& only, size_t* nodes) {
  set_conv_algorithm(ConvAlgorithm::direct);
  Arrays inputs = input_arrays(program);
  const Way plain{.name = "unfused", .fused = false};
  Outcome expected = run(program, plain, inputs);
  auto wanted = [&](const char* name) { return only.empty() || only == name; };
  std::optional<Outcome> of_copies;
  auto expected_of_copies = [&]() -> const Outcome& {
    if (!of_copies) of_copies = run(program, plain, row_major(inputs));
    return *of_copies;
  };
  for (const Way& way : ways) {
    if (!wanted(way.name)) continue;
    // The algorithm of a convolution depends on which values are kept: then only fusion differs.
    Way unfused = way;
    unfused.fused = false;
    Outcome other = program.has_convolution() ? run(program, unfused, inputs) : Outcome();
    const Outcome* right = program.has_convolution() ? &other : &expected;
    // Compiled functions copy what is not row-major, and a product's sums depend on strides.
    if (right == &expected && way.compiled) right = &expected_of_copies();
    std::string text = compare(run(program, way, inputs), *right);
    if (!text.empty()) return Failure{way.name, text};
  }
  if (!expected.error.empty()) return std::nullopt;
  return check_nodes(program, inputs, only, nodes);
}

}  // namespace lazulite::fuzz
