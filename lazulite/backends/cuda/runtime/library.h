#pragma once

#include <string>
#include <vector>

namespace lazulite::cuda {

/// A shared library of NVIDIA's and where it comes from.
struct LibraryNames {
  const char* what;                ///< as sentences name it
  std::vector<const char*> files;  ///< the newest major version first
  const char* install;             ///< what brings it, for people
};

/// Where the libraries are looked for, in this order: the folders of LAZULITE_CUDA_PATH (separated
/// by ':'), the folders nvidia/*/lib of Python's site-packages, CUDA_HOME, and, as an empty entry,
/// wherever the loader looks; last the toolkit's usual place.
std::vector<std::string> library_folders();

/// Opens a library. Null if there is none, with one sentence in *reason that says what is missing,
/// where it was looked for and what to install.
void* open_library(const LibraryNames& names, std::string* reason);

}  // namespace lazulite::cuda
