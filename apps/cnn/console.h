#pragma once

#include <fmt/format.h>

#include <string>

namespace cnn {

/// The program's standard output. Whatever cannot be written there is an Error that says why, so
/// that nobody takes half a result for a whole one.
///
/// Writes at once.
void print_text(const std::string& text);

template <class... Arguments>
void print(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  print_text(fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// A sentence on standard error, after the program's name.
void print_error(const std::string& sentence);

/// Whether lines on standard output may be drawn again: it is a terminal that can do so.
bool redraws();
/// Columns of that terminal now.
int columns();

/// To be called first: makes full disks and limits errors of the call that meets them, and keeps
/// the numbers of closed standard streams from being given to other files.
void prepare_streams();

/// A number to be shown; NaN has no sign.
double shown(double value);

}  // namespace cnn
