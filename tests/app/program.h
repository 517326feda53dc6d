#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace lazulite::test {

/// A program as a process of its own, in a folder of its own.
class Program {
 public:
  /// Starts lazulite-cnn; its standard output and errors go to files beside the folder. `prepare`
  /// runs in the new process just before that becomes the program.
  Program(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
          const std::function<void()>& prepare = {});
  /// Starts another program.
  Program(const std::string& path, const std::filesystem::path& folder,
          const std::vector<std::string>& arguments, const std::function<void()>& prepare);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) const;
  /// Waits for its end and returns the exit code, or minus the number of the signal that ended it;
  /// after a minute it is killed.
  int wait();
  std::string output() const;
  std::string errors() const;

 private:
  std::filesystem::path output_, errors_;
  pid_t process_ = -1;
};

std::string read_text(const std::filesystem::path& path);

}  // namespace lazulite::test
