#include "lazulite/ops/fourier.h"

#include "define.h"
#include "lazulite/core/errors.h"
#include "module.h"

namespace lazulite::python {
namespace {

using Size = std::optional<int64_t>;
using MaybeShape = std::optional<ShapeArgument>;

FourierNorm norm_of(const std::string& name) {
  if (name == "backward") return FourierNorm::backward;
  if (name == "ortho") return FourierNorm::ortho;
  if (name == "forward") return FourierNorm::forward;
  throw ValueError("fft: the norms are 'backward', 'ortho' and 'forward', not '" + name + "'");
}

std::optional<Axes> axes_of(const AxesArgument& given) {
  return given.all ? std::nullopt : std::optional(given.axes);
}

std::optional<Shape> sizes_of(const MaybeShape& given) {
  return given ? std::optional(given->shape) : std::nullopt;
}

template <auto function>
void bind_along_axis(nb::module_& m, const char* name, const char* doc) {
  def_op(
      m, name,
      [](const Array& a, Size n, int axis, const std::string& norm) {
        return function(a, n, axis, norm_of(norm));
      },
      "a"_a, "n"_a = nb::none(), "axis"_a = -1, "norm"_a = "backward", doc);
}

// Over two axes, the last ones by default, and over any.
template <auto function>
void bind_along_axes(nb::module_& m, const char* of_two, const char* of_many, const char* doc) {
  auto call = [](const Array& a, const MaybeShape& s, const AxesArgument& axes,
                 const std::string& norm) {
    return function(a, sizes_of(s), axes_of(axes), norm_of(norm));
  };
  nb::list last;
  last.append(-2);
  last.append(-1);
  def_op(m, of_two, call, "a"_a, "s"_a = nb::none(), nb::arg("axes").none() = last,
         "norm"_a = "backward", doc);
  def_op(m, of_many, call, "a"_a, "s"_a = nb::none(), "axes"_a = nb::none(), "norm"_a = "backward",
         doc);
}

PadMode pad_mode_of(const std::string& name) {
  if (name == "constant") return PadMode::constant;
  if (name == "edge") return PadMode::edge;
  if (name == "reflect") return PadMode::reflect;
  throw ValueError("stft: the modes are 'constant', 'edge' and 'reflect', not '" + name + "'");
}

void bind_short_time(nb::module_& m) {
  def_op(
      m, "stft",
      [](const Array& x, int64_t n_fft, Size hop_length, Size win_length,
         std::optional<Array> window, bool center, const std::string& pad_mode,
         const std::string& norm, std::optional<bool> onesided) {
        ShortTimeOptions options{hop_length, win_length,    window ? *window : Array(),
                                 center,     norm_of(norm), onesided};
        return stft(x, n_fft, options, pad_mode_of(pad_mode));
      },
      "x"_a, "n_fft"_a = 2048, "hop_length"_a = nb::none(), "win_length"_a = nb::none(),
      "window"_a = nb::none(), "center"_a = true, "pad_mode"_a = "reflect", "norm"_a = "backward",
      "onesided"_a = nb::none(),
      "The transforms of overlapping frames along the last axis: (..., frequencies, frames).");
  def_op(
      m, "istft",
      [](const Array& x, Size n_fft, Size hop_length, Size win_length, std::optional<Array> window,
         bool center, const std::string& norm, std::optional<bool> onesided, Size length) {
        ShortTimeOptions options{hop_length, win_length,    window ? *window : Array(),
                                 center,     norm_of(norm), onesided};
        return istft(x, n_fft, options, length);
      },
      "stft_matrix"_a, "n_fft"_a = nb::none(), "hop_length"_a = nb::none(),
      "win_length"_a = nb::none(), "window"_a = nb::none(), "center"_a = true,
      "norm"_a = "backward", "onesided"_a = nb::none(), "length"_a = nb::none(),
      "The inverse of stft.");
}

}  // namespace

void bind_fourier(nb::module_& parent) {
  nb::module_ m = parent.def_submodule("fft", "Fourier transforms.");
  bind_along_axis<fft>(m, "fft",
                       "The discrete Fourier transform along an axis, of its first n elements or "
                       "with zeros behind them, as complex64.\n\nArgs:\n    norm: 'backward', "
                       "'ortho' or 'forward': which way divides by n.\n");
  bind_along_axis<ifft>(m, "ifft", "The inverse of fft.");
  bind_along_axis<rfft>(m, "rfft",
                        "The n // 2 + 1 frequencies of real numbers that are not negative.");
  bind_along_axis<irfft>(m, "irfft",
                         "The inverse of rfft: n real numbers, by default 2 * (size - 1).");
  bind_along_axes<fftn>(m, "fft2", "fftn", "fft along several axes, of the sizes s.");
  bind_along_axes<ifftn>(m, "ifft2", "ifftn", "ifft along several axes, of the sizes s.");
  bind_along_axes<rfftn>(m, "rfft2", "rfftn",
                         "rfft along the last of several axes, and fft along the others.");
  bind_along_axes<irfftn>(m, "irfft2", "irfftn",
                          "ifft along several axes, and irfft along the last of them.");
  def_op(
      m, "fftshift",
      [](const Array& a, const AxesArgument& axes) { return fftshift(a, axes_of(axes)); }, "a"_a,
      "axes"_a = nb::none(), "Frequency 0 moved from the front to the middle.");
  def_op(
      m, "ifftshift",
      [](const Array& a, const AxesArgument& axes) { return ifftshift(a, axes_of(axes)); }, "a"_a,
      "axes"_a = nb::none(), "The inverse of fftshift.");
  def_op(
      m, "fftfreq", [](int64_t n, double d) { return fftfreq(n, d); }, "n"_a, "d"_a = 1.0,
      "The frequencies of fft's results, of n samples that are d apart.");
  def_op(
      m, "rfftfreq", [](int64_t n, double d) { return rfftfreq(n, d); }, "n"_a, "d"_a = 1.0,
      "The frequencies of rfft's results, of n samples that are d apart.");
  bind_short_time(m);
}

}  // namespace lazulite::python
