#include "lazulite/program/backends.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "lazulite/core/environment.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/fork.h"
#include "lazulite/core/threads.h"
#include "lazulite/program/executor.h"
#include "lazulite/program/options.h"

namespace lazulite {
namespace {

#ifdef __APPLE__
constexpr const char* library_suffix = ".dylib";
#else
constexpr const char* library_suffix = ".so";
#endif

std::filesystem::path own_folder() {
  Dl_info library;
  if (!dladdr(reinterpret_cast<const void*>(&backend_of), &library)) return {};
  return std::filesystem::absolute(library.dli_fname).parent_path();
}

class Registry {
 public:
  Registry() {
    if (const char* paths = environment_text("LAZULITE_BACKEND_PATH")) {
      std::string_view rest = paths;
      while (!rest.empty()) {
        size_t colon = std::min(rest.find(':'), rest.size());
        if (colon > 0) folders_.emplace_back(rest.substr(0, colon));
        rest.remove_prefix(std::min(colon + 1, rest.size()));
      }
    }
    folders_.push_back(own_folder());
  }

  Backend* find(const Device& device, std::string* reason) {
    try {
      check_environment();
    } catch (const Error& error) {
      *reason = error.what();
      return nullptr;
    }
    std::lock_guard lock(mutex_);
    auto key = std::pair(device.name(), device.index());
    if (auto found = backends_.find(key); found != backends_.end()) return found->second;
    const BackendEntry* entry = library(device.name(), reason);
    if (!entry) return nullptr;
    int count = entry->device_count();
    if (device.index() < 0 || (device.index() >= count && count > 0)) {
      *reason = fmt::format("the {} backend has {} device{}, so there is none with index {}",
                            device.name(), count, count == 1 ? "" : "s", device.index());
      return nullptr;
    }
    Backend* backend = entry->open(device.index(), reason);
    if (backend) backends_.emplace(key, backend);
    return backend;
  }

  void add_folder(const std::string& folder) {
    std::lock_guard lock(mutex_);
    folders_.insert(folders_.begin(), folder);
  }

 private:
  const BackendEntry* library(const std::string& name, std::string* reason) {
    std::string file = "liblazulite_" + name + library_suffix;
    for (const auto& folder : folders_) {
      auto path = folder / file;
      std::error_code unreadable;
      if (!std::filesystem::exists(path, unreadable)) continue;
      void* handle = [&] {
        const BriefSpinning spinning;
        return dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
      }();
      if (!handle) {
        *reason = fmt::format("the {} backend cannot be opened: {}", name, dlerror());
        return nullptr;
      }
      auto function =
          reinterpret_cast<BackendEntryFunction>(dlsym(handle, "lazulite_backend_entry"));
      const BackendEntry* entry = function ? function() : nullptr;
      if (!entry || entry->version != backend_interface_version) {
        *reason = fmt::format("{} is not a backend of this version of Lazulite (interface {})",
                              path.string(), backend_interface_version);
        return nullptr;
      }
      Executor::finish_at_exit();
      return entry;
    }
    std::string looked;
    for (const auto& folder : folders_) looked += (looked.empty() ? "" : ", ") + folder.string();
    *reason = fmt::format("there is no {} backend: {} was not found in {}", name, file, looked);
    if (const char* given = environment_text("LAZULITE_DEVICE"); given && name == given) {
      *reason += "; LAZULITE_DEVICE names it in the environment";
    }
    return nullptr;
  }

  GatedMutex mutex_;
  std::vector<std::filesystem::path> folders_;
  std::map<std::pair<std::string, int>, Backend*> backends_;
};

// Never destroyed, like the backends.
Registry& registry() {
  static auto* instance = new Registry;
  return *instance;
}

[[maybe_unused]] const bool made = (add_fork_handler(made_before_forks<registry>()), true);

}  // namespace

Backend& backend_of(const Device& device) {
  // Almost every call asks for the same device as the one before.
  thread_local std::optional<Device> last;
  thread_local Backend* last_backend = nullptr;
  if (last && *last == device) return *last_backend;
  std::string reason;
  Backend* backend = registry().find(device, &reason);
  if (!backend) throw Error(reason);
  last = device;
  last_backend = backend;
  return *backend;
}

bool device_available(const Device& device, std::string* reason) {
  std::string why;
  bool available = registry().find(device, &why) != nullptr;
  if (reason) *reason = why;
  return available;
}

MarkPtr Backend::enqueue(Executable&, int, const Executable::Arguments&, std::span<const MarkPtr>) {
  throw Error(fmt::format("the {} backend has no queue", name()));
}

void add_backend_path(const std::string& folder) { registry().add_folder(folder); }

}  // namespace lazulite
