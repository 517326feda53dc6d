#pragma once

#include <cstdint>

namespace lazulite::cpu {

// pack_images and unpack_images for one group, of which `count` images exist.
void pack_group(const float* images, int64_t count, int64_t pixels, int64_t c, float* packed);
void unpack_group(const float* packed, int64_t count, int64_t pixels, int64_t c, float* images);

}  // namespace lazulite::cpu
