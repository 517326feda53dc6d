#pragma once

#include "options.h"

namespace cnn {

/// Answers each line of standard input with one line of JSON, until there are no more:
///
///     epoch                 trains one more epoch
///     test FIRST COUNT      scores and times the test set, and COUNT images from FIRST on, alone
///     steps                 times single steps; these change the network
///     losses STEPS FILE     losses without dropout from the weights of FILE
///     profile STEPS PREFIX  profiles steps into PREFIX.json, PREFIX.trace.json, PREFIX.flame.html
///
/// Before the first it says what runs here and which epochs the checkpoint had. If the input ends
/// meanwhile, whoever gave the orders is gone, and so is the run. Returns the exit code.
int take_turns(const Options& options);

}  // namespace cnn
