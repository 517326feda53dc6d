#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "lazulite/core/errors.h"
#include "lazulite/debug/monitor.h"

namespace {

size_t terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void watch(double interval, bool once) {
  lazulite::debug::MonitorOptions options;
  options.interval = interval;
  lazulite::debug::Monitor monitor(options);
  for (;;) {
    std::this_thread::sleep_for(std::chrono::duration<double>(interval));
    if (monitor.history().empty()) continue;
    const std::string view = monitor.view(terminal_width());
    // From the upper left corner, over what stands there.
    std::cout << (once ? "" : "\x1b[H\x1b[J") << view << std::flush;
    if (once) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Shows what the machine does: load, frequency, memory, power, GPUs.");
  double interval = 1;
  bool once = false;
  app.add_option("--interval", interval, "seconds between samples")->check(CLI::PositiveNumber);
  app.add_flag("--once", once, "one sample, without clearing the screen");
  CLI11_PARSE(app, argc, argv);
  try {
    watch(interval, once);
  } catch (const lazulite::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
