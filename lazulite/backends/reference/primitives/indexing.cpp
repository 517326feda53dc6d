#include "lazulite/ops/primitives/indexing.h"

#include <algorithm>
#include <cstring>

#include "lazulite/backends/reference/primitives/elements.h"
#include "lazulite/backends/reference/primitives/primitives.h"

namespace lazulite::reference {
namespace {

// Calls f(element of x, element of the gathered or of the updates) for all of the latter. Inputs
// are x and the positions along `axis`: one for each element (`along`), or for each sub-array.
template <class F>
void for_each_gathered(const Run& run, int axis, bool along, F&& f) {
  const Shape& shape = run.input(0).shape;
  const Operand& positions = run.input(1);
  int64_t size = shape[axis], before = element_count(std::span(shape.begin(), axis));
  int64_t after = element_count(std::span(shape.begin() + axis + 1, shape.end()));
  int64_t count = along ? positions.shape[axis] : positions.size();
  Elements at = run.elements(positions);
  for (int64_t i = 0; i < before * count * after; ++i) {
    int64_t position = 0;
    convert(at[along ? i : i / after % count], positions.dtype, &position, Dtype::int64);
    if (position < 0) position += size;
    position = std::clamp<int64_t>(position, 0, size - 1);
    f((i / (count * after) * size + position) * after + i % after, i);
  }
}

void gather(const Run& run, int axis, bool along) {
  Elements x = run.elements(run.input(0)), out = run.elements(run.output());
  for_each_gathered(run, axis, along, [&](int64_t from, int64_t to) {
    std::memcpy(out[to], x[from], size_of(run.output().dtype));
  });
}

void scatter(const Run& run, int axis, bool along, bool add) {
  Dtype dtype = run.output().dtype;
  Kept updates(run.elements(run.input(2)), dtype);
  copy_first_input(run);
  Elements out = run.elements(run.output());
  for_each_gathered(run, axis, along, [&](int64_t to, int64_t from) {
    const void* operands[] = {out[to], updates[from]};
    row_function(add ? Row::add : Row::positive, dtype)(add ? operands : operands + 1, out[to]);
  });
}

void run(const CheckIndex& p, const Run& run) {
  Elements from = run.elements(run.input(0)), to = run.elements(run.output());
  visit_dtype(run.input(0).dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T>) {
      for (size_t i = 0; i < from.size(); ++i) {
        T index = *reinterpret_cast<const T*>(from[i]);
        int64_t position = 0;
        if (!p.position(index, &position)) p.reject(std::to_string(index));
        convert(&position, Dtype::int64, to[i], run.output().dtype);
      }
    }
  });
}

void run(const Gather& p, const Run& run) { gather(run, p.axis, false); }
void run(const GatherAlong& p, const Run& run) { gather(run, p.axis, true); }
void run(const ScatterAdd& p, const Run& run) { scatter(run, p.axis, false, true); }
void run(const ScatterAlong& p, const Run& run) { scatter(run, p.axis, true, p.add); }

}  // namespace

LAZULITE_REFERENCE_KERNEL(CheckIndex);
LAZULITE_REFERENCE_KERNEL(Gather);
LAZULITE_REFERENCE_KERNEL(GatherAlong);
LAZULITE_REFERENCE_KERNEL(ScatterAdd);
LAZULITE_REFERENCE_KERNEL(ScatterAlong);

}  // namespace lazulite::reference
