#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "lazulite/core/array.h"

namespace lazulite {

using Arrays = std::vector<Array>;
using ArraysFunction = std::function<Arrays(const Arrays&)>;

/// Runs `function` on the primals and carries the cotangents (one for each result, of its shape)
/// back through it. Returns the results and, for each primal, the vector-Jacobian product, zeros
/// where no derivative flows. Both are lazy arrays and can be differentiated again.
std::pair<Arrays, Arrays> vjp(const ArraysFunction& function, const Arrays& primals,
                              const Arrays& cotangents);

/// The function that computes the results of `function` and the gradients of its first result, a
/// scalar, with respect to the arguments `argnums` (counted from the end if negative).
std::function<std::pair<Arrays, Arrays>(const Arrays&)> value_and_grad(ArraysFunction function,
                                                                       std::vector<int> argnums = {
                                                                           0});

/// The function that computes the gradients alone.
ArraysFunction grad(ArraysFunction function, std::vector<int> argnums = {0});

/// The same for a function of one array with one scalar result.
std::function<Array(const Array&)> grad(std::function<Array(const Array&)> function);
std::function<std::pair<Array, Array>(const Array&)> value_and_grad(
    std::function<Array(const Array&)> function);

/// The gradients of `result`'s ancestors `sources`, given the cotangents of the results. Sources
/// must be marked with `differentiable` before they are used.
Arrays backward(const Arrays& results, const Arrays& cotangents, const Arrays& sources);

/// The same array as a source of derivatives: a new node that `backward` can stop at. Only inside a
/// RetainScope.
Array differentiable(const Array& array);

}  // namespace lazulite
