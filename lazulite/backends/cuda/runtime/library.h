#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "lazulite/backends/cuda/runtime/driver.h"

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

[[noreturn]] void reject_status(int status, const char* library, const char* what);
/// Throws what a library says of something, with `what` was to be done, unless it says `good`.
template <class Status>
void check_status(Status status, Status good, const char* library, const char* what) {
  if (status != good) reject_status(static_cast<int>(status), library, what);
}

/// What a library has opened for each device, kept for the life of the process.
template <class Handle>
class HandlesOfDevices {
 public:
  /// The device's handle, after `open` has seen to it that it is one. Its context is current.
  template <class Open>
  Handle& of(const DeviceInfo& device, Open open) {
    std::lock_guard lock(mutex_);
    Handle& handle = handles_[device.index];
    open(handle);
    return handle;
  }

 private:
  std::mutex mutex_;
  std::map<int, Handle> handles_;
};

/// Finds a library's functions by their names.
class FunctionLoader {
 public:
  explicit FunctionLoader(const LibraryNames& names);
  template <class Function>
  void find(const char* name, Function*& function) {
    function = reinterpret_cast<Function*>(address_of(name));
  }
  /// Empty unless the library, or one of the functions that it was asked for, is missing: a
  /// sentence that says so.
  const std::string& reason() const { return reason_; }

 private:
  void* address_of(const char* name);

  const LibraryNames names_;
  std::string reason_;  // which opening the library may set
  void* handle_ = nullptr;
};

/// Defines `Type`, a table of the functions that LIST(F) names, each as F(name): opened as it is
/// constructed of LibraryNames; its `reason` is that of FunctionLoader.
#define LAZULITE_FUNCTION_TABLE(Type, LIST)                  \
  struct Type {                                              \
    LIST(LAZULITE_TABLE_MEMBER)                              \
    std::string reason;                                      \
    explicit Type(const ::lazulite::cuda::LibraryNames& n) { \
      ::lazulite::cuda::FunctionLoader loader(n);            \
      LIST(LAZULITE_TABLE_FIND)                              \
      reason = loader.reason();                              \
    }                                                        \
    bool available() const { return reason.empty(); }        \
  }
#define LAZULITE_TABLE_MEMBER(name) decltype(&::name) name = nullptr;
#define LAZULITE_TABLE_FIND(name) loader.find(#name, name);

}  // namespace lazulite::cuda
