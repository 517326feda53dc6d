#include "lazulite/backends/cuda/runtime/library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "lazulite/core/errors.h"

namespace lazulite::cuda {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

void add_list(std::vector<std::string>& folders, const std::string& list) {
  for (size_t start = 0; start < list.size();) {
    size_t colon = std::min(list.find(':', start), list.size());
    if (colon > start) folders.push_back(list.substr(start, colon - start));
    start = colon + 1;
  }
}

// What is in a folder, sorted; nothing where it cannot be read.
std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Python's folders of packages: the one that this library lies in, and that of a virtual
// environment.
std::vector<fs::path> site_packages() {
  std::vector<fs::path> found;
  Dl_info own;
  if (dladdr(reinterpret_cast<const void*>(&library_folders), &own)) {
    std::error_code error;
    for (fs::path at = fs::absolute(own.dli_fname, error); at.has_relative_path();
         at = at.parent_path()) {
      if (at.filename() == "site-packages" || at.filename() == "dist-packages") found.push_back(at);
    }
  }
  if (std::string environment = variable("VIRTUAL_ENV"); !environment.empty()) {
    for (const fs::path& python : entries(fs::path(environment) / "lib")) {
      if (python.filename().string().starts_with("python"))
        found.push_back(python / "site-packages");
    }
  }
  return found;
}

}  // namespace

std::vector<std::string> library_folders() {
  std::vector<std::string> folders;
  add_list(folders, variable("LAZULITE_CUDA_PATH"));
  for (const fs::path& packages : site_packages()) {
    for (const fs::path& package : entries(packages / "nvidia")) folders.push_back(package / "lib");
  }
  auto add_toolkit = [&](const std::string& home) {
    if (home.empty()) return;
    for (const char* below : {"lib64", "lib"}) folders.push_back(fs::path(home) / below);
  };
  add_toolkit(variable("CUDA_HOME"));
  folders.emplace_back();
  add_toolkit("/usr/local/cuda");
  return folders;
}

void reject_status(int status, const char* library, const char* what) {
  throw Error(fmt::format("cuda: {} failed: {} says {}", what, library, status));
}

void* open_library(const LibraryNames& names, std::string* reason) {
  std::string looked, broken;
  for (const std::string& folder : library_folders()) {
    for (const char* file : names.files) {
      std::string path = folder.empty() ? file : fs::path(folder) / file;
      std::error_code unreadable;
      if (!folder.empty() && !fs::exists(path, unreadable)) continue;
      if (void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return handle;
      if (!folder.empty()) broken = dlerror();
    }
    if (!folder.empty()) looked += folder + ", ";
  }
  if (!broken.empty()) {
    *reason =
        fmt::format("{} cannot be opened ({}); install {}", names.what, broken, names.install);
  } else {
    *reason = fmt::format("{} is missing: {} was not found in {}the loader's path; install {}",
                          names.what, names.files.front(), looked, names.install);
  }
  return nullptr;
}

FunctionLoader::FunctionLoader(const LibraryNames& names)
    : names_(names), handle_(open_library(names, &reason_)) {}

void* FunctionLoader::address_of(const char* name) {
  void* address = handle_ ? dlsym(handle_, name) : nullptr;
  if (!address && reason_.empty()) {
    reason_ = fmt::format("{} lacks {}; install {}", names_.what, name, names_.install);
  }
  return address;
}

}  // namespace lazulite::cuda
