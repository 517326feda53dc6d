#include "lazulite/backends/cuda/runtime/kernel.h"

#include <map>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "lazulite/backends/cuda/runtime/compiler.h"
#include "lazulite/core/environment.h"

namespace lazulite::cuda {
namespace {

constexpr std::string_view name_in_texts = "lazulite_kernel";

// Has a kernel wait, before it does anything else, for those that it depends on: in graphs it may
// be started before they have ended.
void add_wait(std::string& text) {
  size_t at = text.find(name_in_texts) + name_in_texts.size();
  for (int depth = 0;; ++at) {
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && --depth == 0) break;
  }
  text.insert(text.find('{', at) + 1, "\n  asm volatile(\"griddepcontrol.wait;\" ::: \"memory\");");
}

}  // namespace

bool starts_early(const DeviceInfo& device) {
  constexpr int least_architecture = 90;
  static const bool enabled = environment_switch("LAZULITE_CUDA_EARLY", true);
  // Older headers cannot describe such edges.
  return enabled && CUDA_VERSION >= 12030 && driver().add_edges &&
         device.architecture >= least_architecture;
}

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
  if (starts_early(device)) add_wait(text);
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
