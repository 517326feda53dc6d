#include "lazulite/backends/cpu/primitives/indexing/indices.h"

#include <algorithm>
#include <limits>

#include "lazulite/backends/cpu/parallel.h"

namespace lazulite::cpu {
namespace {

template <class T>
int64_t position(T index, int64_t limit) {
  if constexpr (std::is_signed_v<T>) {
    const int64_t value = index;
    return std::clamp<int64_t>(value < 0 ? value + limit : value, 0, limit - 1);
  } else {
    return static_cast<int64_t>(std::min<uint64_t>(index, static_cast<uint64_t>(limit - 1)));
  }
}

// The same for many of 32 bits, of which the compiler makes vectors.
void narrow_positions(const int32_t* indices, int64_t count, int32_t limit, int64_t* positions) {
  for (int64_t i = 0; i < count; ++i) {
    int32_t index = indices[i];
    index = index < 0 ? index + limit : index;
    index = index < 0 ? 0 : index;
    positions[i] = index < limit ? index : limit - 1;
  }
}

}  // namespace

IndexReader::IndexReader(const Operand& operand, int64_t limit, size_t* scratch_bytes)
    : input_(operand, scratch_bytes), dtype_(operand.dtype), limit_(limit) {}

const std::byte* IndexReader::get(void* const* slots, const Scratch& scratch) const {
  return input_.get(slots, scratch);
}

void IndexReader::read(const std::byte* bytes, int64_t first, int64_t count,
                       int64_t* positions) const {
  visit_dtype(dtype_, [&]<class T>(TypeTag<T>) {
    if constexpr (std::is_integral_v<T>) {
      const T* indices = reinterpret_cast<const T*>(bytes) + first;
      if constexpr (std::is_same_v<T, int32_t>) {
        if (limit_ <= std::numeric_limits<int32_t>::max()) {
          narrow_positions(indices, count, static_cast<int32_t>(limit_), positions);
          return;
        }
      }
      for (int64_t i = 0; i < count; ++i) positions[i] = position(indices[i], limit_);
    }
  });
}

IndexInput::IndexInput(const Operand& operand, int64_t limit, size_t* scratch_bytes)
    : reader_(operand, limit, scratch_bytes),
      count_(operand.size()),
      scratch_offset_(
          reserve_scratch(static_cast<size_t>(count_) * sizeof(int64_t), scratch_bytes)) {}

const int64_t* IndexInput::get(void* const* slots, const Scratch& scratch) const {
  int64_t* positions = scratch.at<int64_t>(scratch_offset_);
  const std::byte* indices = reader_.get(slots, scratch);
  parallel_for(count_, 65536, [&](int64_t begin, int64_t end, int) {
    reader_.read(indices, begin, end - begin, positions + begin);
  });
  return positions;
}

AxisView::AxisView(const Shape& shape, int axis) : size(shape[static_cast<size_t>(axis)]) {
  for (int i = 0; i < static_cast<int>(shape.size()); ++i) {
    if (i < axis) outer *= shape[static_cast<size_t>(i)];
    if (i > axis) inner *= shape[static_cast<size_t>(i)];
  }
}

}  // namespace lazulite::cpu
