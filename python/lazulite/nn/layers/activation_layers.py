"""Activations as layers, which call the functions of activations.py."""

import lazulite.core as mx

from .activations import (
    celu,
    elu,
    gelu,
    gelu_approx,
    gelu_fast_approx,
    glu,
    hard_shrink,
    hard_tanh,
    hardswish,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    mish,
    prelu,
    relu,
    relu2,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softmin,
    softplus,
    softshrink,
    softsign,
    step,
    tanh,
)
from .base import Module

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "HardShrink",
    "HardTanh",
    "Hardswish",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "ReLU",
    "ReLU2",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Step",
    "Tanh",
]


def _layer(name, function):
    """A module without attributes that applies a function."""

    class Layer(Module):
        def __call__(self, x: mx.array) -> mx.array:
            return function(x)

    Layer.__name__ = Layer.__qualname__ = name
    if function.__doc__:  # python -OO leaves them out
        # The function's example, of the layer.
        _, _, example = function.__doc__.partition("    Example:")
        example = example.replace(f"nn.{function.__name__}(", f"nn.{name}()(")
        Layer.__doc__ = f"The layer of :func:`{function.__name__}`.\n\n    Example:{example}"
    return Layer


HardTanh = _layer("HardTanh", hard_tanh)
Hardswish = _layer("Hardswish", hardswish)
LogSigmoid = _layer("LogSigmoid", log_sigmoid)
LogSoftmax = _layer("LogSoftmax", log_softmax)
Mish = _layer("Mish", mish)
ReLU = _layer("ReLU", relu)
ReLU2 = _layer("ReLU2", relu2)
ReLU6 = _layer("ReLU6", relu6)
SELU = _layer("SELU", selu)
SiLU = _layer("SiLU", silu)
Sigmoid = _layer("Sigmoid", sigmoid)
Softmax = _layer("Softmax", softmax)
Softmin = _layer("Softmin", softmin)
Softplus = _layer("Softplus", softplus)
Softsign = _layer("Softsign", softsign)
Tanh = _layer("Tanh", tanh)


class ELU(Module):
    """The layer of :func:`elu`.

    Example:
        >>> nn.ELU()(mx.array([1.0, 0.0]))
        array([1, 0], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self._alpha = alpha

    def __call__(self, x: mx.array) -> mx.array:
        return elu(x, self._alpha)


class CELU(Module):
    """The layer of :func:`celu`.

    Example:
        >>> nn.CELU()(mx.array([1.0, 0.0]))
        array([1, 0], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self._alpha = alpha

    def __call__(self, x: mx.array) -> mx.array:
        return celu(x, self._alpha)


class LeakyReLU(Module):
    """The layer of :func:`leaky_relu`.

    Example:
        >>> nn.LeakyReLU(0.5)(mx.array([1.0, -1.0]))
        array([1, -0.5], dtype=float32)
    """

    def __init__(self, negative_slope: float = 1e-2) -> None:
        super().__init__()
        self._negative_slope = negative_slope

    def __call__(self, x: mx.array) -> mx.array:
        return leaky_relu(x, self._negative_slope)


class PReLU(Module):
    """:func:`prelu` with a trainable ``weight`` of ``num_parameters`` slopes that begin at
    ``init``.

    Example:
        >>> nn.PReLU()(mx.array([1.0, -1.0]))
        array([1, -0.25], dtype=float32)
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        super().__init__()
        self.weight = mx.full([num_parameters], init)

    def __call__(self, x: mx.array) -> mx.array:
        return prelu(x, self["weight"])


_gelus = {
    "none": gelu,
    "precise": gelu_approx,
    "tanh": gelu_approx,
    "fast": gelu_fast_approx,
}


class GELU(Module):
    """The layer of :func:`gelu` (``"none"``), :func:`gelu_approx` (``"precise"`` or ``"tanh"``) or
    :func:`gelu_fast_approx` (``"fast"``).

    Raises:
        ValueError: the approximation is none of these.

    Example:
        >>> nn.GELU(approx="fast")(mx.array([0.0]))
        array([0], dtype=float32)
    """

    def __init__(self, approx: str = "none") -> None:
        super().__init__()
        if approx not in list(_gelus):
            raise ValueError(
                f"The approximation should be in {list(_gelus)} but '{approx}' was given"
            )
        self._approx = approx

    def __call__(self, x: mx.array) -> mx.array:
        return _gelus[self._approx](x)


class GLU(Module):
    """The layer of :func:`glu`.

    Example:
        >>> nn.GLU()(mx.array([4.0, 0.0]))
        array([2], dtype=float32)
    """

    def __init__(self, axis: int = -1) -> None:
        super().__init__()
        self.axis = axis

    def __call__(self, x: mx.array) -> mx.array:
        return glu(x, self.axis)


class Step(Module):
    """The layer of :func:`step`.

    Example:
        >>> nn.Step()(mx.array([1.0, -1.0]))
        array([1, 0], dtype=int32)
    """

    def __init__(self, threshold: float = 0.0) -> None:
        super().__init__()
        self.threshold = threshold

    def __call__(self, x: mx.array) -> mx.array:
        return step(x, self.threshold)


class Softshrink(Module):
    """The layer of :func:`softshrink`.

    Example:
        >>> nn.Softshrink()(mx.array([1.0, 0.25]))
        array([0.5, 0], dtype=float32)
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def __call__(self, x: mx.array) -> mx.array:
        return softshrink(x, self.lambd)


class HardShrink(Module):
    """The layer of :func:`hard_shrink`.

    Example:
        >>> nn.HardShrink()(mx.array([1.0, 0.25]))
        array([1, 0], dtype=float32)
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def __call__(self, x: mx.array) -> mx.array:
        return hard_shrink(x, self.lambd)
