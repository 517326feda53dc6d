#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lazulite/debug/monitor.h"

namespace lazulite::debug {

/// What Linux tells of processors and memory. Each `read` fills its part of a sample; what cannot
/// be read is said once, in `missing`.
class CoreLoads {
 public:
  CoreLoads(std::string proc, std::vector<std::string>& missing);
  void read(MonitorSample& sample);

 private:
  struct Times {
    uint64_t busy = 0, all = 0;
  };
  std::vector<Times> times() const;
  const std::string path_;
  std::vector<Times> before_;
};

class CoreFrequencies {
 public:
  CoreFrequencies(const std::string& proc, const std::string& sys,
                  std::vector<std::string>& missing);
  void read(MonitorSample& sample) const;

 private:
  std::vector<std::string> files_;  // of each core, in kHz
  std::string cpuinfo_;             // where there are none
};

class MachineMemory {
 public:
  MachineMemory(const std::string& proc, std::vector<std::string>& missing);
  void read(MonitorSample& sample) const;

 private:
  std::string path_;
};

class PackagePower {
 public:
  PackagePower(const std::string& sys, std::vector<std::string>& missing);
  void read(MonitorSample& sample);

 private:
  struct Package {
    std::string file;
    uint64_t range;  // where the counter begins anew
    uint64_t before;
  };
  std::vector<Package> packages_;
  int64_t time_ = 0;
};

/// GPUs by NVIDIA's management library, opened when this is made.
class Gpus {
 public:
  Gpus(const std::string& library, std::vector<std::string>& missing);
  ~Gpus();
  Gpus(const Gpus&) = delete;
  Gpus& operator=(const Gpus&) = delete;
  void read(MonitorSample& sample) const;

 private:
  template <class F>
  F* function(const char* name) const;
  void* library_ = nullptr;
  std::vector<void*> devices_;
};

}  // namespace lazulite::debug
