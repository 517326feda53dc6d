#pragma once

#include <string>

namespace lazulite::cpu {

// Lets the environment variable LAZULITE_SIMD hold the kernels to a narrower instruction set than
// the machine's widest: "sse4", "avx2" or "avx512" (on Arm "neon"). Returns false with a sentence
// in *reason where the name is unknown or the machine lacks the set.
bool choose_simd_target(std::string* reason);

// The instruction set that the kernels use, by Highway's name.
const char* simd_target();

}  // namespace lazulite::cpu
