"""Pooling over windows. Channels come last."""

from typing import Optional, Tuple, Union

import lazulite.core as mx

from .base import Module

__all__ = ["AvgPool1d", "AvgPool2d", "AvgPool3d", "MaxPool1d", "MaxPool2d", "MaxPool3d"]


def _sizes(layer: str, name: str, value, spatial: int, least: int):
    """An integer, or one an axis, as a list."""
    sizes = [value] * spatial if isinstance(value, int) else value
    if (
        not isinstance(sizes, (list, tuple))
        or len(sizes) != spatial
        or not all(isinstance(size, int) for size in sizes)
    ):
        plural = "s" if spatial > 1 else ""
        raise ValueError(
            f"[{layer}] '{name}' must be an integer or a tuple containing {spatial} "
            f"integer{plural}, not {value!r}"
        )
    if any(size < least for size in sizes):
        least_name = "positive" if least == 1 else "non-negative"
        raise ValueError(f"[{layer}] '{name}' must be {least_name} but got {tuple(sizes)}.")
    return list(sizes)


class _Pool(Module):
    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        layer = type(self).__name__
        self._kernel_size = _sizes(layer, "kernel_size", kernel_size, self._spatial, 1)
        self._stride = _sizes(
            layer, "stride", kernel_size if stride is None else stride, self._spatial, 1
        )
        self._padding = _sizes(layer, "padding", padding, self._spatial, 0)

    def _extra_repr(self):
        return (
            f"kernel_size={tuple(self._kernel_size)}, stride={tuple(self._stride)}, "
            f"padding={tuple(self._padding)}"
        )

    def __call__(self, x):
        if x.ndim != self._spatial + 2:
            raise ValueError(
                f"[{type(self).__name__}] Expected an input of {self._spatial + 2} dimensions, "
                f"(examples, {'spatial, ' * self._spatial}channels), but got shape {x.shape}"
            )
        return self._pool(x, self._kernel_size, self._stride, self._padding)


class _MaxPool(_Pool):
    _pool = staticmethod(mx._nn.max_pool)


class _AvgPool(_Pool):
    _pool = staticmethod(mx._nn.avg_pool)


class MaxPool1d(_MaxPool):
    """The maximum over windows of sequences (N, L, C).

    Args:
        kernel_size: The size of the windows.
        stride: The distance between windows; ``kernel_size`` if ``None``.
        padding: How many places of minus infinity there are on both sides.

    Raises:
        ValueError: a size is no integer, or not positive; or the input has other dimensions.

    Example:
        >>> nn.MaxPool1d(2)(mx.array([[[1.0], [3.0], [2.0], [0.0]]])).squeeze()
        array([3, 2], dtype=float32)
    """

    _spatial = 1

    def __init__(
        self,
        kernel_size: Union[int, Tuple[int]],
        stride: Optional[Union[int, Tuple[int]]] = None,
        padding: Union[int, Tuple[int]] = 0,
    ):
        super().__init__(kernel_size, stride, padding)


class AvgPool1d(_AvgPool):
    """The average over windows of sequences (N, L, C).

    Args:
        kernel_size: The size of the windows.
        stride: The distance between windows; ``kernel_size`` if ``None``.
        padding: How many zeros there are on both sides; they count in the average.

    Raises:
        ValueError: a size is no integer, or not positive; or the input has other dimensions.

    Example:
        >>> nn.AvgPool1d(2)(mx.array([[[1.0], [3.0], [2.0], [0.0]]])).squeeze()
        array([2, 1], dtype=float32)
    """

    _spatial = 1

    def __init__(
        self,
        kernel_size: Union[int, Tuple[int]],
        stride: Optional[Union[int, Tuple[int]]] = None,
        padding: Union[int, Tuple[int]] = 0,
    ):
        super().__init__(kernel_size, stride, padding)


class MaxPool2d(_MaxPool):
    """The maximum over windows of images (N, H, W, C); see :class:`MaxPool1d`. Sizes are integers,
    or one for the height and one for the width.

    Example:
        >>> nn.MaxPool2d(2)(mx.zeros((8, 28, 28, 3))).shape
        (8, 14, 14, 3)
    """

    _spatial = 2

    def __init__(
        self,
        kernel_size: Union[int, Tuple[int, int]],
        stride: Optional[Union[int, Tuple[int, int]]] = None,
        padding: Optional[Union[int, Tuple[int, int]]] = 0,
    ):
        super().__init__(kernel_size, stride, padding)


class AvgPool2d(_AvgPool):
    """The average over windows of images (N, H, W, C); see :class:`AvgPool1d`. Sizes are integers,
    or one for the height and one for the width.

    Example:
        >>> nn.AvgPool2d(2)(mx.zeros((8, 28, 28, 3))).shape
        (8, 14, 14, 3)
    """

    _spatial = 2

    def __init__(
        self,
        kernel_size: Union[int, Tuple[int, int]],
        stride: Optional[Union[int, Tuple[int, int]]] = None,
        padding: Optional[Union[int, Tuple[int, int]]] = 0,
    ):
        super().__init__(kernel_size, stride, padding)


class MaxPool3d(_MaxPool):
    """The maximum over windows of volumes (N, D, H, W, C); see :class:`MaxPool1d`. Sizes are
    integers, or one for each of depth, height and width.

    Example:
        >>> nn.MaxPool3d(2)(mx.zeros((1, 8, 8, 8, 3))).shape
        (1, 4, 4, 4, 3)
    """

    _spatial = 3

    def __init__(
        self,
        kernel_size: Union[int, Tuple[int, int, int]],
        stride: Optional[Union[int, Tuple[int, int, int]]] = None,
        padding: Optional[Union[int, Tuple[int, int, int]]] = 0,
    ):
        super().__init__(kernel_size, stride, padding)


class AvgPool3d(_AvgPool):
    """The average over windows of volumes (N, D, H, W, C); see :class:`AvgPool1d`. Sizes are
    integers, or one for each of depth, height and width.

    Example:
        >>> nn.AvgPool3d(2)(mx.zeros((1, 8, 8, 8, 3))).shape
        (1, 4, 4, 4, 3)
    """

    _spatial = 3

    def __init__(
        self,
        kernel_size: Union[int, Tuple[int, int, int]],
        stride: Optional[Union[int, Tuple[int, int, int]]] = None,
        padding: Optional[Union[int, Tuple[int, int, int]]] = 0,
    ):
        super().__init__(kernel_size, stride, padding)
