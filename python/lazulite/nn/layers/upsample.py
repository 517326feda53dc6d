"""Upsampling, also used for downsampling."""

import math
from typing import Callable, Literal, Tuple, Union

import lazulite.core as mx

from .base import Module

__all__ = ["Upsample"]


def _cubic(distance: mx.array, a: float) -> mx.array:
    """Keys's kernel of convolution."""
    d = mx.abs(distance)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = a * (((d - 5) * d + 8) * d - 4)
    return mx.where(d < 1, near, mx.where(d < 2, far, 0.0))


def _triangle(distance: mx.array) -> mx.array:
    return mx.maximum(1 - mx.abs(distance), 0)


def _along(x: mx.array, weight: mx.array, axis: int) -> mx.array:
    """``weight``, of the size of the axis, with axes of size one beside it."""
    return weight.reshape([-1 if i == axis else 1 for i in range(x.ndim)])


def _nearest(x: mx.array, axis: int, scale: float) -> mx.array:
    size = x.shape[axis]
    if scale == int(scale):
        return mx.repeat(x, int(scale), axis=axis)
    new = int(scale * size)
    i = mx.arange(new)
    # The element whose middle is nearest, the even of two; downwards, the one at the left edge.
    if scale > 1:
        places = mx.round(((2 * i + 1) * size - new) / (2 * new)).astype(mx.int32)
    else:
        places = i * size // new
    return mx.take(x, places, axis=axis)


def _interpolated(
    x: mx.array, axis: int, scale: float, mode: str, align_corners: bool, antialias: bool
) -> mx.array:
    """Each new element as a weighted sum of those around its place."""
    size = x.shape[axis]
    new = int(scale * size)
    if align_corners:
        places = mx.arange(new) * ((size - 1) / (new - 1) if new > 1 else 0.0)
    else:
        places = (mx.arange(new) - (new - 1) / 2) / scale + (size - 1) / 2
    # Downwards, an antialiased kernel is wide enough to see every element.
    stretch = max(1.0, 1 / scale) if antialias else 1.0
    reach = math.ceil((1 if mode == "linear" else 2) * stretch)
    first = mx.floor(places)

    result = total = 0.0
    for step in range(1 - reach, reach + 1):
        neighbour = first + step
        distance = (places - neighbour) / stretch
        if mode == "linear":
            weight = _triangle(distance)
        else:
            weight = _cubic(distance, -0.5 if antialias else -0.75)
        if antialias:
            weight = mx.where((neighbour < 0) | (neighbour > size - 1), 0.0, weight)
            total = total + weight
        indices = mx.clip(neighbour, 0, size - 1).astype(mx.int32)
        result = result + mx.take(x, indices, axis=axis) * _along(x, weight, axis)
    return result / _along(x, total, axis) if antialias else result


def _resized(x: mx.array, scale_factor: Tuple, resize: Callable) -> mx.array:
    for axis, scale in enumerate(scale_factor, 1):
        x = resize(x, axis, scale)
    return x


def upsample_nearest(x: mx.array, scale_factor: Tuple) -> mx.array:
    """Each new element is the one whose middle lies nearest; see :class:`Upsample`.

    Args:
        x: ``(n, spatial..., c)``.
        scale_factor: By how much each spatial axis is multiplied.
    """
    return _resized(x, scale_factor, _nearest)


def upsample_linear(
    x: mx.array, scale_factor: Tuple, align_corners: bool = False, antialias: bool = False
) -> mx.array:
    """Interpolates linearly; arguments as of :func:`upsample_nearest` and :class:`Upsample`."""
    return _resized(
        x, scale_factor, lambda *axis: _interpolated(*axis, "linear", align_corners, antialias)
    )


def upsample_cubic(
    x: mx.array, scale_factor: Tuple, align_corners: bool = False, antialias: bool = False
) -> mx.array:
    """Interpolates by cubic splines; arguments as of :func:`upsample_nearest` and
    :class:`Upsample`."""
    return _resized(
        x, scale_factor, lambda *axis: _interpolated(*axis, "cubic", align_corners, antialias)
    )


class Upsample(Module):
    """Changes the size of the spatial axes, those between the first and the last.

    Args:
        scale_factor: By how much sizes are multiplied, for all axes or for each.
        mode: ``"nearest"``, ``"linear"`` or ``"cubic"`` interpolation; the latter two in float32 at
            least.
        align_corners: Whether the first and the last elements of input and output lie at the same
            places, rather than the arrays' outer edges.
        antialias: Whether an interpolation to a smaller size sees all elements.

    Raises:
        ValueError: the mode is unknown or does not go with the other arguments, or the input's axes
            do not fit ``scale_factor``.

    Example:
        >>> nn.Upsample(2, mode="linear")(mx.array([[[1.0], [2.0]]])).squeeze()
        array([1, 1.25, 1.75, 2], dtype=float32)
    """

    def __init__(
        self,
        scale_factor: Union[float, Tuple],
        mode: Literal["nearest", "linear", "cubic"] = "nearest",
        align_corners: bool = False,
        antialias: bool = False,
    ):
        super().__init__()
        if mode not in ("nearest", "linear", "cubic"):
            raise ValueError(f"[Upsample] Got unsupported upsampling algorithm: {mode}")
        if antialias and mode == "nearest":
            raise ValueError("[Upsample] Antialiasing of nearest neighbours does not exist")
        if antialias and align_corners:
            raise ValueError("[Upsample] antialias=True does not go with align_corners=True")
        if isinstance(scale_factor, (list, tuple)):
            self.scale_factor = tuple(map(float, scale_factor))
        else:
            self.scale_factor = float(scale_factor)
        self.mode = mode
        self.align_corners = align_corners
        self.antialias = antialias

    def _extra_repr(self) -> str:
        text = (
            f"scale_factor={self.scale_factor}, mode={self.mode!r}, "
            f"align_corners={self.align_corners}"
        )
        return text + ", antialias=True" if self.antialias else text

    def __call__(self, x: mx.array) -> mx.array:
        spatial = x.ndim - 2
        if spatial <= 0:
            raise ValueError(
                "[Upsample] The input should have at least 1 spatial dimension which means it "
                f"should be at least 3D but {x.ndim}D was provided"
            )
        scales = self.scale_factor
        if not isinstance(scales, tuple):
            scales = (scales,) * spatial
        elif len(scales) != spatial:
            raise ValueError(
                f"[Upsample] One scale per spatial dimension is required but scale_factor={scales} "
                f"and the number of spatial dimensions were {spatial}"
            )
        if self.mode == "nearest":
            return upsample_nearest(x, scales)
        resize = upsample_linear if self.mode == "linear" else upsample_cubic
        return resize(x, scales, self.align_corners, self.antialias)
