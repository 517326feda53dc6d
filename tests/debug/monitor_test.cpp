#include "lazulite/debug/monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <memory>
#include <thread>

#include "lazulite/core/errors.h"
#include "support/sanitizers.h"
#include "support/temp_folder.h"

namespace lazulite {
namespace {

using ::testing::Contains;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A machine that tells what the test writes.
class FakeMachine {
 public:
  void write(const std::string& path, const std::string& text) const {
    (void)folder_.write(path, text);
  }
  debug::MonitorOptions options() const {
    debug::MonitorOptions options;
    options.interval = 1e6;
    options.proc = folder_ / "proc";
    options.sys = folder_ / "sys";
    options.nvml = folder_ / "no-such-library.so";
    return options;
  }

 private:
  test::TempFolder folder_;
};

TEST(Monitor, ReadsLoadFrequencyMemoryAndPower) {
  FakeMachine machine;
  machine.write(
      "proc/stat",
      "cpu  300 0 100 600 0 0 0 0\ncpu0 100 0 0 300 0 0 0 0\ncpu1 200 0 100 300 0 0 0 0\n");
  machine.write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\n");
  machine.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "2400000\n");
  machine.write("sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "1200000\n");
  machine.write("sys/class/powercap/intel-rapl:0/name", "package-0\n");
  machine.write("sys/class/powercap/intel-rapl:0/energy_uj", "999000000\n");
  machine.write("sys/class/powercap/intel-rapl:0/max_energy_range_uj", "1000000000\n");
  machine.write("sys/class/powercap/intel-rapl:0:0/name", "core\n");
  machine.write("sys/class/powercap/intel-rapl:0:0/energy_uj", "5\n");
  debug::Monitor monitor(machine.options());
  machine.write("proc/stat",
                "cpu  0 0 0 0 0 0 0 0\ncpu0 125 0 0 375 0 0 0 0\ncpu1 260 10 130 300 0 0 0 0\n");
  // Beyond the range, from where it begins anew: 6 joules.
  machine.write("sys/class/powercap/intel-rapl:0/energy_uj", "5000000\n");
  monitor.sample();

  std::vector<debug::MonitorSample> history = monitor.history();
  ASSERT_EQ(history.size(), 1u);
  EXPECT_THAT(history[0].load, ElementsAre(DoubleEq(0.25), DoubleEq(1)));
  EXPECT_DOUBLE_EQ(history[0].mean_load(), 0.625);
  EXPECT_THAT(history[0].megahertz, ElementsAre(DoubleEq(2400), DoubleEq(1200)));
  EXPECT_EQ(history[0].memory_total, 1000.0 * 1024);
  EXPECT_EQ(history[0].memory_used, 600.0 * 1024);
  ASSERT_TRUE(history[0].watts);
  EXPECT_GT(*history[0].watts, 6);  // joules in less than a second
  EXPECT_THAT(history[0].gpus, IsEmpty());
  EXPECT_THAT(monitor.missing(), ElementsAre(HasSubstr("no-such-library.so")));
  EXPECT_THAT(monitor.view(), HasSubstr("2 cores, 62 % busy"));
  EXPECT_THAT(monitor.view(), HasSubstr("2400 MHz"));
}

TEST(Monitor, SaysWhatTheMachineLacks) {
  FakeMachine machine;
  debug::Monitor monitor(machine.options());
  monitor.sample();
  EXPECT_THAT(monitor.missing(), Contains(HasSubstr("The load of cores is not told")));
  EXPECT_THAT(monitor.missing(), Contains(HasSubstr("Frequencies are not told")));
  EXPECT_THAT(monitor.missing(), Contains(HasSubstr("Memory is not told")));
  EXPECT_THAT(monitor.missing(), Contains(HasSubstr("no RAPL counters")));
  EXPECT_THAT(monitor.missing(), Contains(HasSubstr("GPUs are not told")));
  debug::MonitorSample sample = monitor.history().at(0);
  EXPECT_THAT(sample.load, IsEmpty());
  EXPECT_FALSE(sample.watts);
  EXPECT_FALSE(sample.memory_total);
}

TEST(Monitor, ReadsGPUs) {
  FakeMachine machine;
  debug::MonitorOptions options = machine.options();
  options.nvml = FAKE_NVML;
  debug::Monitor monitor(options);
  monitor.sample();
  std::vector<debug::GpuSample> gpus = monitor.history().at(0).gpus;
  ASSERT_EQ(gpus.size(), 1u);
  EXPECT_EQ(gpus[0].name, "Test GPU");
  EXPECT_EQ(gpus[0].load, 0.75);
  EXPECT_EQ(gpus[0].memory_used, 1024);
  EXPECT_EQ(gpus[0].memory_total, 4096);
  EXPECT_EQ(gpus[0].megahertz, 1980);
  EXPECT_FALSE(gpus[0].watts);
  EXPECT_THAT(monitor.view(), HasSubstr("Test GPU, 75 % busy, 1980 MHz"));
}

TEST(Monitor, WatchesThisMachineByItself) {
  debug::MonitorOptions options;
  options.interval = 0.01;
  options.most_samples = 3;
  debug::Monitor monitor(options);
  while (monitor.history().size() < 3) std::this_thread::yield();
  monitor.sample();
  monitor.stop();
  EXPECT_EQ(monitor.history().size(), 3u);
  EXPECT_EQ(monitor.history().back().load.size(), std::thread::hardware_concurrency());
}

// Its thread waits, or is in the midst of a sample, when the process is copied.
TEST(Monitor, EndsInForkedChildren) {
  if (!test::forks_beside_threads) GTEST_SKIP() << test::locks_of_the_sanitizer;
  debug::MonitorOptions options;
  for (double interval : {1e6, 1e-5}) {
    options.interval = interval;
    for (int round = 0; round < 10; ++round) {
      auto monitor = std::make_unique<debug::Monitor>(options);
      if (interval < 1) monitor->sample();
      const pid_t child = fork();
      if (child == 0) {
        alarm(20);
        int bad = 0;
        try {
          (void)monitor->history();
          bad |= 1;
        } catch (const Error&) {
        }
        monitor->stop();
        monitor.reset();
        // One of its own has a thread, which ends with it.
        debug::Monitor own(options);
        own.sample();
        bad |= own.history().empty() ? 2 : 0;
        own.stop();
        _exit(bad);
      }
      int status = 0;
      ASSERT_EQ(waitpid(child, &status, 0), child);
      ASSERT_FALSE(WIFSIGNALED(status)) << "signal " << WTERMSIG(status);
      EXPECT_EQ(WEXITSTATUS(status), 0);
      monitor->sample();
      EXPECT_FALSE(monitor->history().empty());
    }
  }
}

TEST(Monitor, RefusesIntervalsThatAreNone) {
  for (double interval : {0.0, -1.0, std::nan(""), 1e300, double{INFINITY}}) {
    EXPECT_THROW(debug::Monitor({.interval = interval}), ValueError) << interval;
  }
}

}  // namespace
}  // namespace lazulite
