#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

#include "faults.h"

// Loaded before any program: the environment says what fails between the beginning and the end of
// main. LAZULITE_FAULT=allocation:17 lets the 17th allocation fail; allocation:0 prints how many
// there are.

namespace {

using Main = int(int, char**, char**);
Main* real_main;

int main_with_a_fault(int count, char** arguments, char** environment) {
  const char* text = std::getenv("LAZULITE_FAULT");
  if (!text) return real_main(count, arguments, environment);
  uint64_t n = 0;
  if (const auto* fault = lazulite::faults::parse(text, &n)) {
    lazulite::faults::arm(*fault, n, false);
    const int result = real_main(count, arguments, environment);
    const uint64_t calls = lazulite::faults::disarm();
    if (n == 0) std::fprintf(stderr, "LAZULITE_FAULT calls: %llu\n", (unsigned long long)calls);
    return result;
  }
  std::fprintf(stderr, "LAZULITE_FAULT=%s is not a fault and a number\n", text);
  return 2;
}

}  // namespace

extern "C" int __libc_start_main(Main* main, int count, char** arguments, void (*init)(),
                                 void (*fini)(), void (*linker_fini)(), void* stack_end) {
  real_main = main;
  using Start = int(Main*, int, char**, void (*)(), void (*)(), void (*)(), void*);
  auto* start = reinterpret_cast<Start*>(dlsym(RTLD_NEXT, "__libc_start_main"));
  return start(main_with_a_fault, count, arguments, init, fini, linker_fini, stack_end);
}
