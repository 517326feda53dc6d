#pragma once

#include <string>
#include <vector>

#include "options.h"
#include "trainer.h"

namespace cnn {

/// Writes weights, optimizer and the results so far to a file that appears whole or not at all.
void save_checkpoint(const std::string& path, const Options& options, const Trainer& trainer,
                     const std::vector<EpochResult>& epochs);

/// Takes over what a checkpoint holds, and returns its results; none if there is no such file.
/// Throws, without having changed anything, if it is no checkpoint, or one of other settings.
std::vector<EpochResult> load_checkpoint(const std::string& path, const Options& options,
                                         Trainer& trainer);

}  // namespace cnn
