// Programs with their inputs and results, for other front ends to run: see tests/python/fuzz.
#include "fuzz/exchange.h"

#include <iostream>

#include "fuzz/execute.h"

namespace lazulite::fuzz {
namespace {

// One line, then the elements; a failed result is a line alone.
void write(std::ostream& out, const Array& any) {
  const Array array = copy(any).eval();
  out << "array " << name_of(array.dtype());
  for (int64_t size : array.shape()) out << " " << size;
  out << "\n";
  visit_dtype(array.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    out.write(reinterpret_cast<const char*>(array.data<T>()),
              static_cast<std::streamsize>(array.nbytes()));
  });
  out << "\n";
}

}  // namespace

void write_with_results(std::ostream& out, const Program& program) {
  // Another front end has no odd strides, and products depend on them.
  Arrays inputs;
  for (const Array& input : input_arrays(program)) inputs.push_back(copy(input).eval());
  const Way way{.name = "for another front end"};
  const Outcome outcome = run(program, way, inputs);
  const std::string text = serialise(program);
  out << "text " << text.size() << "\n" << text << "inputs " << inputs.size() << "\n";
  for (const Array& input : inputs) write(out, input);
  out << "results " << outcome.arrays.size() << "\n";
  for (size_t i = 0; i < outcome.arrays.size(); ++i) {
    if (outcome.errors[i].empty()) {
      write(out, outcome.arrays[i]);
    } else {
      out << "error\n";
    }
  }
}

void write_dtypes(std::ostream& out) {
  out << "dtypes";
#define LAZULITE_DTYPE(type, name) out << " " << name_of(Dtype::name);
  LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
  out << "\n";
}

}  // namespace lazulite::fuzz
