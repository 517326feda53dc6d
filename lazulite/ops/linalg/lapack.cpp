#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>

#include "lazulite/core/errors.h"
#include "lazulite/ops/linalg/dense.h"

namespace lazulite::dense {
namespace {

// The library lies beside this one.
const Lapack& open_library() {
  Dl_info own;
  std::filesystem::path path;
  if (dladdr(reinterpret_cast<const void*>(&lapack), &own)) {
    path = std::filesystem::absolute(own.dli_fname).parent_path();
  }
#ifdef __APPLE__
  path /= "liblazulite_lapack.dylib";
#else
  path /= "liblazulite_lapack.so";
#endif
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* entry = handle ? dlsym(handle, "lazulite_lapack_entry") : nullptr;
  if (!entry) throw Error(fmt::format("linalg: {} cannot be opened: {}", path.string(), dlerror()));
  return *reinterpret_cast<const Lapack* (*)()>(entry)();
}

}  // namespace

const Lapack& lapack() {
  static const Lapack& library = open_library();
  return library;
}

}  // namespace lazulite::dense
