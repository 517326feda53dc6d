#pragma once

#include <cstdint>

#include "lazulite/backends/cpu/conv/geometry.h"
#include "lazulite/backends/cpu/conv/image.h"

namespace lazulite::cpu {

// A band of tiles, and where its parts lie in the scratch memory of a thread.
struct ImageBand {
  explicit ImageBand(const ConvPlan& plan)
      : geometry(plan),
        tiles(round_up(ImageBands(plan).rows_per_band * geometry.tiles_x, 4)),
        columns(geometry.tiles_x * geometry.tile + plan.shape.kernel - 1),
        row_floats(round_up(columns * plan.shape.c_in, images_per_group)),
        tile_floats(round_up(plan.shape.c_in, images_per_group)) {
    const int64_t rows = ImageBands(plan).rows_per_band * geometry.tile + plan.shape.kernel - 1;
    constexpr int64_t most_lanes = 4 * images_per_group;
    staged = take(rows * columns * plan.shape.c_in);
    half = take(geometry.size * row_floats);
    transformed = take(geometry.points * tiles * tile_floats);
    products = take(geometry.size * tiles * most_lanes);
    half_products = take(geometry.size * geometry.tile * tiles * most_lanes);
    results = take(tiles * geometry.tile * geometry.tile * most_lanes);
  }

  int64_t take(int64_t count) {
    // Vectors that begin in the last elements reach beyond them.
    const int64_t start = floats;
    floats += round_up(count, images_per_group) + images_per_group;
    return start;
  }

  WinogradGeometry geometry;
  int64_t tiles;  // in a full band, rounded up to what a product takes at a time
  int64_t columns, row_floats, tile_floats;
  int64_t floats = 0;
  int64_t staged, half, transformed, products, half_products, results;
};

}  // namespace lazulite::cpu
