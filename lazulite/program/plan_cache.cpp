#include "lazulite/program/plan_cache.h"

#include <list>
#include <mutex>
#include <unordered_map>

#include "lazulite/core/fork.h"
#include "lazulite/core/observer.h"
#include "lazulite/program/options.h"
#include "lazulite/program/statistics.h"

namespace lazulite {
namespace {

constexpr size_t capacity = 512;

struct Entry {
  std::string key;
  std::shared_ptr<const Plan> plan;
};

struct Cache {
  GatedMutex mutex;
  std::list<Entry> entries;  // most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index;
};

// Never destroyed: arrays with static lifetime may be evaluated after it would have been.
Cache& cache() {
  static auto* instance = new Cache;
  return *instance;
}

[[maybe_unused]] const bool made = (add_fork_handler(made_before_forks<cache>()), true);

}  // namespace

std::shared_ptr<const Plan> cached_plan(Program program) {
  std::string key = structural_key(program);
  const PlanOptions options = PlanOptions::current();
  key.push_back(static_cast<char>((options.fusion ? 1 : 0) |
                                  (options.conv_algorithm == ConvAlgorithm::direct ? 2 : 0) |
                                  static_cast<int>(options.guard) << 2));
  Cache& c = cache();
  {
    std::lock_guard lock(c.mutex);
    if (auto found = c.index.find(key); found != c.index.end()) {
      c.entries.splice(c.entries.begin(), c.entries, found->second);
      return found->second->plan;
    }
  }
  const int64_t start = is_watched(Watch::calls) ? nanoseconds_now() : 0;
  auto plan = std::make_shared<const Plan>(std::move(program));
  count_plan_built();
  if (start) note_planned(start);
  std::lock_guard lock(c.mutex);
  if (c.index.count(key)) return plan;
  c.entries.push_front({std::move(key), plan});
  c.index.emplace(c.entries.front().key, c.entries.begin());
  if (c.entries.size() > capacity) {
    c.index.erase(c.entries.back().key);
    c.entries.pop_back();
  }
  return plan;
}

void clear_plan_cache() {
  Cache& c = cache();
  std::lock_guard lock(c.mutex);
  c.index.clear();
  c.entries.clear();
}

}  // namespace lazulite
