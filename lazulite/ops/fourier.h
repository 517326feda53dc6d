#pragma once

#include <optional>

#include "lazulite/core/array.h"

namespace lazulite {

/// Which way divides by the number of elements: the inverse, both by its root, or the forward one.
enum class FourierNorm { backward, ortho, forward };

/// Discrete Fourier transforms along an axis, of which the first `n` elements are taken, or as many
/// zeros put behind it as are missing. Complex64, computed in double precision.
Array fft(Array x, std::optional<int64_t> n = {}, int axis = -1,
          FourierNorm norm = FourierNorm::backward);
Array ifft(Array x, std::optional<int64_t> n = {}, int axis = -1,
           FourierNorm norm = FourierNorm::backward);
/// Of real numbers: the n / 2 + 1 frequencies that are not negative.
Array rfft(Array x, std::optional<int64_t> n = {}, int axis = -1,
           FourierNorm norm = FourierNorm::backward);
/// The `n` real numbers (an even number of them, if not given) that have such frequencies.
Array irfft(Array x, std::optional<int64_t> n = {}, int axis = -1,
            FourierNorm norm = FourierNorm::backward);

/// Along several axes, by default all; those of real numbers halve the last one. `sizes` has one
/// for each axis.
Array fftn(Array x, const std::optional<Shape>& sizes = {}, const std::optional<Axes>& axes = {},
           FourierNorm norm = FourierNorm::backward);
Array ifftn(Array x, const std::optional<Shape>& sizes = {}, const std::optional<Axes>& axes = {},
            FourierNorm norm = FourierNorm::backward);
Array rfftn(Array x, const std::optional<Shape>& sizes = {}, const std::optional<Axes>& axes = {},
            FourierNorm norm = FourierNorm::backward);
Array irfftn(Array x, const std::optional<Shape>& sizes = {}, const std::optional<Axes>& axes = {},
             FourierNorm norm = FourierNorm::backward);

/// Frequency 0 moved from the front to the middle of the axes (by default all), and back.
Array fftshift(Array x, const std::optional<Axes>& axes = {});
Array ifftshift(Array x, const std::optional<Axes>& axes = {});

/// The frequencies of the elements of fft's and rfft's results, of samples that are `d` apart.
Array fftfreq(int64_t n, double d = 1);
Array rfftfreq(int64_t n, double d = 1);

}  // namespace lazulite
