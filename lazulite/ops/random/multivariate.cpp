#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/linalg.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/random.h"

namespace lazulite::random {

// Independent numbers times the symmetric root of the covariance, by its singular values.
Array multivariate_normal(Array mean, Array covariance, const std::optional<Shape>& shape,
                          Array key) {
  const ReleaseOnReturn release(mean, covariance);
  const size_t axes = covariance.ndim();
  const bool fits = mean.ndim() > 0 && axes > 1 && covariance.shape(-1) == covariance.shape(-2) &&
                    covariance.shape(-1) == mean.shape(-1);
  if (!fits || mean.dtype() == Dtype::complex64 || covariance.dtype() == Dtype::complex64) {
    throw ValueError(fmt::format(
        "random.multivariate_normal: a mean (…, n) and a covariance (…, n, n) of real numbers are "
        "needed, not {}{} and {}{}",
        name_of(mean.dtype()), to_string(mean.shape()), name_of(covariance.dtype()),
        to_string(covariance.shape())));
  }
  Shape of_means(mean.shape().begin(), mean.shape().end() - 1);
  Shape of_covariances(covariance.shape().begin(), covariance.shape().end() - 2);
  Shape all = broadcast_shapes(of_means, of_covariances, "random.multivariate_normal");
  if (shape) all = broadcast_shapes(all, *shape, "random.multivariate_normal");
  all.push_back(mean.shape(-1));
  auto [u, s, vt] = svd(astype(covariance, Dtype::float32));
  Array root = matmul(u * expand_dims(sqrt(s), {-2}), vt);
  Array drawn = normal(all, Dtype::float32, 0, 1, std::move(key));
  return squeeze(matmul(expand_dims(drawn, {-2}), root), {-2}) + astype(mean, Dtype::float32);
}

}  // namespace lazulite::random
