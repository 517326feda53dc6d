#pragma once

namespace cnn {

/// From now on Ctrl-C, SIGTERM and SIGHUP are only noted; a second one ends the program at once. A
/// signal that the program was started to ignore stays ignored.
void catch_interrupts();
bool interrupted();
/// From now on the end of standard input, if that is a pipe, interrupts too.
void end_with_input();
/// What shells give for a program that the noted signal has ended: 130 for Ctrl-C, 143 for SIGTERM,
/// 129 for SIGHUP.
int interrupted_code();

}  // namespace cnn
