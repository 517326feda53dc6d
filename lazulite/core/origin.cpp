#include "lazulite/core/origin.h"

#include <fmt/format.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <string_view>

#include "lazulite/core/fork.h"
#include "lazulite/core/origin_module.h"

namespace lazulite {
namespace {
std::atomic<OriginText> text_of{nullptr}, function_of{nullptr}, module_of{nullptr};

constexpr uint32_t derivative_bit = uint32_t{1} << 31;
constexpr uint32_t region_bit = uint32_t{1} << 30;

struct Region {
  std::string name;
  SourcePlace where;
};

std::mutex& regions_mutex() {
  static auto* mutex = new std::mutex;
  return *mutex;
}
[[maybe_unused]] const bool held_in_forks = (add_fork_handler(holding<regions_mutex>(8)), true);

/// All regions of the process: there are as many as the program has lines that name one.
class Regions {
 public:
  uint32_t number_of(const char* name, SourcePlace where) {
    std::lock_guard lock(regions_mutex());
    for (uint32_t i = 0; i < all_.size(); ++i) {
      const Region& region = all_[i];
      const bool same_line =
          region.where.line == where.line && std::string_view(region.where.file) == where.file;
      if (same_line && region.name == name) return i;
    }
    all_.push_back({name, where});
    return static_cast<uint32_t>(all_.size() - 1);
  }
  const Region& at(uint32_t number) {
    std::lock_guard lock(regions_mutex());
    return all_[number];  // stays where it is
  }

 private:
  std::deque<Region> all_;
};

// Never destroyed.
Regions& regions() {
  static auto& all = *new Regions();
  return all;
}

// In the words of a front end, or as a region is described.
std::string text(uint32_t origin, const std::atomic<OriginText>& front_end,
                 std::string (*of_region)(const Region&)) {
  const uint32_t number = origin & ~derivative_bit;
  if (number & region_bit) return of_region(regions().at(number & ~region_bit));
  OriginText function = front_end.load();
  return number && function ? function(number) : "";
}

}  // namespace

uint32_t& current_origin() {
  thread_local uint32_t origin = 0;
  return origin;
}

void set_origin_text(OriginText text, OriginText function) {
  text_of.store(text);
  function_of.store(function);
}

std::string origin_text(uint32_t origin) {
  std::string out = text(origin, text_of, [](const Region& region) {
    return fmt::format("{}, line {}", region.where.file, region.where.line);
  });
  return out.empty() || !(origin & derivative_bit) ? out : out + ", in its derivative";
}

std::string origin_function(uint32_t origin) {
  return text(origin, function_of, [](const Region& region) { return region.name; });
}

void set_origin_module(OriginText module) { module_of.store(module); }

std::string origin_module(uint32_t origin) {
  return text(origin, module_of, [](const Region&) { return std::string(); });
}

uint32_t region_origin(const char* name, SourcePlace where) {
  return regions().number_of(name, where) | region_bit;
}

bool is_region(uint32_t origin) { return origin & region_bit; }

uint32_t derivative_origin(uint32_t origin) { return origin ? origin | derivative_bit : 0; }

}  // namespace lazulite
