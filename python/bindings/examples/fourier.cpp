#include "texts.h"

namespace lazulite::python {

const std::string_view examples_of_fourier = R"(
fft.fft
    >>> lz.fft.fft(lz.array([1.0, 0.0, 0.0, 0.0]))
    array([1+0j, 1+0j, 1+0j, 1+0j], dtype=complex64)
fft.fft2
    >>> lz.fft.fft2(lz.ones((4, 4))).shape
    (4, 4)
fft.fftfreq
    >>> lz.fft.fftfreq(4)
    array([0, 0.25, -0.5, -0.25], dtype=float32)
fft.fftn
    >>> lz.fft.fftn(lz.ones((4, 4))).shape
    (4, 4)
fft.fftshift
    >>> lz.fft.fftshift(lz.array([0, 1, 2, 3]))
    array([2, 3, 0, 1], dtype=int32)
fft.ifft
    >>> lz.fft.ifft(lz.array([4.0, 0.0, 0.0, 0.0]))
    array([1+0j, 1+0j, 1+0j, 1+0j], dtype=complex64)
fft.ifft2
    >>> lz.fft.ifft2(lz.ones((4, 4))).shape
    (4, 4)
fft.ifftn
    >>> lz.fft.ifftn(lz.ones((4, 4))).shape
    (4, 4)
fft.ifftshift
    >>> lz.fft.ifftshift(lz.array([2, 3, 0, 1]))
    array([0, 1, 2, 3], dtype=int32)
fft.irfft
    >>> lz.fft.irfft(lz.ones(3)).shape
    (4,)
fft.irfft2
    >>> lz.fft.irfft2(lz.ones((4, 3))).shape
    (4, 4)
fft.irfftn
    >>> lz.fft.irfftn(lz.ones((4, 3))).shape
    (4, 4)
fft.rfft
    >>> lz.fft.rfft(lz.array([1.0, 0.0, 0.0, 0.0])).shape
    (3,)
fft.rfft2
    >>> lz.fft.rfft2(lz.ones((4, 4))).shape
    (4, 3)
fft.rfftfreq
    >>> lz.fft.rfftfreq(4)
    array([0, 0.25, 0.5], dtype=float32)
fft.rfftn
    >>> lz.fft.rfftn(lz.ones((4, 4))).shape
    (4, 3)
fft.stft
    >>> lz.fft.stft(lz.ones((1, 64)), 16).shape
    (1, 9, 17)
fft.istft
    >>> lz.fft.istft(lz.fft.stft(lz.ones((1, 64)), 16)).shape
    (1, 64)
)";

}  // namespace lazulite::python
