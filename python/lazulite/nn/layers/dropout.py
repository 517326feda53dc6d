"""Dropout."""

import lazulite.core as mx

from .base import Module

__all__ = ["Dropout", "Dropout2d", "Dropout3d"]


class Dropout(Module):
    """In training, sets elements to zero with probability ``p`` and divides the others by
    ``1 - p``; otherwise the identity.

    Raises:
        ValueError: ``p`` is not from 0 to below 1.

    Example:
        >>> nn.Dropout(0.5).eval()(mx.ones(3))
        array([1, 1, 1], dtype=float32)
    """

    def __init__(self, p: float = 0.5):
        super().__init__()
        if p < 0 or p >= 1:
            raise ValueError(f"The dropout probability {p} is not in [0, 1)")
        self._p_1 = 1 - p

    def _extra_repr(self) -> str:
        return f"p={1 - self._p_1}"

    def _dropped(self, x: mx.array, shape) -> mx.array:
        """``x`` with elements, or whole parts of it, kept as numbers of ``shape`` decide."""
        keep = self._p_1
        if keep == 1 or not self._training:
            return x
        return mx.random.bernoulli(keep, shape) * x * (1 / keep)

    def __call__(self, x: mx.array) -> mx.array:
        return self._dropped(x, x.shape)


class _ChannelDropout(Dropout):
    """Drops whole channels of (examples, …, channels) or (…, channels)."""

    def __call__(self, x: mx.array) -> mx.array:
        spatial = self._spatial
        if x.ndim not in (spatial + 1, spatial + 2):
            raise ValueError(
                f"Received input with {x.ndim} dimensions. Expected {spatial + 1} or {spatial + 2} "
                "dimensions."
            )
        shape = x.shape
        return self._dropped(x, (*shape[: -1 - spatial], *([1] * spatial), shape[-1]))


class Dropout2d(_ChannelDropout):
    """:class:`Dropout` of whole channels of images (N, H, W, C) or (H, W, C) (Tompson et al.,
    2015).

    Raises:
        ValueError: ``p`` is not from 0 to below 1, or the input has other dimensions.

    Example:
        >>> nn.Dropout2d(0.5)(mx.ones((1, 4, 4, 3))).shape
        (1, 4, 4, 3)
    """

    _spatial = 2


class Dropout3d(_ChannelDropout):
    """:class:`Dropout` of whole channels of volumes (N, D, H, W, C) or (D, H, W, C).

    Raises:
        ValueError: ``p`` is not from 0 to below 1, or the input has other dimensions.

    Example:
        >>> nn.Dropout3d(0.5)(mx.ones((1, 2, 4, 4, 3))).shape
        (1, 2, 4, 4, 3)
    """

    _spatial = 3
