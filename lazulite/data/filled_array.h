#pragma once

#include <functional>

#include "lazulite/core/array.h"

namespace lazulite::data {

/// An array whose row-major host memory `fill` writes before anybody else sees it; nothing is
/// copied, and the memory comes from the caching allocator and returns to it. Safe on any thread.
Array filled_array(const Shape& shape, Dtype dtype, const std::function<void(void*)>& fill);

}  // namespace lazulite::data
