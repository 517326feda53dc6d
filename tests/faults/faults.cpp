#include "faults.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// The section in which all functions lie that stand between a caller and the counting.
extern "C" const char __start_lazulite_faults_text[] __attribute__((visibility("hidden")));
extern "C" const char __stop_lazulite_faults_text[] __attribute__((visibility("hidden")));

namespace lazulite::faults {
namespace {

constexpr Fault faults[] = {
    {"allocation", Call::allocate, Way::fail, false},
    {"memory", Call::memory, Way::fail, false},
    {"thread", Call::thread, Way::fail, false},
    {"open", Call::open, Way::fail, false},
    {"open_interrupted", Call::open, Way::interrupt, true},
    {"read", Call::read, Way::fail, false},
    {"read_interrupted", Call::read, Way::interrupt, true},
    {"read_shortened", Call::read, Way::shorten, true},
    {"write", Call::write, Way::fail, false},
    {"write_interrupted", Call::write, Way::interrupt, true},
    {"write_shortened", Call::write, Way::shorten, true},
    {"sync", Call::sync, Way::fail, false},
    {"sync_interrupted", Call::sync, Way::interrupt, true},
    {"rename", Call::rename, Way::fail, false},
    {"close", Call::close, Way::fail, false},
    {"close_interrupted", Call::close, Way::interrupt, true},
    {"foreign", Call::foreign, Way::fail, false},
};

std::atomic<bool> armed{false};
std::atomic<uint64_t> calls{0};
std::atomic<uint64_t> chosen{0};
std::atomic<const Fault*> current{nullptr};
std::atomic<bool> counts_program{false};
std::atomic<bool> prints_stack{false};
thread_local bool inside = false;

enum class Owner : uint8_t { ours, program, standard, reader, foreign };

struct Range {
  uintptr_t begin, end;
  Owner owner;
};

// The libraries that are loaded; nothing here may allocate.
constexpr int most_ranges = 512;
Range ranges[most_ranges];
std::atomic<int> range_count{0};
std::atomic<bool> listing{false};
unsigned long long listed_loads = 0;

Owner owner_of_library(const char* path) {
  const char* name = std::strrchr(path, '/');
  name = name ? name + 1 : path;
  if (!*name) return Owner::program;
  auto is = [&](const char* start) { return std::strncmp(name, start, std::strlen(start)) == 0; };
  if (is("liblazulite_faults")) return Owner::standard;
  if (is("liblazulite")) return Owner::ours;
  if (is("libz.")) return Owner::reader;
  if (is("libstdc++") || is("libc++") || is("libfmt") || is("libgcc_s") || is("libasan") ||
      is("libubsan") || is("libtsan")) {
    return Owner::standard;
  }
  return Owner::foreign;
}

int add_library(dl_phdr_info* info, size_t, void* count) {
  listed_loads = info->dlpi_adds;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = info->dlpi_phdr[i];
    int& at = *static_cast<int*>(count);
    if (part.p_type != PT_LOAD || !(part.p_flags & PF_X) || at == most_ranges) continue;
    const uintptr_t begin = info->dlpi_addr + part.p_vaddr;
    ranges[at++] = {begin, begin + part.p_memsz, owner_of_library(info->dlpi_name)};
  }
  return 0;
}

int latest_load(dl_phdr_info* info, size_t, void* loads) {
  *static_cast<unsigned long long*>(loads) = info->dlpi_adds;
  return 1;
}

void list_libraries() {
  if (listing.exchange(true)) return;
  unsigned long long loads = 0;
  dl_iterate_phdr(latest_load, &loads);
  if (loads != listed_loads) {
    int count = 0;
    dl_iterate_phdr(add_library, &count);
    range_count = count;
  }
  listing = false;
}

const Range* range_of(uintptr_t address) {
  const Range* end = ranges + range_count;
  const Range* found = std::find_if(static_cast<const Range*>(ranges), end, [&](const Range& r) {
    return address >= r.begin && address < r.end;
  });
  return found == end ? nullptr : found;
}

bool is_own_frame(uintptr_t address) {
  return address >= reinterpret_cast<uintptr_t>(__start_lazulite_faults_text) &&
         address <= reinterpret_cast<uintptr_t>(__stop_lazulite_faults_text);
}

#define LAZULITE_OWN __attribute__((section("lazulite_faults_text"), noinline))

LAZULITE_OWN bool is_ours(const Fault& fault) {
  constexpr int depth = 24;
  void* frames[depth];
  const int count = backtrace(frames, depth);
  bool in_program = false;
  for (int i = 0; i < count; ++i) {
    const auto address = reinterpret_cast<uintptr_t>(frames[i]);
    if (is_own_frame(address)) continue;
    const Range* range = range_of(address);
    if (!range) {
      list_libraries();
      range = range_of(address);
    }
    const Owner owner = range ? range->owner : Owner::foreign;
    if (owner == Owner::standard) continue;
    // zlib reads files for us, but does not try again.
    if (owner == Owner::reader && fault.way != Way::interrupt) continue;
    if (owner == Owner::ours) return true;
    if (owner != Owner::program) return false;
    // An inline function of our headers may have been taken from the program for a library.
    if (counts_program) return true;
    if (in_program) return false;
    in_program = true;
  }
  return false;
}

void print_stack() {
  inside = true;
  void* frames[40];
  backtrace_symbols_fd(frames, backtrace(frames, 40), STDERR_FILENO);
  inside = false;
}

}  // namespace

std::span<const Fault> all_faults() { return faults; }

const Fault* parse(const char* text, uint64_t* n) {
  const char* colon = std::strchr(text, ':');
  for (const Fault& fault : faults) {
    const size_t length = std::strlen(fault.name);
    if (!colon || static_cast<size_t>(colon - text) != length) continue;
    if (std::strncmp(fault.name, text, length) != 0) continue;
    *n = std::strtoull(colon + 1, nullptr, 10);
    return &fault;
  }
  return nullptr;
}

void arm(const Fault& fault, uint64_t n, bool program_too) {
  void* warm[2];
  backtrace(warm, 2);  // loads the unwinder, which allocates
  list_libraries();
  counts_program = program_too;
  prints_stack = std::getenv("LAZULITE_FAULTS_STACK") != nullptr;
  current = &fault;
  chosen = n;
  calls = 0;
  armed = true;
}

uint64_t disarm() {
  armed = false;
  return calls;
}

LAZULITE_OWN bool hit(Call call, Way* way) {
  if (!armed || inside) return false;
  const Fault* fault = current;
  if (fault->call != call) return false;
  inside = true;
  const bool counts = is_ours(*fault);
  inside = false;
  if (!counts || ++calls != chosen) return false;
  if (prints_stack) print_stack();
  *way = fault->way;
  return true;
}

LAZULITE_OWN bool hit(Call call) {
  Way way;
  return hit(call, &way);
}

}  // namespace lazulite::faults
