#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lazulite::debug {

/// What one GPU did at one time. What the driver does not tell is left out.
struct GpuSample {
  std::string name;
  std::optional<double> load;          ///< 0 to 1
  std::optional<double> memory_used;   ///< bytes
  std::optional<double> memory_total;  ///< bytes
  std::optional<double> megahertz;
  std::optional<double> watts;
};

/// What the machine did since the sample before.
struct MonitorSample {
  int64_t time = 0;               ///< nanoseconds_now() (core/observer.h)
  std::vector<double> load;       ///< of each core, 0 to 1
  std::vector<double> megahertz;  ///< of each core; empty where the system does not say
  std::optional<double> memory_used, memory_total;  ///< of the machine, in bytes
  std::optional<double> watts;                      ///< of all processor packages
  std::vector<GpuSample> gpus;

  /// The mean over the cores.
  double mean_load() const;
};

struct MonitorOptions {
  double interval = 0.5;       ///< seconds between samples, at most 1e9
  size_t most_samples = 7200;  ///< the oldest are forgotten
  /// Where the system tells of itself.
  std::string proc = "/proc", sys = "/sys", nvml = "libnvidia-ml.so.1";
};

/// Samples what the machine does, in a thread of its own, until `stop`, or its end: the load of
/// each core, frequencies, memory, power by RAPL, and GPUs by NVML, which is opened when it is
/// there. In a child that is forked before `stop`, samples and the history are an Error.
class Monitor {
 public:
  explicit Monitor(MonitorOptions options = {});
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;
  void stop();

  std::vector<MonitorSample> history() const;
  /// What this machine does not tell, and why: a sentence each.
  const std::vector<std::string>& missing() const;
  /// Takes a sample now; for those who do not want to wait for the thread.
  void sample();
  /// The last sample and the history as text for a terminal of this width.
  std::string view(size_t width = 80) const;

 private:
  class Sampler;
  std::unique_ptr<Sampler> sampler_;
};

}  // namespace lazulite::debug
