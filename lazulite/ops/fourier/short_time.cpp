// Short-time Fourier transforms.
#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/fourier.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"

namespace lazulite {
namespace {

// The sizes of an operation, checked, and its window with zeros up to the frames' size.
struct Frames {
  int64_t size, hop;
  Array window;

  Frames(const char* operation, int64_t n_fft, const ShortTimeOptions& options) : size(n_fft) {
    const int64_t width = options.win_length.value_or(
        options.window.valid() && options.window.ndim() == 1 ? options.window.size() : size);
    hop = options.hop_length.value_or(size / 4);
    if (size < 1 || hop < 1) {
      throw ValueError(fmt::format("{}: frames of {} elements, {} apart, are not possible",
                                   operation, size, hop));
    }
    if (width > size) {
      throw ValueError(fmt::format("{}: a window of {} elements does not fit in frames of {}",
                                   operation, width, size));
    }
    window = options.window.valid() ? options.window : ones({width});
    if (window.ndim() != 1 || window.size() != width) {
      throw ValueError(fmt::format("{}: a window of {} elements is needed, not one of shape {}",
                                   operation, width, to_string(window.shape())));
    }
    const int64_t before = (size - width) / 2;
    window = pad(window, {{before, size - width - before}});
  }

  // The positions of `count` frames' elements.
  Array positions(int64_t count) const {
    Array starts = arange(0, count, 1, Dtype::int64) * hop;
    return expand_dims(starts, {-1}) + arange(0, size, 1, Dtype::int64);
  }
};

Array along_last(const Array& x, int64_t begin, int64_t end) {
  Positions starts(x.ndim(), 0), stops(x.shape().begin(), x.shape().end());
  starts.back() = begin;
  stops.back() = end;
  return slice(x, starts, stops);
}

Array padded(const Array& x, int64_t width, PadMode mode) {
  std::vector<PadWidth> widths(x.ndim());
  widths.back() = {width, width};
  switch (mode) {
    case PadMode::constant: return pad(x, widths);
    case PadMode::edge: return pad_edge(x, widths);
    case PadMode::reflect: return pad_mirrored(x, widths, false);
  }
  __builtin_unreachable();
}

}  // namespace

Array stft(Array x, int64_t n_fft, const ShortTimeOptions& options, PadMode mode) {
  const ReleaseOnReturn release(x);
  const Frames frames("stft", n_fft, options);
  if (x.ndim() == 0) throw ValueError("stft: an array with at least one axis is needed");
  if (options.center) x = padded(x, n_fft / 2, mode);
  const int64_t length = x.shape().back();
  if (length < n_fft) {
    throw ValueError(fmt::format("stft: {} elements do not fill a frame of {}", length, n_fft));
  }
  const int64_t count = 1 + (length - n_fft) / frames.hop;
  Array rows = take(x, frames.positions(count), -1) * frames.window;
  const bool real_input = kind_of(x.dtype()) != DtypeKind::complex;
  Array out = options.onesided.value_or(real_input) ? rfft(rows, n_fft, -1, options.norm)
                                                    : fft(rows, n_fft, -1, options.norm);
  return swapaxes(out, -1, -2);
}

// Frames are added where they overlap, and divided by the squares of the windows there.
Array istft(Array x, std::optional<int64_t> n_fft, const ShortTimeOptions& options,
            std::optional<int64_t> length) {
  const ReleaseOnReturn release(x);
  if (x.ndim() < 2) {
    throw ValueError(fmt::format(
        "istft: axes of frequencies and of frames are needed, not shape {}", to_string(x.shape())));
  }
  const bool onesided = options.onesided.value_or(true);
  const int64_t frequencies = x.shape(-2), count = x.shape(-1);
  const Frames frames("istft", n_fft.value_or(onesided ? 2 * (frequencies - 1) : frequencies),
                      options);
  Array rows = swapaxes(x, -1, -2);
  rows = onesided ? irfft(rows, frames.size, -1, options.norm)
                  : real(ifft(rows, frames.size, -1, options.norm));
  const int64_t all = count > 0 ? frames.size + (count - 1) * frames.hop : 0;
  Array positions = flatten(frames.positions(count));
  auto overlapped = [&](const Array& parts) {
    Array flat = flatten(parts, -2);
    Shape shape(flat.shape().begin(), flat.shape().end());
    shape.back() = all;
    return scatter_add(zeros(shape, flat.dtype()), positions, flat, -1);
  };
  Array squares = square(frames.window);
  Array envelope = overlapped(broadcast_to(squares, {count, frames.size}));
  Array sums = overlapped(rows * frames.window);
  Array heard = envelope > 1e-10;
  Array out = sums / where(heard, envelope, 1.0);
  if (length && *length < 0) {
    throw ValueError(fmt::format("istft: a length of {} is negative", *length));
  }
  // A length that is asked for may reach into what was mirrored at the end.
  if (options.center) {
    out = along_last(out, frames.size / 2, length ? all : all - frames.size / 2);
  }
  if (!length) return out;
  const int64_t now = out.shape().back();
  if (*length <= now) return along_last(out, 0, *length);
  std::vector<PadWidth> widths(out.ndim());
  widths.back() = {0, *length - now};
  return pad(out, widths);
}

}  // namespace lazulite
