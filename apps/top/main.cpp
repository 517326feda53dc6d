#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "lazulite/core/errors.h"
#include "lazulite/core/version.h"
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
    if (!std::cout) throw lazulite::Error("what was to be shown cannot be written");
    if (once) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Shows what the machine does: load, frequency, memory, power, GPUs.",
               "lazulite-top");
  double interval = 1;
  bool once = false;
  app.add_option("--interval", interval, "seconds between samples, at most a day");
  app.add_flag("--once", once, "one sample, without clearing the screen");
  app.set_version_flag("--version", std::string("lazulite-top ") + lazulite::version(),
                       "Print the version and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    std::cerr << "lazulite-top: " << error.what() << "\nRun with --help for more information.\n";
    return 2;
  }
  try {
    watch(interval, once);
  } catch (const lazulite::ValueError& error) {
    std::cerr << "lazulite-top: " << error.what() << "\n";
    return 2;
  } catch (const lazulite::Error& error) {
    std::cerr << "lazulite-top: " << error.what() << "\n";
    return 1;
  }
}
