#include "program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

namespace lazulite::test {
namespace {

void redirect(int descriptor, const std::filesystem::path& path) {
  int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  ::dup2(file, descriptor);
}

}  // namespace

Program::Program(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                 const std::function<void()>& prepare)
    : Program(LAZULITE_CNN, folder, arguments, prepare) {}

Program::Program(const std::string& path, const std::filesystem::path& folder,
                 const std::vector<std::string>& arguments, const std::function<void()>& prepare)
    : output_(folder.string() + ".out"), errors_(folder.string() + ".err") {
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  process_ = ::fork();
  if (process_ == 0) {
    redirect(STDOUT_FILENO, output_);
    redirect(STDERR_FILENO, errors_);
    if (::chdir(folder.c_str()) != 0) ::_exit(127);
    if (prepare) prepare();
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
}

Program::~Program() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  std::filesystem::remove(output_);
  std::filesystem::remove(errors_);
}

void Program::signal(int number) const {
  if (process_ > 0) ::kill(process_, number);
}

int Program::wait() {
  int status = 0;
  auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (process_ > 0 && ::waitpid(process_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) ::kill(process_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string Program::output() const { return read_text(output_); }
std::string Program::errors() const { return read_text(errors_); }

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace lazulite::test
