#pragma once

#include <string>

#include "lazulite/core/array.h"

namespace lazulite::nn {

// All take real numbers. Half precision is computed in float32 and rounded at the end; integers
// give float32.

/// What becomes of the losses of single examples.
enum class Reduction { none, mean, sum };

/// Negative log-likelihood: minus the log-probability of each target class. log_probabilities:
/// (…, classes); targets: (…), integers below `classes`.
Array nll_loss(Array log_probabilities, Array targets, Reduction reduction = Reduction::mean);

/// Cross-entropy of unnormalised scores with target classes. logits: (…, classes); targets: (…)
/// integers below `classes`, or (…, classes) probabilities. Exact for large logits; a class with
/// the logit -inf and no share in the target counts for nothing.
Array cross_entropy(Array logits, Array targets, Reduction reduction = Reduction::mean);

/// Squared differences of two arrays of equal shape.
Array mse_loss(Array predictions, Array targets, Reduction reduction = Reduction::mean);

}  // namespace lazulite::nn
