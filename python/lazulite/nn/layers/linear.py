"""Affine maps."""

import math
from typing import Any

import lazulite.core as mx

from .base import Module
from .quantized import QQLinear, QuantizedLinear

__all__ = ["Bilinear", "Identity", "Linear"]


class Identity(Module):
    """Returns its input. Arguments are ignored, so that it can take any layer's place.

    Example:
        >>> nn.Identity()(mx.array([1.0, 2.0]))
        array([1, 2], dtype=float32)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def __call__(self, x: mx.array) -> mx.array:
        return x


class Linear(Module):
    """``x @ weight.T + bias``.

    Args:
        input_dims: The size of the input's last axis.
        output_dims: The size of the output's last axis.
        bias: Whether there is a ``bias``, of shape (output_dims).

    ``weight`` has the shape (output_dims, input_dims). Both begin between ``± 1 / √input_dims``.

    Example:
        >>> nn.Linear(4, 2)(mx.zeros((3, 4))).shape
        (3, 2)
    """

    def __init__(self, input_dims: int, output_dims: int, bias: bool = True) -> None:
        super().__init__()
        scale = math.sqrt(1.0 / input_dims)
        self.weight = mx.random.uniform(-scale, scale, (output_dims, input_dims))
        if bias:
            self.bias = mx.random.uniform(-scale, scale, (output_dims,))

    def _extra_repr(self) -> str:
        outputs, inputs = self.weight.shape
        return f"input_dims={inputs}, output_dims={outputs}, bias={'bias' in self}"

    def __call__(self, x: mx.array) -> mx.array:
        if "bias" in self:
            return mx.addmm(self["bias"], x, self["weight"].T)
        return x @ self["weight"].T

    def to_quantized(
        self,
        group_size: int | None = None,
        bits: int | None = None,
        mode: str = "affine",
        quantize_input: bool = False,
    ) -> Module:
        """The layer with the codes of few bits that are nearest to the weight.

        Args:
            group_size, bits, mode: As ``mx.quantize`` takes them.
            quantize_input: Whether inputs are quantized, too: a ``QQLinear``.

        Example:
            >>> nn.Linear(64, 2).to_quantized(bits=8)
            QuantizedLinear(input_dims=64, output_dims=2, bias=True, group_size=64, bits=8, mode=affine)
        """
        if not quantize_input:
            return QuantizedLinear.from_linear(self, group_size, bits, mode)
        if mode not in ("nvfp4", "mxfp8"):
            raise ValueError(
                f"inputs are quantized in the modes 'nvfp4' and 'mxfp8', not in {mode!r}"
            )
        return QQLinear.from_linear(self, group_size, bits, mode)


class Bilinear(Module):
    """For each output ``i``: ``x2 @ weight[i] @ x1 + bias[i]``.

    Args:
        input1_dims: The size of the last axis of ``x1``.
        input2_dims: The size of the last axis of ``x2``.
        output_dims: The size of the output's last axis.
        bias: Whether there is a ``bias``, of shape (output_dims).

    ``weight`` has the shape (output_dims, input2_dims, input1_dims). Both begin between
    ``± 1 / √input1_dims``.

    Example:
        >>> nn.Bilinear(4, 3, 2)(mx.zeros((5, 4)), mx.zeros((5, 3))).shape
        (5, 2)
    """

    def __init__(
        self, input1_dims: int, input2_dims: int, output_dims: int, bias: bool = True
    ) -> None:
        super().__init__()
        scale = math.sqrt(1.0 / input1_dims)
        shape = (output_dims, input2_dims, input1_dims)
        self.weight = mx.random.uniform(-scale, scale, shape)
        if bias:
            self.bias = mx.random.uniform(-scale, scale, (output_dims,))

    def _extra_repr(self) -> str:
        outputs, inputs2, inputs1 = self.weight.shape
        return (
            f"input1_dims={inputs1}, input2_dims={inputs2}, output_dims={outputs}, "
            f"bias={'bias' in self}"
        )

    def __call__(self, x1: mx.array, x2: mx.array) -> mx.array:
        weight = self["weight"]
        outputs, inputs2, inputs1 = weight.shape
        # x1 against all weights in one product, then what is left against x2.
        rows = (x1 @ weight.reshape(outputs * inputs2, inputs1).T).reshape(
            *x1.shape[:-1], outputs, inputs2
        )
        y = (rows @ mx.expand_dims(x2, -1)).squeeze(-1)
        return y + self["bias"] if "bias" in self else y
