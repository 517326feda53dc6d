#include "lazulite/backends/cuda/runtime/kernel.h"

#include <map>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "lazulite/backends/cuda/runtime/compiler.h"

namespace lazulite::cuda {
namespace {

constexpr std::string_view name_in_texts = "lazulite_kernel";

}  // namespace

CUfunction load_kernel(const DeviceInfo& device, const std::string& name,
                       const std::string& source) {
  static std::mutex mutex;
  static auto* loaded = new std::map<int, std::unordered_map<std::string, CUfunction>>;
  std::unique_lock lock(mutex);
  auto& functions = (*loaded)[device.index];
  if (auto found = functions.find(source); found != functions.end()) return found->second;
  lock.unlock();
  // Whoever else wants the same text meanwhile makes it once more, which does no harm.
  const std::string function_name = "lazulite_" + name;
  std::string text = source;
  text.replace(text.find(name_in_texts), name_in_texts.size(), function_name);
  std::string code = compiled(text, device.architecture);
  device.make_current();
  CUmodule module = nullptr;
  CUfunction function = nullptr;
  check(driver().cuModuleLoadData(&module, code.data()), "loading a kernel");
  check(driver().cuModuleGetFunction(&function, module, function_name.c_str()), "finding a kernel");
  lock.lock();
  return functions.emplace(source, function).first->second;
}

}  // namespace lazulite::cuda
