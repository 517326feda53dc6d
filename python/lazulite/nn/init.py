"""Initialisers: functions that return a function of an array, whose shape is that of the result."""

import math
from typing import Callable, Literal, Tuple

import lazulite.core as mx

__all__ = [
    "constant",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "normal",
    "orthogonal",
    "uniform",
]


def constant(value: float, dtype: mx.Dtype = mx.float32) -> Callable[[mx.array], mx.array]:
    """Fills with ``value``.

    Example:
        >>> nn.init.constant(0.5)(mx.zeros(2))
        array([0.5, 0.5], dtype=float32)
    """

    def initializer(a: mx.array) -> mx.array:
        return mx.full(a.shape, value, dtype=dtype)

    return initializer


def normal(
    mean: float = 0.0, std: float = 1.0, dtype: mx.Dtype = mx.float32
) -> Callable[[mx.array], mx.array]:
    """Draws from a normal distribution.

    Example:
        >>> nn.init.normal(std=0.1)(mx.zeros((2, 3))).shape
        (2, 3)
    """

    def initializer(a: mx.array) -> mx.array:
        return mx.random.normal(shape=a.shape, scale=std, loc=mean, dtype=dtype)

    return initializer


def uniform(
    low: float = 0.0, high: float = 1.0, dtype: mx.Dtype = mx.float32
) -> Callable[[mx.array], mx.array]:
    """Draws from the interval from ``low`` to ``high``.

    Example:
        >>> nn.init.uniform(-1, 1)(mx.zeros((2, 3))).shape
        (2, 3)
    """

    def initializer(a: mx.array) -> mx.array:
        return mx.random.uniform(low, high, a.shape, dtype=dtype)

    return initializer


def identity(dtype: mx.Dtype = mx.float32) -> Callable[[mx.array], mx.array]:
    """The identity matrix.

    Raises:
        ValueError: the array is no square matrix.

    Example:
        >>> nn.init.identity()(mx.zeros((2, 2)))
        array([[1, 0],
               [0, 1]], dtype=float32)
    """

    def initializer(a: mx.array) -> mx.array:
        if a.ndim != 2 or a.shape[0] != a.shape[1]:
            raise ValueError(f"The input array must be a square matrix but got shape {a.shape}.")
        return mx.eye(a.shape[0], dtype=dtype)

    return initializer


def _fans(a: mx.array) -> Tuple[int, int]:
    """How many inputs an output of a weight (outputs, …, inputs) depends on, and the reverse."""
    if a.ndim < 2:
        raise ValueError(
            "Glorot / He initialization requires at least 2 dimensional input but input with "
            f"{a.ndim} dimensions."
        )
    outputs, *field, inputs = a.shape
    return inputs * math.prod(field), outputs * math.prod(field)


def _fan(a: mx.array, mode: str) -> int:
    fan_in, fan_out = _fans(a)
    if mode == "fan_in":
        return fan_in
    if mode == "fan_out":
        return fan_out
    raise ValueError(f"Invalid mode: {mode}. Valid modes are: fan_in, fan_out")


def glorot_normal(dtype: mx.Dtype = mx.float32) -> Callable[[mx.array, float], mx.array]:
    """Draws from a normal distribution of deviation ``gain · √(2 / (fan_in + fan_out))`` (Glorot
    and Bengio, 2010).

    Raises:
        ValueError: the array has fewer than two dimensions.

    Example:
        >>> nn.init.glorot_normal()(mx.zeros((2, 3)), gain=2.0).shape
        (2, 3)
    """

    def initializer(a: mx.array, gain: float = 1.0) -> mx.array:
        std = gain * math.sqrt(2.0 / sum(_fans(a)))
        return mx.random.normal(shape=a.shape, scale=std, dtype=dtype)

    return initializer


def glorot_uniform(dtype: mx.Dtype = mx.float32) -> Callable[[mx.array, float], mx.array]:
    """Draws from between ``± gain · √(6 / (fan_in + fan_out))`` (Glorot and Bengio, 2010).

    Raises:
        ValueError: the array has fewer than two dimensions.

    Example:
        >>> nn.init.glorot_uniform()(mx.zeros((2, 3))).shape
        (2, 3)
    """

    def initializer(a: mx.array, gain: float = 1.0) -> mx.array:
        limit = gain * math.sqrt(6.0 / sum(_fans(a)))
        return mx.random.uniform(-limit, limit, a.shape, dtype=dtype)

    return initializer


def he_normal(
    dtype: mx.Dtype = mx.float32,
) -> Callable[[mx.array, Literal["fan_in", "fan_out"], float], mx.array]:
    """Draws from a normal distribution of deviation ``gain / √fan`` (He et al., 2015).

    Raises:
        ValueError: the array has fewer than two dimensions, or the mode is unknown.

    Example:
        >>> nn.init.he_normal()(mx.zeros((2, 3)), mode="fan_out", gain=2.0).shape
        (2, 3)
    """

    def initializer(
        a: mx.array, mode: Literal["fan_in", "fan_out"] = "fan_in", gain: float = 1.0
    ) -> mx.array:
        std = gain / math.sqrt(_fan(a, mode))
        return mx.random.normal(shape=a.shape, scale=std, dtype=dtype)

    return initializer


def he_uniform(
    dtype: mx.Dtype = mx.float32,
) -> Callable[[mx.array, Literal["fan_in", "fan_out"], float], mx.array]:
    """Draws from between ``± gain · √(3 / fan)`` (He et al., 2015).

    Raises:
        ValueError: the array has fewer than two dimensions, or the mode is unknown.

    Example:
        >>> nn.init.he_uniform()(mx.zeros((2, 3))).shape
        (2, 3)
    """

    def initializer(
        a: mx.array, mode: Literal["fan_in", "fan_out"] = "fan_in", gain: float = 1.0
    ) -> mx.array:
        limit = gain * math.sqrt(3.0 / _fan(a, mode))
        return mx.random.uniform(-limit, limit, a.shape, dtype=dtype)

    return initializer


if hasattr(mx, "argsort"):
    __all__.append("sparse")

    def sparse(
        sparsity: float, mean: float = 0.0, std: float = 1.0, dtype: mx.Dtype = mx.float32
    ) -> Callable[[mx.array], mx.array]:
        """Draws from a normal distribution, with the share ``sparsity`` of each row zero (Martens,
        2010).

        Raises:
            ValueError: the array is no matrix.

        Example:
            >>> (nn.init.sparse(0.5)(mx.zeros((3, 8))) == 0).sum(axis=1)
            array([4, 4, 4], dtype=int32)
        """

        def initializer(a: mx.array) -> mx.array:
            if a.ndim != 2:
                raise ValueError("Only tensors with 2 dimensions are supported")
            zeros = math.ceil(sparsity * a.shape[1])
            order = mx.argsort(mx.random.uniform(shape=a.shape), axis=1)
            values = mx.random.normal(shape=a.shape, scale=std, loc=mean, dtype=dtype)
            chosen = order[:, : max(zeros, 0)]
            return mx.put_along_axis(values, chosen, mx.array(0.0, dtype=dtype), axis=1)

        return initializer


def orthogonal(gain: float = 1.0, dtype: mx.Dtype = mx.float32) -> Callable[[mx.array], mx.array]:
    """A matrix whose rows or columns, whichever are fewer, are orthonormal, times ``gain``.

    It is a part of the orthogonal factor of a square matrix of normal numbers.

    Raises:
        ValueError: the array is no matrix.

    Example:
        >>> w = nn.init.orthogonal()(mx.zeros((2, 5)))
        >>> mx.allclose(w @ w.T, mx.eye(2), atol=1e-5)
        array(True, dtype=bool)
    """

    def initializer(a: mx.array) -> mx.array:
        if a.ndim != 2:
            raise ValueError(
                f"Orthogonal initialization requires a 2D array but got a {a.ndim}D array."
            )
        rows, columns = a.shape
        n = max(rows, columns)
        q = _orthogonal_factor(mx.random.normal(shape=(n, n)))
        return (gain * q[:rows, :columns]).astype(dtype)

    return initializer


def _orthogonal_factor(a: mx.array) -> mx.array:
    """Q of a = Q R with a positive diagonal of R, by Householder's reflections."""
    n = a.shape[0]
    below = mx.arange(n)
    q_transposed = mx.eye(n)
    signs = []
    for i in range(n):
        column = mx.where(below >= i, a[:, i], 0.0)
        head = column[i]
        sign = mx.where(head < 0, -1.0, 1.0)
        v = column + sign * mx.sqrt(mx.sum(column * column)) * (below == i)
        v = v[:, None] * mx.rsqrt(mx.maximum(mx.sum(v * v), 1e-38))
        a = a - 2.0 * v * (v.T @ a)
        q_transposed = q_transposed - 2.0 * v * (v.T @ q_transposed)
        signs.append(-sign)
    return q_transposed.T * mx.stack(signs)
