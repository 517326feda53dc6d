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
    {.name = "not waited for", .waits = false},
    {.name = "in three streams", .streams = 3},
    {.name = "exported", .exported = true},
    {.name = "compiled, in three streams", .compiled = true, .streams = 3},
    {.name = "compiled, given away and not waited for",
     .compiled = true,
     .own_inputs = true,
     .waits = false},
};

std::string compare(const Outcome& got, const Outcome& expected, const Program& program,
                    const Way& way) {
  if (got.arrays.size() != expected.arrays.size()) return "another number of results";
  // What comes from a convolution may share the error of what is computed with it.
  const bool shares = program.has_convolution() || program.has_pooling();
  // What a second call has read from a cell before anybody was told fails with it.
  const size_t of_calls = got.arrays.size() - got.cells;
  const bool unaware = !way.waits && got.cells > 0 && expected.failed();
  for (size_t i = 0; i < got.arrays.size(); ++i) {
    std::string result = "result " + std::to_string(i) + ": ", text;
    if (unaware && i >= of_calls / 2 && i < of_calls) continue;
    if (got.errors[i].empty() != expected.errors[i].empty()) {
      if (shares) continue;
      if (got.errors[i].empty()) return result + "no error where otherwise: " + expected.errors[i];
      return result + "error: " + got.errors[i];
    }
    if (got.errors[i].empty()) text = different_bits(got.arrays[i], expected.arrays[i]);
    if (!text.empty()) return result + text;
  }
  return "";
}

// A compiled call in which something fails gives nothing, and no cell changes.
std::string expect_nothing(const Outcome& got, const Program& program) {
  size_t results = got.arrays.size() - got.cells, cell = results;
  for (size_t i = 0; i < results; ++i) {
    if (got.errors[i].empty()) return "result " + std::to_string(i) + " of a failed call";
  }
  Arrays inputs = input_arrays(program);
  std::vector<int> values = program.inputs();
  for (size_t i = 0; i < values.size(); ++i) {
    if (!program.values[static_cast<size_t>(values[i])].input.cell) continue;
    std::string name = "the cell of v" + std::to_string(values[i]) + " after a failed call: ";
    if (!got.errors[cell].empty()) return name + got.errors[cell];
    std::string text = different_bits(got.arrays[cell++], inputs[i]);
    if (!text.empty()) return name + text;
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
    Outcome got = run(program, way, inputs);
    bool nothing = way.compiled && right->failed();
    std::string text = nothing ? expect_nothing(got, program) : compare(got, *right, program, way);
    if (!text.empty()) return Failure{way.name, text};
  }
  if (expected.failed()) return std::nullopt;
  try {
    if (auto failure = check_nodes(program, inputs, only, nodes)) return failure;
    return check_transforms(program, only);
  } catch (const IndexError&) {
    // What no result depends on (the value where only its derivative is asked for) may fail.
    if (!has_failing_node(program, inputs)) throw;
    return std::nullopt;
  }
}

}  // namespace lazulite::fuzz
