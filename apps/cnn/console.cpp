#include "console.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "lazulite/core/errors.h"

namespace cnn {

void print_text(const std::string& text) {
  errno = 0;
  const size_t written = std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) == 0 && written == text.size()) return;
  throw lazulite::Error(fmt::format("standard output cannot be written: {}", std::strerror(errno)));
}

void print_error(const std::string& sentence) {
  const std::string line = fmt::format("lazulite-cnn: {}\n", sentence);
  // There is nowhere left to tell that this failed.
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

bool redraws() {
  const char* kind = std::getenv("TERM");
  return isatty(STDOUT_FILENO) && kind && *kind && std::string_view(kind) != "dumb";
}

int columns() {
  constexpr int usual = 80;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual;
  return size.ws_col;
}

void prepare_streams() {
  std::signal(SIGXFSZ, SIG_IGN);
  // Opened the wrong way round, so that using them fails as it would have failed closed.
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) != -1 || errno != EBADF) continue;
    (void)::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

double shown(double value) { return std::isnan(value) ? std::abs(value) : value; }

}  // namespace cnn
