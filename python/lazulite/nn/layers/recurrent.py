"""Recurrent layers. They take sequences (N, L, D) or (L, D) and return every step's state."""

import math
from typing import Callable, Optional

import lazulite.core as mx

from .activations import tanh
from .base import Module

__all__ = ["GRU", "LSTM", "RNN"]


def _projected(x: mx.array, weight: mx.array, bias: Optional[mx.array]) -> mx.array:
    return x @ weight.T if bias is None else mx.addmm(bias, x, weight.T)


class RNN(Module):
    """Elman's layer: ``h = tanh(Wxh x + Whh h + bias)``.

    Args:
        input_size: The size D of the inputs.
        hidden_size: The size H of the state.
        bias: Whether there is a ``bias``, of shape (H).
        nonlinearity: In place of :func:`tanh`.

    Called with the inputs and perhaps the state (N, H) or (H) before the first; without it, zero.
    Returns the states, (N, L, H) or (L, H).

    Raises:
        ValueError: ``nonlinearity`` cannot be called.

    Example:
        >>> nn.RNN(3, 8)(mx.zeros((2, 5, 3))).shape
        (2, 5, 8)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: Optional[Callable] = None,
    ):
        super().__init__()
        self.nonlinearity = nonlinearity or tanh
        if not callable(self.nonlinearity):
            raise ValueError(f"Nonlinearity must be callable. Current value: {nonlinearity}.")
        scale = 1.0 / math.sqrt(hidden_size)
        self.hidden_size = hidden_size
        self.Wxh = mx.random.uniform(-scale, scale, (hidden_size, input_size))
        self.Whh = mx.random.uniform(-scale, scale, (hidden_size, hidden_size))
        if bias:
            self.bias = mx.random.uniform(-scale, scale, (hidden_size,))

    def _extra_repr(self):
        return (
            f"input_dims={self.Wxh.shape[1]}, hidden_size={self.hidden_size}, "
            f"nonlinearity={self.nonlinearity}, bias={'bias' in self}"
        )

    def __call__(self, x, hidden=None):
        x = _projected(x, self["Wxh"], self.get("bias"))
        back = self["Whh"].T
        states = []
        for i in range(x.shape[-2]):
            y = x[..., i, :]
            if hidden is not None:
                y = mx.addmm(y, hidden, back)
            hidden = self.nonlinearity(y)
            states.append(hidden)
        return mx.stack(states, axis=-2)


class GRU(Module):
    """Gated recurrent units (Cho et al., 2014)::

        r = sigmoid(Wxr x + Whr h + br)
        z = sigmoid(Wxz x + Whz h + bz)
        n = tanh(Wxn x + bn + r * (Whn h + bhn))
        h = (1 - z) * n + z * h

    Args:
        input_size: The size D of the inputs.
        hidden_size: The size H of the state.
        bias: Whether there are ``b``, of shape (3 H), and ``bhn``, of shape (H).

    ``Wx`` has the shape (3 H, D), ``Wh`` (3 H, H), in the order r, z, n. Called with the inputs and
    perhaps the state (N, H) or (H) before the first. Returns the states, (N, L, H) or (L, H).

    Example:
        >>> nn.GRU(3, 8)(mx.zeros((2, 5, 3))).shape
        (2, 5, 8)
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True):
        super().__init__()
        self.hidden_size = hidden_size
        scale = 1.0 / math.sqrt(hidden_size)
        self.Wx = mx.random.uniform(-scale, scale, (3 * hidden_size, input_size))
        self.Wh = mx.random.uniform(-scale, scale, (3 * hidden_size, hidden_size))
        if bias:
            self.b = mx.random.uniform(-scale, scale, (3 * hidden_size,))
            self.bhn = mx.random.uniform(-scale, scale, (hidden_size,))

    def _extra_repr(self):
        return f"input_dims={self.Wx.shape[1]}, hidden_size={self.hidden_size}, bias={'b' in self}"

    def __call__(self, x, hidden=None):
        size = self.hidden_size
        x = _projected(x, self["Wx"], self.get("b"))
        back = self["Wh"].T
        bhn = self.get("bhn")
        states = []
        for i in range(x.shape[-2]):
            gates, n = x[..., i, : 2 * size], x[..., i, 2 * size :]
            again = bhn
            if hidden is not None:
                h = hidden @ back
                gates = gates + h[..., : 2 * size]
                again = h[..., 2 * size :]
                if bhn is not None:
                    again = again + bhn
            r, z = mx.split(mx.sigmoid(gates), 2, axis=-1)
            n = mx.tanh(n if again is None else n + r * again)
            hidden = (1 - z) * n if hidden is None else (1 - z) * n + z * hidden
            states.append(hidden)
        return mx.stack(states, axis=-2)


class LSTM(Module):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997)::

        i, f, o = sigmoid of (Wx x + Wh h + bias), their parts
        g = tanh of it, its part
        c = f * c + i * g
        h = o * tanh(c)

    Args:
        input_size: The size D of the inputs.
        hidden_size: The size H of the state.
        bias: Whether there is a ``bias``, of shape (4 H).

    ``Wx`` has the shape (4 H, D), ``Wh`` (4 H, H), in the order i, f, g, o. Called with the inputs
    and perhaps ``h`` and ``c``, (N, H) or (H), before the first. Returns all ``h`` and all ``c``,
    (N, L, H) or (L, H).

    Example:
        >>> hidden, cell = nn.LSTM(3, 8)(mx.zeros((2, 5, 3)))
        >>> hidden.shape
        (2, 5, 8)
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True):
        super().__init__()
        self.hidden_size = hidden_size
        scale = 1.0 / math.sqrt(hidden_size)
        self.Wx = mx.random.uniform(-scale, scale, (4 * hidden_size, input_size))
        self.Wh = mx.random.uniform(-scale, scale, (4 * hidden_size, hidden_size))
        if bias:
            self.bias = mx.random.uniform(-scale, scale, (4 * hidden_size,))

    def _extra_repr(self):
        return (
            f"input_dims={self.Wx.shape[1]}, hidden_size={self.hidden_size}, bias={'bias' in self}"
        )

    def __call__(self, x, hidden=None, cell=None):
        x = _projected(x, self["Wx"], self.get("bias"))
        back = self["Wh"].T
        states, cells = [], []
        for t in range(x.shape[-2]):
            gates = x[..., t, :]
            if hidden is not None:
                gates = mx.addmm(gates, hidden, back)
            i, f, g, o = mx.split(gates, 4, axis=-1)
            new = mx.sigmoid(i) * mx.tanh(g)
            cell = new if cell is None else mx.sigmoid(f) * cell + new
            hidden = mx.sigmoid(o) * mx.tanh(cell)
            states.append(hidden)
            cells.append(cell)
        return mx.stack(states, axis=-2), mx.stack(cells, axis=-2)
