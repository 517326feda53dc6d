"""Transposed convolutions, which undo a convolution's change of shape. Channels come last."""

import math
from typing import Union

import lazulite.core as mx

from .base import Module
from .convolution import _Conv, as_tuple, init_weight, window_of

__all__ = ["ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]


class _ConvTranspose(_Conv):
    """A transposed convolution of ``_spatial`` axes."""

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride,
        padding,
        dilation,
        output_padding,
        bias,
    ):
        Module.__init__(self)
        window = window_of(self, kernel_size, self._spatial)
        init_weight(
            self, (out_channels, *window, in_channels), in_channels * math.prod(window), bias
        )
        self.padding = as_tuple(padding, self._spatial)
        self.stride = as_tuple(stride, self._spatial)
        self.dilation = dilation
        self.output_padding = as_tuple(output_padding, self._spatial)

    def _extra_repr(self):
        outputs, *window, inputs = self.weight.shape
        size = window[0] if self._spatial == 1 else tuple(window)
        return (
            f"{inputs}, {outputs}, kernel_size={size}, stride={self.stride}, "
            f"padding={self.padding}, dilation={self.dilation}, "
            f"output_padding={self.output_padding}, bias={'bias' in self}"
        )


class ConvTranspose1d(_ConvTranspose):
    """A transposed convolution of sequences (N, L, C).

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: The length of the filters.
        stride: The distance, in the output, between the places of the input's elements.
        padding: How much is cut off on both sides of the output.
        dilation: The distance between elements that the filter writes.
        output_padding: How much is added at the end of the output.
        bias: Whether there is a ``bias``, of shape (out_channels).

    ``weight`` has the shape (out_channels, kernel_size, in_channels).

    Example:
        >>> nn.ConvTranspose1d(3, 8, 2, stride=2)(mx.zeros((2, 5, 3))).shape
        (2, 10, 8)
    """

    _spatial = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        output_padding: int = 0,
        bias: bool = True,
    ):
        Module.__init__(self)
        init_weight(self, (out_channels, kernel_size, in_channels), in_channels * kernel_size, bias)
        self.padding = padding
        self.dilation = dilation
        self.stride = stride
        self.output_padding = output_padding

    def __call__(self, x):
        return self._with_bias(
            mx.conv_transpose1d(
                x, self["weight"], self.stride, self.padding, self.dilation, self.output_padding
            )
        )


class ConvTranspose2d(_ConvTranspose):
    """A transposed convolution of images (N, H, W, C).

    Arguments are those of :class:`ConvTranspose1d`; sizes are integers, or one for the height and
    one for the width. ``weight`` has the shape (out_channels, height, width, in_channels).

    Example:
        >>> nn.ConvTranspose2d(3, 8, 2, stride=2)(mx.zeros((2, 5, 5, 3))).shape
        (2, 10, 10, 8)
    """

    _spatial = 2

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Union[int, tuple],
        stride: Union[int, tuple] = 1,
        padding: Union[int, tuple] = 0,
        dilation: Union[int, tuple] = 1,
        output_padding: Union[int, tuple] = 0,
        bias: bool = True,
    ):
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, bias
        )

    def __call__(self, x):
        return self._with_bias(
            mx.conv_transpose2d(
                x, self["weight"], self.stride, self.padding, self.dilation, self.output_padding
            )
        )


class ConvTranspose3d(_ConvTranspose):
    """A transposed convolution of volumes (N, D, H, W, C).

    Arguments are those of :class:`ConvTranspose1d`; sizes are integers, or one for each of depth,
    height and width. ``weight`` has the shape (out_channels, depth, height, width, in_channels).

    Example:
        >>> nn.ConvTranspose3d(3, 8, 2, stride=2)(mx.zeros((2, 3, 3, 3, 3))).shape
        (2, 6, 6, 6, 8)
    """

    _spatial = 3

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Union[int, tuple],
        stride: Union[int, tuple] = 1,
        padding: Union[int, tuple] = 0,
        dilation: Union[int, tuple] = 1,
        output_padding: Union[int, tuple] = 0,
        bias: bool = True,
    ):
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, bias
        )

    def __call__(self, x):
        return self._with_bias(
            mx.conv_transpose3d(
                x, self["weight"], self.stride, self.padding, self.dilation, self.output_padding
            )
        )
