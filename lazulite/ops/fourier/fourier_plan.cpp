#include "lazulite/ops/fourier/fourier_plan.h"

#include <cmath>
#include <list>
#include <mutex>
#include <numbers>
#include <vector>

#include "lazulite/core/fork.h"
#include "lazulite/core/memory.h"

namespace lazulite {
namespace {

// From here on rows leave the second cache while they are transformed at once.
constexpr int64_t large = int64_t{1} << 15;

std::mutex& plans_mutex() {
  static auto* mutex = new std::mutex;
  return *mutex;
}
[[maybe_unused]] const bool held_in_forks = (add_fork_handler(holding<plans_mutex>(8)), true);

// Prime factors in ascending order.
std::vector<int64_t> prime_factors(int64_t n) {
  std::vector<int64_t> out;
  for (int64_t p = 2; n > 1; ++p) {
    if (p * p > n) p = n;
    while (n % p == 0) out.push_back(p), n /= p;
  }
  return out;
}

std::shared_ptr<const FourierPlan> make_plan(int64_t size) {
  const std::vector<int64_t> factors = prime_factors(size);
  if (!factors.empty() && factors.back() > largest_factor) return plan_by_convolution(size);
  if (size < large) return plan_by_factors(size);
  int64_t columns = 1;
  for (size_t i = factors.size(); i-- > 0;) {
    if (columns * columns * factors[i] <= size) columns *= factors[i];
  }
  return plan_by_columns(columns, size / columns);
}

}  // namespace

Wave turn(int64_t part, int64_t whole) {
  const double angle =
      -2 * std::numbers::pi * (static_cast<double>(part % whole) / static_cast<double>(whole));
  return {std::cos(angle), std::sin(angle)};
}

Turns::Turns(int64_t size) {
  while (width_ * width_ < size) width_ *= 2, ++shift_;
  for (int64_t k = 0; k < width_; ++k) near_.push_back(turn(k, size));
  for (int64_t k = 0; k < size; k += width_) far_.push_back(turn(k, size));
}

WaveMemory::WaveMemory(int64_t size)
    : bytes_(static_cast<size_t>(size) * sizeof(Wave)),
      waves_(static_cast<Wave*>(host_memory().allocate(bytes_))) {}
WaveMemory::~WaveMemory() { host_memory().release(waves_, bytes_); }

std::shared_ptr<const FourierPlan> fourier_plan(int64_t size) {
  // The last ones that were used, the latest in front.
  constexpr size_t most_kept = 16;
  static auto& plans = *new std::list<std::shared_ptr<const FourierPlan>>;
  {
    const std::lock_guard lock(plans_mutex());
    for (auto at = plans.begin(); at != plans.end(); ++at) {
      if ((*at)->size() != size) continue;
      plans.splice(plans.begin(), plans, at);
      return plans.front();
    }
  }
  // Made without the lock: its parts are plans, too.
  std::shared_ptr<const FourierPlan> made = make_plan(size);
  const std::lock_guard lock(plans_mutex());
  plans.push_front(made);
  if (plans.size() > most_kept) plans.pop_back();
  return made;
}

}  // namespace lazulite
