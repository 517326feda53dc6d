"""Activations as functions; activation_layers.py has the layers.

They work element by element, except softmax, softmin, log_softmax and glu, which take an axis. All
keep shape and floating-point dtype.
"""

from collections.abc import Sequence
from typing import Union

import lazulite.core as mx

__all__ = [
    "celu",
    "elu",
    "gelu",
    "gelu_approx",
    "gelu_fast_approx",
    "glu",
    "hard_shrink",
    "hard_tanh",
    "hardswish",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "prelu",
    "relu",
    "relu2",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "step",
    "tanh",
]


def __getattr__(name: str):
    # The layers are found here, too; their module needs this one first.
    from . import activation_layers

    if name in activation_layers.__all__:
        return getattr(activation_layers, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _not_positive(x):
    # For a branch that is not taken elsewhere: exponentials of large numbers would make its
    # derivative infinite, and an infinity times 0 is no number.
    return mx.where(x > 0, 0, x)


def sigmoid(x: mx.array) -> mx.array:
    """``1 / (1 + exp(-x))``.

    Example:
        >>> nn.sigmoid(mx.array([0.0]))
        array([0.5], dtype=float32)
    """
    return mx.sigmoid(x)


def relu(x: mx.array) -> mx.array:
    """``max(x, 0)``.

    Example:
        >>> nn.relu(mx.array([-1.0, 2.0]))
        array([0, 2], dtype=float32)
    """
    if isinstance(x, mx.array) and x.dtype == mx.bool_:
        return mx.maximum(x, 0)  # an int32, as beside any whole number
    return mx.relu(x)


def relu2(x: mx.array) -> mx.array:
    """The square of :func:`relu`.

    Example:
        >>> nn.relu2(mx.array([-1.0, 2.0]))
        array([0, 4], dtype=float32)
    """
    return mx.square(relu(x))


def relu6(x: mx.array) -> mx.array:
    """``min(max(x, 0), 6)``.

    Example:
        >>> nn.relu6(mx.array([-1.0, 2.0, 7.0]))
        array([0, 2, 6], dtype=float32)
    """
    return mx.minimum(mx.relu(x), 6.0)


def softmax(x: mx.array, axis: Union[int, Sequence[int], None] = -1) -> mx.array:
    """Exponentials divided by their sum along ``axis``.

    Example:
        >>> nn.softmax(mx.array([0.0, 0.0]))
        array([0.5, 0.5], dtype=float32)
    """
    return mx.softmax(x, axis=axis)


def softmin(x: mx.array, axis: Union[int, Sequence[int], None] = -1) -> mx.array:
    """:func:`softmax` of ``-x``.

    Example:
        >>> nn.softmin(mx.array([0.0, 0.0]))
        array([0.5, 0.5], dtype=float32)
    """
    return mx.softmax(-x, axis=axis)


def log_softmax(x: mx.array, axis: Union[int, Sequence[int], None] = -1) -> mx.array:
    """The logarithm of :func:`softmax`, exact where the softmax itself would be zero.

    ``axis`` may be several axes, or None for all of them.

    Example:
        >>> nn.log_softmax(mx.array([0.0, 0.0]))
        array([-0.693147, -0.693147], dtype=float32)
    """
    if isinstance(axis, int):
        return mx._nn.log_softmax(x, axis)
    return x - mx.logsumexp(x, axis=axis, keepdims=True)


def elu(x: mx.array, alpha: float = 1.0) -> mx.array:
    """``x`` where it is positive, else ``alpha * (exp(x) - 1)``.

    Example:
        >>> nn.elu(mx.array([-1.0, 2.0]))
        array([-0.632121, 2], dtype=float32)
    """
    return mx.where(x > 0, x, alpha * mx.expm1(_not_positive(x)))


def celu(x: mx.array, alpha: float = 1.0) -> mx.array:
    """``x`` where it is positive, else ``alpha * (exp(x / alpha) - 1)``.

    Example:
        >>> nn.celu(mx.array([-1.0, 2.0]))
        array([-0.632121, 2], dtype=float32)
    """
    return mx.where(x > 0, x, alpha * mx.expm1(_not_positive(x) / alpha))


def selu(x: mx.array) -> mx.array:
    """:func:`elu` with alpha 1.67326, times 1.0507 (Klambauer et al., 2017).

    Example:
        >>> nn.selu(mx.array([-1.0, 2.0]))
        array([-1.11133, 2.1014], dtype=float32)
    """
    return 1.0507 * elu(x, 1.67326)


def leaky_relu(x: mx.array, negative_slope: Union[float, mx.array] = 0.01) -> mx.array:
    """The greater of ``x`` and ``negative_slope * x``; slopes in an array broadcast with ``x``.

    Example:
        >>> nn.leaky_relu(mx.array([-1.0, 2.0]))
        array([-0.01, 2], dtype=float32)
    """
    if isinstance(negative_slope, mx.array):
        return mx.maximum(negative_slope * x, x)
    # The larger of both lines, and at 0 the derivative of x. A flat line stays flat at infinity.
    line = negative_slope * x if negative_slope != 0 else mx.zeros_like(x)
    return mx.where(x < 0 if negative_slope <= 1 else x > 0, line, x)


def prelu(x: mx.array, alpha: mx.array) -> mx.array:
    """``x`` where it is positive, else ``alpha * x``, with an array ``alpha`` that broadcasts.

    Example:
        >>> nn.prelu(mx.array([-1.0, 2.0]), mx.array(0.25))
        array([-0.25, 2], dtype=float32)
    """
    return mx.maximum(x, 0) + alpha * mx.minimum(x, 0)


def gelu(x: mx.array) -> mx.array:
    """``x`` times the normal distribution function of ``x``.

    Example:
        >>> nn.gelu(mx.array([1.0]))
        array([0.841345], dtype=float32)
    """
    return mx.activation_gelu(x)


def gelu_approx(x: mx.array) -> mx.array:
    """:func:`gelu` with a hyperbolic tangent in place of the distribution function.

    Example:
        >>> nn.gelu_approx(mx.array([1.0]))
        array([0.841192], dtype=float32)
    """
    return mx.activation_gelu_approx(x)


def gelu_fast_approx(x: mx.array) -> mx.array:
    """:func:`gelu` with ``sigmoid(1.702 * x)`` in place of the distribution function.

    Example:
        >>> nn.gelu_fast_approx(mx.array([1.0]))
        array([0.845796], dtype=float32)
    """
    # Beyond these numbers the gate is 0 and 1: an infinity times its derivative would be no number.
    y = mx.minimum(mx.maximum(x, -500.0), 500.0)
    return mx.where(x > 500.0, x, y * mx.sigmoid(1.702 * y))


def silu(x: mx.array) -> mx.array:
    """``x * sigmoid(x)``, also called swish.

    Example:
        >>> nn.silu(mx.array([1.0]))
        array([0.731059], dtype=float32)
    """
    return mx.activation_silu(x)


def mish(x: mx.array) -> mx.array:
    """``x * tanh(softplus(x))`` (Misra, 2019).

    Example:
        >>> nn.mish(mx.array([1.0]))
        array([0.865098], dtype=float32)
    """
    return mx.activation_mish(x)


def glu(x: mx.array, axis: int = -1) -> mx.array:
    """Splits ``axis`` into halves ``a`` and ``b`` and returns ``a * sigmoid(b)``.

    Raises:
        ValueError: the axis has an odd size.

    Example:
        >>> nn.glu(mx.array([2.0, 0.0]))
        array([1], dtype=float32)
    """
    a, b = mx.split(x, 2, axis=axis)
    return a * mx.sigmoid(b)


def softplus(x: mx.array) -> mx.array:
    """``log(1 + exp(x))``.

    Example:
        >>> nn.softplus(mx.array([0.0]))
        array([0.693147], dtype=float32)
    """
    return mx.logaddexp(x, 0)


def softsign(x: mx.array) -> mx.array:
    """``x / (1 + |x|)``.

    Example:
        >>> nn.softsign(mx.array([1.0]))
        array([0.5], dtype=float32)
    """
    return mx.activation_softsign(x)


def softshrink(x: mx.array, lambd: float = 0.5) -> mx.array:
    """``x`` moved by ``lambd`` towards zero, and zero where it is nearer than that.

    Example:
        >>> nn.softshrink(mx.array([-1.0, 0.2, 2.0]))
        array([-0.5, 0, 1.5], dtype=float32)
    """
    return mx.where(mx.abs(x) > lambd, x - mx.sign(x) * lambd, 0)


def hard_shrink(x: mx.array, lambd: float = 0.5) -> mx.array:
    """``x``, and zero where it is no farther than ``lambd`` from zero.

    Example:
        >>> nn.hard_shrink(mx.array([-1.0, 0.2, 2.0]))
        array([-1, 0, 2], dtype=float32)
    """
    return mx.where(mx.abs(x) > lambd, x, 0)


def hard_tanh(x: mx.array, min_val: float = -1.0, max_val: float = 1.0) -> mx.array:
    """``x`` held between ``min_val`` and ``max_val``.

    Example:
        >>> nn.hard_tanh(mx.array([-2.0, 0.5]))
        array([-1, 0.5], dtype=float32)
    """
    return mx.minimum(mx.maximum(x, min_val), max_val)


def hardswish(x: mx.array) -> mx.array:
    """``x * relu6(x + 3) / 6``.

    Example:
        >>> nn.hardswish(mx.array([-4.0, 3.0]))
        array([-0, 3], dtype=float32)
    """
    return mx.activation_hardswish(x)


def log_sigmoid(x: mx.array) -> mx.array:
    """The logarithm of :func:`sigmoid`.

    Example:
        >>> nn.log_sigmoid(mx.array([0.0]))
        array([-0.693147], dtype=float32)
    """
    return -softplus(-x)


def step(x: mx.array, threshold: float = 0.0) -> mx.array:
    """1 where ``x`` is at least ``threshold``, else 0; an int32.

    Example:
        >>> nn.step(mx.array([-1.0, 0.0]))
        array([0, 1], dtype=int32)
    """
    return mx.where(x >= threshold, 1, 0)


def tanh(x: mx.array) -> mx.array:
    """The hyperbolic tangent.

    Example:
        >>> nn.tanh(mx.array([0.0]))
        array([0], dtype=float32)
    """
    return mx.tanh(x)
