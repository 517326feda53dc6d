#pragma once

#include <optional>

#include "lazulite/core/array.h"

namespace lazulite {

/// Which way divides by the number of elements: the inverse, both by its root, or the forward one.
enum class FourierNorm { backward, ortho, forward };

/// Discrete Fourier transforms along an axis, of which the first `n` elements are taken, or as many
/// zeros put behind it as are missing. Complex64, computed in double precision, on a GPU in single.
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

/// What short-time transforms have in common. Frames are `hop_length` apart (a quarter of their
/// size), under a window of `win_length` elements (by default ones), with zeros around it. With
/// `center`, the first frame's middle is the first element. One side of the frequencies is that of
/// rfft.
struct ShortTimeOptions {
  std::optional<int64_t> hop_length = {}, win_length = {};
  Array window = {};
  bool center = true;
  FourierNorm norm = FourierNorm::backward;
  std::optional<bool> onesided = {};
};
enum class PadMode { constant, edge, reflect };

/// The transforms of frames of `n_fft` elements along the last axis: (…, frequencies, frames).
Array stft(Array x, int64_t n_fft = 2048, const ShortTimeOptions& options = {},
           PadMode mode = PadMode::reflect);
/// The array that has these transforms, cut or filled with zeros to `length`.
Array istft(Array x, std::optional<int64_t> n_fft = {}, const ShortTimeOptions& options = {},
            std::optional<int64_t> length = {});

}  // namespace lazulite
