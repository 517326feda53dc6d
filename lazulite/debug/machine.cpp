#include "lazulite/debug/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lazulite/core/observer.h"

namespace lazulite::debug {
namespace {

namespace fs = std::filesystem;

std::optional<uint64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  uint64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

}  // namespace

CoreLoads::CoreLoads(std::string proc, std::vector<std::string>& missing)
    : path_(std::move(proc) + "/stat"), before_(times()) {
  if (before_.empty())
    missing.push_back("The load of cores is not told: " + path_ + " can't be read.");
}

// The lines "cpu0 user nice system idle iowait irq softirq steal ...".
std::vector<CoreLoads::Times> CoreLoads::times() const {
  std::vector<Times> out;
  std::ifstream file(path_);
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("cpu", 0) != 0 || line.size() < 4 || line[3] == ' ') continue;
    std::istringstream words(line.substr(line.find(' ')));
    Times times;
    uint64_t value = 0;
    // What comes after the first eight is contained in them.
    for (size_t i = 0; i < 8 && words >> value; ++i) {
      times.all += value;
      const bool idle = i == 3 || i == 4;
      if (!idle) times.busy += value;
    }
    out.push_back(times);
  }
  return out;
}

void CoreLoads::read(MonitorSample& sample) {
  std::vector<Times> now = times();
  for (size_t i = 0; i < now.size() && i < before_.size(); ++i) {
    const auto all = static_cast<double>(now[i].all - before_[i].all);
    const auto busy = static_cast<double>(now[i].busy - before_[i].busy);
    sample.load.push_back(all > 0 ? std::clamp(busy / all, 0.0, 1.0) : 0);
  }
  before_ = std::move(now);
}

CoreFrequencies::CoreFrequencies(const std::string& proc, const std::string& sys,
                                 std::vector<std::string>& missing) {
  for (size_t core = 0;; ++core) {
    std::string file =
        fmt::format("{}/devices/system/cpu/cpu{}/cpufreq/scaling_cur_freq", sys, core);
    if (!number_in(file)) break;
    files_.push_back(std::move(file));
  }
  if (!files_.empty()) return;
  cpuinfo_ = proc + "/cpuinfo";
  MonitorSample sample;
  read(sample);
  if (!sample.megahertz.empty()) return;
  cpuinfo_.clear();
  missing.emplace_back("Frequencies are not told: the system has neither cpufreq nor \"cpu MHz\".");
}

void CoreFrequencies::read(MonitorSample& sample) const {
  for (const std::string& file : files_) {
    sample.megahertz.push_back(static_cast<double>(number_in(file).value_or(0)) * 1e-3);
  }
  if (cpuinfo_.empty()) return;
  std::ifstream file(cpuinfo_);
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("cpu MHz", 0) != 0) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    double value = 0;
    if (words >> value) sample.megahertz.push_back(value);
  }
}

MachineMemory::MachineMemory(const std::string& proc, std::vector<std::string>& missing)
    : path_(proc + "/meminfo") {
  MonitorSample sample;
  read(sample);
  if (!sample.memory_total) missing.push_back("Memory is not told: " + path_ + " can't be read.");
}

void MachineMemory::read(MonitorSample& sample) const {
  std::ifstream file(path_);
  std::string name;
  double kibibytes = 0;
  std::string rest;
  while (file >> name >> kibibytes && std::getline(file, rest)) {
    if (name == "MemTotal:") sample.memory_total = kibibytes * 1024;
    if (name == "MemAvailable:" && sample.memory_total) {
      sample.memory_used = *sample.memory_total - kibibytes * 1024;
    }
  }
}

PackagePower::PackagePower(const std::string& sys, std::vector<std::string>& missing)
    : time_(nanoseconds_now()) {
  std::error_code error;
  bool refused = false;
  for (const auto& entry : fs::directory_iterator(sys + "/class/powercap", error)) {
    std::ifstream file(entry.path() / "name");
    std::string name;
    file >> name;
    if (name.rfind("package", 0) != 0) continue;
    std::string counter = entry.path() / "energy_uj";
    std::optional<uint64_t> energy = number_in(counter);
    refused |= !energy;
    if (!energy) continue;
    uint64_t range = number_in(entry.path() / "max_energy_range_uj").value_or(0);
    packages_.push_back({std::move(counter), range, *energy});
  }
  if (refused) {
    missing.emplace_back(
        "The power of the processor is not told: its counters (RAPL) are there for "
        "the administrator alone.");
  } else if (packages_.empty()) {
    missing.emplace_back(
        "The power of the processor is not told: there are no RAPL counters, as in "
        "most virtual machines.");
  }
}

void PackagePower::read(MonitorSample& sample) {
  const double seconds = static_cast<double>(sample.time - time_) * 1e-9;
  time_ = sample.time;
  double joules = 0;
  for (Package& package : packages_) {
    const uint64_t now = number_in(package.file).value_or(package.before);
    const uint64_t used =
        now >= package.before ? now - package.before : now + package.range - package.before;
    joules += static_cast<double>(used) * 1e-6;
    package.before = now;
  }
  if (!packages_.empty() && seconds > 0) sample.watts = joules / seconds;
}

}  // namespace lazulite::debug
