#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/movers/transpose_tile.h"

namespace lazulite::cpu {
namespace {

// Elements for which a second thread is worth waking.
constexpr int64_t grain = 32768;

template <class T>
void copy_row(const T* from, int64_t from_stride, T* to, int64_t to_stride, int64_t count) {
  if (to_stride == 1 && from_stride == 1) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(T));
  } else if (to_stride == 1 && from_stride == 0) {
    std::fill_n(to, count, *from);
  } else if (to_stride == 1) {
    for (int64_t i = 0; i < count; ++i) to[i] = from[i * from_stride];
  } else {
    for (int64_t i = 0; i < count; ++i) to[i * to_stride] = from[i * from_stride];
  }
}

}  // namespace

StridedCopy::StridedCopy(const Shape& shape, const Strides& from, const Strides& to,
                         size_t element_bytes)
    : element_bytes_(element_bytes) {
  SmallVector<Axis, 6> axes;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0) empty_ = true;
    if (shape[i] != 1) axes.push_back({shape[i], from[i], to[i]});
  }
  std::stable_sort(axes.begin(), axes.end(),
                   [](const Axis& a, const Axis& b) { return std::abs(a.to) > std::abs(b.to); });
  for (const Axis& axis : axes) {
    if (!axes_.empty() && axes_.back().from == axis.from * axis.size &&
        axes_.back().to == axis.to * axis.size) {
      axes_.back() = {axes_.back().size * axis.size, axis.from, axis.to};
    } else {
      axes_.push_back(axis);
    }
  }
  if (axes_.empty()) axes_.push_back({1, 1, 1});

  if (axes_.back().to != 1 || axes_.back().from == 1) return;
  for (size_t i = 0; i + 1 < axes_.size(); ++i) {
    if (axes_[i].from != 1) continue;
    std::rotate(axes_.begin() + i, axes_.begin() + i + 1, axes_.end() - 1);
    transposes_ = true;
    return;
  }
}

void StridedCopy::run(const std::byte* from, std::byte* to) const {
  if (empty_) return;
  switch (element_bytes_) {
    case 1: return copy(reinterpret_cast<const uint8_t*>(from), reinterpret_cast<uint8_t*>(to));
    case 2: return copy(reinterpret_cast<const uint16_t*>(from), reinterpret_cast<uint16_t*>(to));
    case 4: return copy(reinterpret_cast<const uint32_t*>(from), reinterpret_cast<uint32_t*>(to));
    default: return copy(reinterpret_cast<const uint64_t*>(from), reinterpret_cast<uint64_t*>(to));
  }
}

template <class T>
void StridedCopy::copy(const T* from, T* to) const {
  transposes_ ? copy_transposed(from, to) : copy_rows(from, to);
}

template <class T>
void StridedCopy::copy_rows(const T* from, T* to) const {
  const Axis row = axes_.back();
  int64_t count = 1;
  for (const Axis& axis : axes_) count *= axis.size;
  parallel_for(count, grain, [&](int64_t begin, int64_t end, int) {
    SmallVector<int64_t, 6> index(axes_.size(), 0);
    int64_t rest = begin;
    const T* source = from;
    T* target = to;
    for (size_t i = axes_.size(); i-- > 0;) {
      index[i] = rest % axes_[i].size;
      rest /= axes_[i].size;
      source += index[i] * axes_[i].from;
      target += index[i] * axes_[i].to;
    }
    int64_t done = begin;
    int64_t length = std::min(row.size - index.back(), end - begin);
    while (true) {
      copy_row(source, row.from, target, row.to, length);
      done += length;
      if (done == end) return;
      source -= index.back() * row.from;
      target -= index.back() * row.to;
      index.back() = 0;
      length = std::min(row.size, end - done);
      for (size_t i = axes_.size() - 1; i-- > 0;) {
        source += axes_[i].from;
        target += axes_[i].to;
        if (++index[i] < axes_[i].size) break;
        source -= axes_[i].from * axes_[i].size;
        target -= axes_[i].to * axes_[i].size;
        index[i] = 0;
      }
    }
  });
}

// The last axis is the inner one of `to`, the one before it that of `from`.
template <class T>
void StridedCopy::copy_transposed(const T* from, T* to) const {
  constexpr int64_t tile_rows = 64;
  constexpr int64_t tile_columns = 64;
  const Axis rows = axes_[axes_.size() - 2];
  const Axis columns = axes_.back();
  const int64_t row_tiles = (rows.size + tile_rows - 1) / tile_rows;
  const int64_t column_tiles = (columns.size + tile_columns - 1) / tile_columns;
  int64_t tiles = row_tiles * column_tiles;
  for (size_t i = 0; i + 2 < axes_.size(); ++i) tiles *= axes_[i].size;
  const int64_t tile_size = std::min(rows.size, tile_rows) * std::min(columns.size, tile_columns);
  parallel_for(tiles, std::max<int64_t>(grain / tile_size, 1),
               [&](int64_t begin, int64_t end, int) {
                 for (int64_t tile = begin; tile < end; ++tile) {
                   const int64_t column = tile % column_tiles * tile_columns;
                   int64_t rest = tile / column_tiles;
                   const int64_t row = rest % row_tiles * tile_rows;
                   rest /= row_tiles;
                   const T* source = from + row + column * columns.from;
                   T* target = to + row * rows.to + column;
                   for (size_t i = axes_.size() - 2; i-- > 0;) {
                     const int64_t index = rest % axes_[i].size;
                     rest /= axes_[i].size;
                     source += index * axes_[i].from;
                     target += index * axes_[i].to;
                   }
                   transpose_tile(source, columns.from, target, rows.to,
                                  std::min(tile_rows, rows.size - row),
                                  std::min(tile_columns, columns.size - column));
                 }
               });
}

RowMajorInput::RowMajorInput(const Operand& operand, size_t* scratch_bytes)
    : operand_(operand),
      in_place_(operand.row_major()),
      copy_(operand.shape, operand.strides, row_major_strides(operand.shape),
            size_of(operand.dtype)) {
  if (!in_place_) scratch_offset_ = reserve_scratch(operand.bytes(), scratch_bytes);
}

const std::byte* RowMajorInput::bytes(void* const* slots, const Scratch& scratch) const {
  if (in_place_) return address(slots, operand_);
  std::byte* packed = scratch.at(scratch_offset_);
  copy_.run(address(slots, operand_), packed);
  return packed;
}

}  // namespace lazulite::cpu
