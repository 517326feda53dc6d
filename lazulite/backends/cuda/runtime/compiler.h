#pragma once

#include <string>

namespace lazulite::cuda {

/// Makes machine code of CUDA C++ (NVRTC), or finds it in the disk cache. `architecture` is 90 for
/// compute capability 9.0. A product and a sum stay two roundings. Throws with the compiler's log.
std::string compiled(const std::string& source, int architecture);

/// Whether there is a compiler; otherwise a sentence in *reason.
bool compiler_available(std::string* reason);

}  // namespace lazulite::cuda
