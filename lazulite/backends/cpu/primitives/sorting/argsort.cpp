#include <algorithm>
#include <bit>
#include <numeric>
#include <vector>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/indexing/indices.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/ops/primitives/sort.h"

namespace lazulite::cpu {
namespace {

// A number as one without a sign that is ordered as it is: NaN last, both zeros equal.
template <class T>
uint64_t ordered(T value) {
  if constexpr (std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>) {
    return ordered(float(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    using Bits = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
    constexpr Bits sign = Bits{1} << (sizeof(T) * 8 - 1);
    if (value != value) return static_cast<Bits>(-1);
    Bits bits = std::bit_cast<Bits>(value == 0 ? T(0) : value);
    return static_cast<Bits>(bits & sign ? ~bits : bits | sign);
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<uint64_t>(static_cast<int64_t>(value)) ^ (uint64_t{1} << 63);
  } else {
    return static_cast<uint64_t>(value);
  }
}

struct Item {
  uint64_t key;
  uint32_t position;
};

// By digits, the lowest first, from one half of the memory to the other (Knuth, volume 3, 5.2.5).
// Digits that all keys share are passed over.
void radix_sort(Item* items, Item* other, int64_t size) {
  constexpr int digit_bits = 11, digits = 6;
  constexpr size_t values = size_t{1} << digit_bits;
  std::vector<uint32_t> counts(values * digits, 0);
  for (int64_t i = 0; i < size; ++i) {
    for (int d = 0; d < digits; ++d) {
      ++counts[d * values + (items[i].key >> (d * digit_bits) & (values - 1))];
    }
  }
  Item *from = items, *to = other;
  for (int d = 0; d < digits; ++d) {
    uint32_t* count = &counts[d * values];
    const size_t first = from[0].key >> (d * digit_bits) & (values - 1);
    if (count[first] == static_cast<uint32_t>(size)) continue;
    uint32_t before = 0;
    for (size_t v = 0; v < values; ++v) before += std::exchange(count[v], before);
    for (int64_t i = 0; i < size; ++i) {
      to[count[from[i].key >> (d * digit_bits) & (values - 1)]++] = from[i];
    }
    std::swap(from, to);
  }
  if (from != items) std::copy(from, from + size, items);
}

void sort_items(std::vector<Item>& items, std::vector<Item>& other) {
  constexpr size_t worth_counting = 3000;
  if (items.size() >= worth_counting) {
    other.resize(items.size());
    radix_sort(items.data(), other.data(), static_cast<int64_t>(items.size()));
    return;
  }
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return a.key != b.key ? a.key < b.key : a.position < b.position;
  });
}

// The memory of one worker.
struct Memory {
  std::vector<Item> items, other;
};

template <class T>
void sort_line(const T* x, uint32_t* y, int64_t size, int64_t inner, Memory& memory) {
  memory.items.resize(static_cast<size_t>(size));
  for (int64_t k = 0; k < size; ++k) {
    memory.items[k] = {ordered(x[k * inner]), static_cast<uint32_t>(k)};
  }
  sort_items(memory.items, memory.other);
  for (int64_t k = 0; k < size; ++k) y[k * inner] = memory.items[k].position;
}

// First by the imaginary parts, then, keeping their order, by the real ones.
void sort_line(const complex64* x, uint32_t* y, int64_t size, int64_t inner, Memory&) {
  std::vector<uint32_t> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  auto key = [&](uint32_t k) {
    const complex64 value = x[k * inner];
    const bool nan = value != value;
    return std::pair(nan ? ~uint64_t{0} : ordered(value.real()),
                     nan ? ~uint64_t{0} : ordered(value.imag()));
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return key(a) < key(b); });
  for (int64_t k = 0; k < size; ++k) y[k * inner] = order[k];
}

template <class T>
void sort_lines(const AxisView& view, const T* x, uint32_t* y) {
  const int64_t grain = std::max<int64_t>(1000 / std::max<int64_t>(view.size, 1), 1);
  parallel_for(view.outer * view.inner, grain, [&](int64_t begin, int64_t end, int) {
    Memory memory;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at = i / view.inner * view.size * view.inner + i % view.inner;
      sort_line(x + at, y + at, view.size, view.inner, memory);
    }
  });
}

}  // namespace

bool accepts(const ArgSort&, const Launch&) { return true; }

std::unique_ptr<Kernel> make(const ArgSort& p, const Launch& launch) {
  const Operand& y = launch.outputs[0];
  const AxisView view(y.shape, p.axis);
  const Dtype dtype = launch.inputs[0].dtype;
  size_t scratch_bytes = 0;
  const RowMajorInput input(launch.inputs[0], &scratch_bytes);
  return kernel_of([=](void* const* slots) {
    if (y.size() == 0) return;
    const Scratch scratch(scratch_bytes);
    visit_dtype(dtype, [&]<class T>(TypeTag<T>) {
      sort_lines(view, input.get<T>(slots, scratch), address<uint32_t>(slots, y));
    });
  });
}

LAZULITE_CPU_KERNEL(ArgSort);

}  // namespace lazulite::cpu
