#pragma once

#include <string>

#include "lazulite/core/array.h"

namespace lazulite::nn {

/// What becomes of the losses of single examples.
enum class Reduction { none, mean, sum };

/// Negative log-likelihood: minus the log-probability of each target class. log_probabilities:
/// (…, classes); targets: (…), integers below `classes`.
Array nll_loss(Array log_probabilities, Array targets, Reduction reduction = Reduction::mean);

/// Cross-entropy of unnormalised scores with target classes. logits: (…, classes); targets: (…)
/// integers, or (…, classes) probabilities.
Array cross_entropy(Array logits, Array targets, Reduction reduction = Reduction::mean);

/// Squared differences of two arrays of equal shape.
Array mse_loss(Array predictions, Array targets, Reduction reduction = Reduction::mean);

}  // namespace lazulite::nn
