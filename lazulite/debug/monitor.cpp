#include "lazulite/debug/monitor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "lazulite/core/errors.h"
#include "lazulite/core/observer.h"
#include "lazulite/core/scalar.h"
#include "lazulite/debug/machine.h"

namespace lazulite::debug {
namespace {

// In seconds: clocks count nanoseconds in 64 bits.
constexpr double longest_interval = 1e9;

// Eight heights of a block.
std::string spark(double part) {
  static const char* const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  return blocks[std::clamp(static_cast<int>(part * 8), 0, 7)];
}

std::string bar(double part, size_t width) {
  const auto full =
      static_cast<size_t>(std::lround(std::clamp(part, 0.0, 1.0) * static_cast<double>(width)));
  std::string out;
  for (size_t i = 0; i < width; ++i) out += i < full ? "█" : "░";
  return out;
}

std::string gibibytes(double bytes) { return fmt::format("{:.1f} GiB", bytes / (1 << 30)); }

}  // namespace

double MonitorSample::mean_load() const {
  double sum = 0;
  for (double one : load) sum += one;
  return load.empty() ? 0 : sum / static_cast<double>(load.size());
}

class Monitor::Sampler {
 public:
  explicit Sampler(const MonitorOptions& options)
      : options_(options),
        loads_(options.proc, missing_),
        frequencies_(options.proc, options.sys, missing_),
        memory_(options.proc, missing_),
        power_(options.sys, missing_),
        gpus_(options.nvml, missing_),
        thread_([this] { run(); }) {}

  ~Sampler() { stop(); }

  // Whether this process is a child that was forked since: the thread, and with it whatever it held
  // or waited for, is in the parent.
  bool is_of_parent() const { return thread_.joinable() && process_ != ::getpid(); }

  void stop() {
    if (is_of_parent()) return;
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void sample() {
    expect_own();
    std::lock_guard lock(mutex_);
    MonitorSample sample;
    sample.time = nanoseconds_now();
    loads_.read(sample);
    frequencies_.read(sample);
    memory_.read(sample);
    power_.read(sample);
    gpus_.read(sample);
    history_.push_back(std::move(sample));
    if (history_.size() > options_.most_samples) history_.pop_front();
  }

  std::vector<MonitorSample> history() const {
    expect_own();
    std::lock_guard lock(mutex_);
    return {history_.begin(), history_.end()};
  }
  const std::vector<std::string>& missing() const { return missing_; }

 private:
  void expect_own() const {
    if (!is_of_parent()) return;
    throw Error(
        "Monitor: it was made before this process was forked, and its thread is in the parent; a "
        "child needs a monitor of its own");
  }

  void run() {
    const auto interval = std::chrono::duration<double>(options_.interval);
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, interval, [&] { return stopped_; })) return;
      }
      sample();
    }
  }

  const MonitorOptions options_;
  const int process_ = ::getpid();
  std::vector<std::string> missing_;
  CoreLoads loads_;
  CoreFrequencies frequencies_;
  MachineMemory memory_;
  PackagePower power_;
  Gpus gpus_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<MonitorSample> history_;
  bool stopped_ = false;
  std::thread thread_;
};

Monitor::Monitor(MonitorOptions options) {
  if (!(options.interval > 0) || options.interval > longest_interval || options.most_samples == 0) {
    throw ValueError(
        fmt::format("Monitor: an interval of {} s and {} samples were given; both must be above 0, "
                    "and the interval at most {} s",
                    printable(options.interval), options.most_samples, longest_interval));
  }
  sampler_ = std::make_unique<Sampler>(options);
}
Monitor::~Monitor() {
  // What another thread waits for cannot be destroyed without it.
  if (sampler_ && sampler_->is_of_parent()) (void)sampler_.release();
}
void Monitor::stop() { sampler_->stop(); }
void Monitor::sample() { sampler_->sample(); }
std::vector<MonitorSample> Monitor::history() const { return sampler_->history(); }
const std::vector<std::string>& Monitor::missing() const { return sampler_->missing(); }

std::string Monitor::view(size_t width) const {
  const std::vector<MonitorSample> history = this->history();
  if (history.empty()) return "no sample yet\n";
  const MonitorSample& last = history.back();
  const size_t bars = std::max<size_t>(width, 50) - 34;
  std::string out =
      fmt::format("{} cores, {:.0f} % busy", last.load.size(), 100 * last.mean_load());
  if (last.watts) out += fmt::format(", {:.1f} W", *last.watts);
  out += "\n";
  for (size_t i = 0; i < last.load.size(); ++i) {
    out += fmt::format("core {:<4} {} {:>3.0f} %", i, bar(last.load[i], bars), 100 * last.load[i]);
    if (i < last.megahertz.size()) out += fmt::format("  {:>6.0f} MHz", last.megahertz[i]);
    out += "\n";
  }
  if (last.memory_total && last.memory_used) {
    out += fmt::format("memory    {} {} of {}\n", bar(*last.memory_used / *last.memory_total, bars),
                       gibibytes(*last.memory_used), gibibytes(*last.memory_total));
  }
  for (const GpuSample& gpu : last.gpus) {
    out += gpu.name;
    if (gpu.load) out += fmt::format(", {:.0f} % busy", 100 * *gpu.load);
    if (gpu.megahertz) out += fmt::format(", {:.0f} MHz", *gpu.megahertz);
    if (gpu.watts) out += fmt::format(", {:.1f} W", *gpu.watts);
    if (gpu.memory_used && gpu.memory_total) {
      out += fmt::format(", {} of {}", gibibytes(*gpu.memory_used), gibibytes(*gpu.memory_total));
    }
    out += "\n";
  }
  const size_t shown = std::min(history.size(), bars);
  out += "history   ";
  for (size_t i = history.size() - shown; i < history.size(); ++i)
    out += spark(history[i].mean_load());
  out += "\n";
  for (const std::string& sentence : missing()) out += sentence + "\n";
  return out;
}

}  // namespace lazulite::debug
