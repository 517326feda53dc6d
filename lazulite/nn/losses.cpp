#include "lazulite/nn/losses.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {
namespace {

// Losses of half precision are computed in float32 and rounded once; integers give float32.
Array widened(const Array& x) {
  return is_half(x.dtype()) || !is_inexact(x.dtype()) ? astype(x, Dtype::float32) : x;
}
Dtype loss_dtype(Dtype dtype) { return is_inexact(dtype) ? dtype : Dtype::float32; }

Array reduce(const Array& loss, Reduction reduction, Dtype dtype) {
  switch (reduction) {
    case Reduction::mean: return astype(mean(loss), dtype);
    case Reduction::sum: return astype(sum(loss), dtype);
    default: return astype(loss, dtype);
  }
}

[[noreturn]] void reject(const char* operation, const Array& scores, const Array& targets,
                         const std::string& needed) {
  throw Error(fmt::format("{}: scores of shape {} and dtype {} need {}, not {} of shape {}",
                          operation, to_string(scores.shape()), name_of(scores.dtype()), needed,
                          name_of(targets.dtype()), to_string(targets.shape())));
}

// The score of each target class; targets lack the scores' last axis.
Array scores_of(const Array& scores, const Array& targets, const char* operation) {
  Shape expected(scores.shape().begin(), scores.shape().end() - (scores.ndim() > 0 ? 1 : 0));
  if (scores.ndim() == 0 || !(targets.shape() == expected) || !is_integer(targets.dtype())) {
    reject(operation, scores, targets, "integer targets of shape " + to_string(expected));
  }
  if (scores.shape(-1) == 0 && targets.size() > 0) reject(operation, scores, targets, "a class");
  Array labels = targets.size() > 0 ? checked_labels(targets, scores.shape(-1)) : targets;
  return squeeze(take_along_axis(scores, expand_dims(labels, -1), -1), -1);
}

// A class that is impossible and has no share in the target adds nothing.
Array expected_score(const Array& log_probabilities, const Array& targets) {
  Array shares = widened(targets);
  Array neither = logical_and(shares == 0, isinf(log_probabilities));
  Array scores = where(neither, zeros_like(log_probabilities), log_probabilities);
  return sum(scores * shares, {-1});
}

void check_real(const char* operation, const Array& a, const Array& b) {
  for (const Array* array : {&a, &b}) {
    if (kind_of(array->dtype()) != DtypeKind::complex) continue;
    throw Error(
        fmt::format("{}: real numbers are needed, not {}", operation, name_of(array->dtype())));
  }
}

}  // namespace

Array nll_loss(Array log_probabilities, Array targets, Reduction reduction) {
  const ReleaseOnReturn release(log_probabilities, targets);
  check_real("nll_loss", log_probabilities, targets);
  return reduce(-scores_of(widened(log_probabilities), targets, "nll_loss"), reduction,
                loss_dtype(log_probabilities.dtype()));
}

Array cross_entropy(Array logits, Array targets, Reduction reduction) {
  const ReleaseOnReturn release(logits, targets);
  check_real("cross_entropy", logits, targets);
  bool shares = targets.ndim() == logits.ndim() && logits.ndim() > 0;
  if (shares && !(targets.shape() == logits.shape())) {
    reject("cross_entropy", logits, targets,
           "probabilities of the same shape, or integers without the last axis");
  }
  // The logarithm is taken of differences from the largest score: of large scores nothing is lost.
  Array log_probabilities = log_softmax(widened(logits), -1);
  Array score = shares ? expected_score(log_probabilities, targets)
                       : scores_of(log_probabilities, targets, "cross_entropy");
  return reduce(-score, reduction, loss_dtype(logits.dtype()));
}

Array mse_loss(Array predictions, Array targets, Reduction reduction) {
  const ReleaseOnReturn release(predictions, targets);
  check_real("mse_loss", predictions, targets);
  if (!(predictions.shape() == targets.shape())) {
    throw Error(fmt::format("mse_loss: predictions of shape {} and targets of shape {} differ",
                            to_string(predictions.shape()), to_string(targets.shape())));
  }
  Dtype dtype = loss_dtype(result_type(predictions.dtype(), targets.dtype()));
  return reduce(square(widened(predictions) - widened(targets)), reduction, dtype);
}

}  // namespace lazulite::nn
