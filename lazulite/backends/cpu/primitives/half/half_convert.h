#pragma once

#include <cstddef>
#include <cstdint>

#include "lazulite/core/dtype.h"

namespace lazulite::cpu {

// Between float16 or bfloat16 and float32, `count` elements side by side; rounds to nearest even.
void widen(const std::byte* from, Dtype half, float* to, int64_t count);
void narrow(const float* from, std::byte* to, Dtype half, int64_t count);

}  // namespace lazulite::cpu
