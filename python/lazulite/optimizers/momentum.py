"""Optimizers that step along the gradient, its sign or its directions, averaged over steps."""

from __future__ import annotations

import math
from typing import List

import lazulite.core as mx

from .base import Optimizer, Schedule, expect_betas


class SGD(Optimizer):
    """Stochastic gradient descent::

        v = momentum * v + (1 - dampening) * g
        w = w - learning_rate * v

    Args:
        learning_rate: A number, or a schedule.
        momentum: See above.
        weight_decay: How much of the parameter is added to its gradient.
        dampening: See above.
        nesterov: Whether the step is along ``g + momentum * v``.

    Raises:
        ValueError: ``nesterov`` without momentum, or with dampening.

    Example:
        >>> sgd = optim.SGD(learning_rate=0.5)
        >>> sgd.apply_gradients({"w": mx.array(2.0)}, {"w": mx.array(3.0)})
        {'w': array(2, dtype=float32)}
    """

    def __init__(
        self,
        learning_rate: Schedule,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        dampening: float = 0.0,
        nesterov: bool = False,
    ):
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening.")
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.dampening = dampening
        self.nesterov = nesterov

    def init_single(self, parameter: mx.array, state: dict):
        state["v"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        if self.weight_decay != 0:
            gradient = gradient + self.weight_decay * parameter
        step = gradient
        if self.momentum > 0:
            added = (1 - self.dampening) * gradient if self.dampening > 0 else gradient
            state["v"] = step = self.momentum * state["v"] + added
            if self.nesterov:
                step = gradient + self.momentum * step
        return parameter - self._rate(gradient) * step


class Lion(Optimizer):
    """Lion (Chen et al., 2023)::

        c = beta1 * m + (1 - beta1) * g
        m = beta2 * m + (1 - beta2) * g
        w = w - learning_rate * (sign(c) + weight_decay * w)

    All its steps have the size of the learning rate, which should be 3 to 10 times smaller than
    AdamW's, and the weight decay as much greater.

    Args:
        learning_rate: A number, or a schedule.
        betas: See above.
        weight_decay: See above.

    Raises:
        ValueError: a beta is not from 0 to below 1.

    Example:
        >>> weights = {"w": mx.array([[1.0, 1.0]])}
        >>> optim.Lion(0.1).apply_gradients({"w": mx.array([[0.5, 2.0]])}, weights)["w"]
        array([[0.9, 0.9]], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Schedule,
        betas: List[float] = [0.9, 0.99],
        weight_decay: float = 0.0,
    ):
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        expect_betas("Lion", betas)
        self.betas = betas
        self.weight_decay = weight_decay

    def init_single(self, parameter: mx.array, state: dict):
        state["m"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        rate = self._rate(gradient)
        b1, b2 = self.betas
        m = state["m"]
        c = b1 * m + (1 - b1) * gradient
        state["m"] = b2 * m + (1 - b2) * gradient
        if self.weight_decay > 0:
            parameter = (1 - rate * self.weight_decay) * parameter
        return parameter - rate * mx.sign(c)


class Muon(Optimizer):
    """Muon (Jordan, 2024): the averaged gradient of a matrix is made nearly orthogonal by steps of
    Newton and Schulz.

    It is meant for the weights of hidden layers. Other parameters, and those of the first and the
    last layer, are better left to another optimizer, by :class:`MultiOptimizer`. Filters of
    convolutions are taken as matrices of one row an output.

    Args:
        learning_rate: A number, or a schedule.
        momentum: The share of the former gradients in the average.
        weight_decay: How much of a parameter is added to its gradient.
        nesterov: Whether the step looks ahead by the momentum.
        ns_steps: The number of steps of Newton and Schulz.

    Example:
        >>> weights = {"w": mx.array([[1.0, 1.0]])}
        >>> optim.Muon(0.1).apply_gradients({"w": mx.array([[0.5, 2.0]])}, weights)["w"]
        array([[0.982872, 0.932495]], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Schedule,
        momentum: float = 0.95,
        weight_decay: float = 0.01,
        nesterov: bool = True,
        ns_steps: int = 5,
    ):
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.nesterov = nesterov
        self.ns_steps = ns_steps

    def init_single(self, parameter: mx.array, state: dict):
        state["v"] = mx.zeros_like(parameter)

    def _zeropower_via_newtonschulz5(self, X: mx.array, steps: int) -> mx.array:
        """A matrix with X's singular vectors, and singular values near 1."""
        # The coefficients of a quintic polynomial that raises small values fast.
        a, b, c = 3.4445, -4.7750, 2.0315
        tall = X.shape[-2] > X.shape[-1]
        if tall:
            X = X.T
        X = X / (mx.sqrt(mx.sum(mx.square(X))) + 1e-7)
        for _ in range(steps):
            A = X @ X.T
            X = a * X + (b * A + c * (A @ A)) @ X
        return X.T if tall else X

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        if self.weight_decay != 0:
            gradient = gradient + self.weight_decay * parameter
        v = self.momentum * state["v"] + (1 - self.momentum) * gradient
        state["v"] = v
        step = gradient * (1 - self.momentum) + v * self.momentum if self.nesterov else v
        rate = self._rate(gradient)
        if step.ndim >= 2:
            shape = step.shape
            step = self._zeropower_via_newtonschulz5(step.reshape(shape[0], -1), self.ns_steps)
            rate = rate * math.sqrt(max(1, step.shape[-2] / step.shape[-1]))
            step = step.reshape(shape)
        return parameter - rate * step
