#pragma once

#include <algorithm>
#include <cstdint>

#include "lazulite/backends/cpu/conv/conv.h"

// Sizes that kernels and the functions that size workspaces must agree on.
namespace lazulite::cpu {

// A block is four tiles of one group side by side: the columns of a matrix product.
inline constexpr int tiles_per_block = 4;
inline constexpr int64_t block_floats = tiles_per_block * images_per_group;

// Output channels are computed in fives, or in fours where that leaves fewer over.
inline constexpr int most_channels_per_part = 5;
inline int channels_per_part(int64_t channels) {
  return (channels + 4) / 5 * 5 <= (channels + 3) / 4 * 4 ? 5 : 4;
}
inline int64_t parts_of(int64_t channels) {
  const int size = channels_per_part(channels);
  return (channels + size - 1) / size;
}

inline int64_t round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}
inline int64_t divide_up(int64_t value, int64_t divisor) { return (value + divisor - 1) / divisor; }

// What tiles read outside the image: a row of the largest tile.
alignas(64) inline constexpr float zero_pixels[8 * images_per_group] = {};

struct WinogradGeometry {
  explicit WinogradGeometry(const ConvPlan& plan)
      : tile(plan.tile),
        size(plan.tile + plan.shape.kernel - 1),
        points(size * size),
        tiles_y(divide_up(computed(plan.shape.out_h(), plan.options.pool), tile)),
        tiles_x(divide_up(computed(plan.shape.out_w(), plan.options.pool), tile)),
        tiles(tiles_y * tiles_x),
        blocks(divide_up(tiles, tiles_per_block)) {}

  int64_t tiles_in(int64_t block) const {
    return std::min<int64_t>(tiles - block * tiles_per_block, tiles_per_block);
  }
  // Between the rows of two points; not a power of two, so that they do not share a cache set.
  int64_t point_stride(int64_t channels) const {
    return channels * block_floats + images_per_group;
  }
  int64_t block_stride(int64_t channels) const { return points * point_stride(channels); }
  // Between the products of two rows of points.
  static constexpr int64_t part_stride = most_channels_per_part * block_floats;

  // Where two windows of the pool may share a tile's edge, the tiles of a block are put together.
  bool joins_tiles(bool pool) const { return pool && tile % 2 == 1; }

  int64_t tile, size, points, tiles_y, tiles_x, tiles, blocks;

 private:
  static int64_t computed(int64_t side, bool pool) { return pool ? side / 2 * 2 : side; }
};

}  // namespace lazulite::cpu
