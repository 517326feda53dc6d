#include "lazulite/nn/losses.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {
namespace {

Array reduce(const Array& loss, Reduction reduction) {
  switch (reduction) {
    case Reduction::mean: return mean(loss);
    case Reduction::sum: return sum(loss);
    default: return loss;
  }
}

// The score of each target class; targets lack the scores' last axis.
Array scores_of(const Array& scores, const Array& targets, const char* operation) {
  Shape expected(scores.shape().begin(), scores.shape().end() - (scores.ndim() > 0 ? 1 : 0));
  if (scores.ndim() == 0 || !(targets.shape() == expected) || !is_integer(targets.dtype())) {
    throw Error(
        fmt::format("{}: scores of shape {} need integer targets of shape {}, not {} of "
                    "shape {}",
                    operation, to_string(scores.shape()), to_string(expected),
                    name_of(targets.dtype()), to_string(targets.shape())));
  }
  Array labels = checked_labels(targets, scores.shape(-1));
  return squeeze(take_along_axis(scores, expand_dims(labels, -1), -1), -1);
}

}  // namespace

Array nll_loss(Array log_probabilities, Array targets, Reduction reduction) {
  const ReleaseOnReturn release(log_probabilities, targets);
  return reduce(-scores_of(log_probabilities, targets, "nll_loss"), reduction);
}

Array cross_entropy(Array logits, Array targets, Reduction reduction) {
  const ReleaseOnReturn release(logits, targets);
  if (targets.ndim() == logits.ndim() && is_floating(targets.dtype())) {
    return reduce(-sum(log_softmax(logits, -1) * targets, {-1}), reduction);
  }
  return reduce(logsumexp(logits, {-1}) - scores_of(logits, targets, "cross_entropy"), reduction);
}

Array mse_loss(Array predictions, Array targets, Reduction reduction) {
  const ReleaseOnReturn release(predictions, targets);
  if (!(predictions.shape() == targets.shape())) {
    throw Error(fmt::format("mse_loss: predictions of shape {} and targets of shape {} differ",
                            to_string(predictions.shape()), to_string(targets.shape())));
  }
  return reduce(square(predictions - targets), reduction);
}

}  // namespace lazulite::nn
