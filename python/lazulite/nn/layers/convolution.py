"""Convolutions. Channels come last."""

import math
from typing import Union

import lazulite.core as mx

from .base import Module

__all__ = ["Conv1d", "Conv2d", "Conv3d"]


def as_tuple(value, length: int):
    """An integer as that many, one an axis; anything else as it is."""
    return (value,) * length if isinstance(value, int) else value


def window_of(layer: Module, kernel_size, length: int) -> tuple:
    """The size of a filter along each of so many axes."""
    window = tuple(as_tuple(kernel_size, length))
    if len(window) != length:
        raise ValueError(
            f"{type(layer).__name__}: kernel_size is an integer or {length} of them, one an axis, "
            f"not {kernel_size}"
        )
    return window


def init_weight(module: Module, shape, fan_in: int, bias: bool):
    """Draws ``weight``, and ``bias`` as zeros, as all convolutions begin."""
    scale = math.sqrt(1 / fan_in)
    module.weight = mx.random.uniform(-scale, scale, shape)
    if bias:
        module.bias = mx.zeros((shape[0],))


class _Conv(Module):
    def _with_bias(self, y: mx.array) -> mx.array:
        return y + self["bias"] if "bias" in self else y


def _expect_divisible(in_channels: int, groups: int):
    if in_channels % groups != 0:
        raise ValueError(
            f"The number of input channels ({in_channels}) must be divisible by the number of "
            f"groups ({groups})"
        )


class Conv1d(_Conv):
    """A convolution of sequences (N, L, C).

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: The length of the filters.
        stride: The distance between places of the filter.
        padding: Zeros on both sides.
        dilation: The distance between elements that the filter sees.
        groups: Into how many groups of channels that do not see each other the input is split.
        bias: Whether there is a ``bias``, of shape (out_channels).

    ``weight`` has the shape (out_channels, kernel_size, in_channels / groups).

    Raises:
        ValueError: ``groups`` does not divide ``in_channels``.

    Example:
        >>> nn.Conv1d(3, 8, 5, padding=2)(mx.zeros((2, 10, 3))).shape
        (2, 10, 8)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ):
        super().__init__()
        _expect_divisible(in_channels, groups)
        init_weight(
            self,
            (out_channels, kernel_size, in_channels // groups),
            in_channels // groups * kernel_size,
            bias,
        )
        self.padding = padding
        self.dilation = dilation
        self.stride = stride
        self.groups = groups

    def _extra_repr(self):
        outputs, size, inputs = self.weight.shape
        return (
            f"{inputs * self.groups}, {outputs}, kernel_size={size}, stride={self.stride}, "
            f"padding={self.padding}, dilation={self.dilation}, groups={self.groups}, "
            f"bias={'bias' in self}"
        )

    def __call__(self, x):
        return self._with_bias(
            mx.conv1d(x, self["weight"], self.stride, self.padding, self.dilation, self.groups)
        )


class Conv2d(_Conv):
    """A convolution of images (N, H, W, C).

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size, stride, padding, dilation: As in :class:`Conv1d`; an integer, or one for the
            height and one for the width.
        groups: As in :class:`Conv1d`.
        bias: Whether there is a ``bias``, of shape (out_channels).

    ``weight`` has the shape (out_channels, height, width, in_channels / groups).

    Raises:
        ValueError: ``groups`` does not divide ``in_channels``.

    Example:
        >>> nn.Conv2d(3, 8, 5, padding=2)(mx.zeros((2, 28, 28, 3))).shape
        (2, 28, 28, 8)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Union[int, tuple],
        stride: Union[int, tuple] = 1,
        padding: Union[int, tuple] = 0,
        dilation: Union[int, tuple] = 1,
        groups: int = 1,
        bias: bool = True,
    ):
        super().__init__()
        _expect_divisible(in_channels, groups)
        height, width = window_of(self, kernel_size, 2)
        init_weight(
            self,
            (out_channels, height, width, in_channels // groups),
            in_channels // groups * height * width,
            bias,
        )
        self.padding = as_tuple(padding, 2)
        self.stride = as_tuple(stride, 2)
        self.dilation = dilation
        self.groups = groups

    def _extra_repr(self):
        outputs, height, width, inputs = self.weight.shape
        return (
            f"{inputs * self.groups}, {outputs}, kernel_size={(height, width)}, "
            f"stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"groups={self.groups}, bias={'bias' in self}"
        )

    def __call__(self, x):
        return self._with_bias(
            mx.conv2d(
                x, self["weight"], self["stride"], self["padding"], self.dilation, self.groups
            )
        )


class Conv3d(_Conv):
    """A convolution of volumes (N, D, H, W, C).

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size, stride, padding, dilation: As in :class:`Conv1d`; an integer, or one for each
            of depth, height and width.
        bias: Whether there is a ``bias``, of shape (out_channels).

    ``weight`` has the shape (out_channels, depth, height, width, in_channels).

    Example:
        >>> nn.Conv3d(3, 8, 2, stride=2)(mx.zeros((2, 8, 8, 8, 3))).shape
        (2, 4, 4, 4, 8)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Union[int, tuple],
        stride: Union[int, tuple] = 1,
        padding: Union[int, tuple] = 0,
        dilation: Union[int, tuple] = 1,
        bias: bool = True,
    ):
        super().__init__()
        window = window_of(self, kernel_size, 3)
        init_weight(
            self, (out_channels, *window, in_channels), in_channels * math.prod(window), bias
        )
        self.padding = as_tuple(padding, 3)
        self.stride = as_tuple(stride, 3)
        self.dilation = dilation

    def _extra_repr(self):
        outputs, *window, inputs = self.weight.shape
        return (
            f"{inputs}, {outputs}, kernel_size={tuple(window)}, stride={self.stride}, "
            f"padding={self.padding}, dilation={self.dilation}, bias={'bias' in self}"
        )

    def __call__(self, x):
        return self._with_bias(
            mx.conv3d(x, self["weight"], self["stride"], self["padding"], self.dilation)
        )
