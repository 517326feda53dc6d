#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "lazulite/core/observer.h"

namespace lazulite::debug {

/// "train.py, line 12: step was traced again in 5.1 ms: argument 0 is float32 (32, 784) where it
/// was float32 (64, 784)".
std::string to_string(const Retrace& retrace);

/// Notes every trace of a compiled function, and what differed from the trace before, from its
/// construction until `stop`, or its end.
class RecompileLog {
 public:
  /// With `log`, each is written there too, as a line.
  explicit RecompileLog(std::ostream* log = nullptr);
  ~RecompileLog();
  RecompileLog(const RecompileLog&) = delete;
  RecompileLog& operator=(const RecompileLog&) = delete;
  void stop();

  std::vector<Retrace> records() const;

 private:
  class Recorder;
  std::shared_ptr<Recorder> recorder_;
};

inline RecompileLog log_recompiles(std::ostream* log = nullptr) { return RecompileLog(log); }

}  // namespace lazulite::debug
