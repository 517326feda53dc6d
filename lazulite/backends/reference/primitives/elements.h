#pragma once

#include <cstring>
#include <vector>

#include "lazulite/backends/reference/rows.h"
#include "lazulite/backends/reference/run.h"

// What several kernels do with elements.
namespace lazulite::reference {

inline void copy(const Elements& from, const Elements& to, Dtype dtype) {
  for (size_t i = 0; i < to.size(); ++i) std::memcpy(to[i], from[i], size_of(dtype));
}

// An output that may lie where input 0 lies: a copy of it, but for what is written into it.
inline void copy_first_input(const Run& run) {
  const Operand &x = run.input(0), &y = run.output();
  if (x.size() == 0) return;
  const bool in_place = run.elements(x) == run.elements(y);
  if (!in_place) copy(run.elements(x), run.elements(y), y.dtype);
}

// Elements read before anything is written.
class Kept {
 public:
  Kept(const Elements& elements, Dtype dtype) : size_(size_of(dtype)) {
    for (const std::byte* element : elements) {
      bytes_.insert(bytes_.end(), element, element + size_);
    }
  }
  const std::byte* operator[](int64_t i) const { return bytes_.data() + i * size_; }

 private:
  size_t size_;
  std::vector<std::byte> bytes_;
};

// Whether `a` takes the place of the extreme `b`: it is beyond it, or the first NaN.
inline bool beats(const void* a, const void* b, Dtype dtype, bool maximum) {
  auto holds = [&](Row row, const void* x, const void* y) {
    const void* operands[] = {x, y};
    bool out = false;
    row_function(row, dtype)(operands, &out);
    return out;
  };
  if (holds(Row::isnan, b, b)) return false;
  return holds(Row::isnan, a, a) || holds(maximum ? Row::greater : Row::less, a, b);
}

}  // namespace lazulite::reference
