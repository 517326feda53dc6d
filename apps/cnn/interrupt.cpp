#include "interrupt.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>

namespace cnn {
namespace {

volatile std::sig_atomic_t noted = 0;
bool input_watched = false;

constexpr int ending[] = {SIGINT, SIGTERM, SIGHUP};

extern "C" void on_signal(int signal) {
  if (noted == 0) noted = signal;
  for (int other : ending) {
    if (std::signal(other, SIG_DFL) == SIG_IGN) std::signal(other, SIG_IGN);
  }
}

}  // namespace

void catch_interrupts() {
  for (int signal : ending) {
    if (std::signal(signal, on_signal) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

void end_with_input() { input_watched = true; }

bool interrupted() {
  if (noted == 0 && input_watched) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const bool told = ::poll(&input, 1, 0) > 0;
    if (told && (input.revents & POLLHUP) && !(input.revents & POLLIN)) noted = SIGTERM;
  }
  return noted != 0;
}

int interrupted_code() {
  constexpr int of_signals = 128;
  return of_signals + noted;
}

}  // namespace cnn
