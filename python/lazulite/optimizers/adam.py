"""Adam and its relatives."""

from __future__ import annotations

from typing import List

import lazulite.core as mx

from .base import Optimizer, Schedule, expect, expect_betas


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015)::

        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g ** 2
        w = w - learning_rate * m / (sqrt(v) + eps)

    Args:
        learning_rate: A number, or a schedule.
        betas: See above.
        eps: See above.
        bias_correction: Whether ``m`` and ``v`` are divided by ``1 - beta ** step``, as in the
            paper.

    Raises:
        ValueError: a beta is not from 0 to below 1, or ``eps`` is negative.

    Example:
        >>> adam = optim.Adam(learning_rate=0.5, bias_correction=True)
        >>> adam.apply_gradients({"w": mx.array(2.0)}, {"w": mx.array(3.0)})
        {'w': array(2.5, dtype=float32)}
    """

    def __init__(
        self,
        learning_rate: Schedule,
        betas: List[float] = [0.9, 0.999],
        eps: float = 1e-8,
        bias_correction: bool = False,
    ):
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        expect_betas("Adam", betas)
        expect("Adam", "epsilon", eps, ">=0", eps >= 0)
        self.betas = betas
        self.eps = eps
        self.bias_correction = bias_correction

    def init_single(self, parameter: mx.array, state: dict):
        state["m"] = mx.zeros_like(parameter)
        state["v"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        rate = self._rate(gradient)
        b1, b2 = self.betas
        m = b1 * state["m"] + (1 - b1) * gradient
        v = b2 * state["v"] + (1 - b2) * mx.square(gradient)
        state["m"] = m
        state["v"] = v
        if not self.bias_correction:
            return parameter - rate * m / (mx.sqrt(v) + self.eps)
        # In float32 1 - beta ** step has four digits at first: too few for a float64.
        step = self.step.astype(mx.float64 if gradient.dtype == mx.float64 else mx.float32)
        first = (rate / (1 - b1**step)).astype(gradient.dtype)
        second = mx.rsqrt(1 - b2**step).astype(gradient.dtype)
        return parameter - first * m / (mx.sqrt(v) * second + self.eps)


class AdamW(Adam):
    """:class:`Adam` with weight decay beside the gradient (Loshchilov and Hutter, 2019)::

        w = w * (1 - learning_rate * weight_decay) - Adam's step

    Args:
        learning_rate, betas, eps, bias_correction: As in :class:`Adam`.
        weight_decay: See above.

    Example:
        >>> weights = {"w": mx.array([[1.0, 1.0]])}
        >>> optim.AdamW(0.1).apply_gradients({"w": mx.array([[0.5, 2.0]])}, weights)["w"]
        array([[0.682772, 0.682772]], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Schedule,
        betas: List[float] = [0.9, 0.999],
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        bias_correction: bool = False,
    ):
        super().__init__(
            learning_rate=learning_rate, betas=betas, eps=eps, bias_correction=bias_correction
        )
        self.weight_decay = weight_decay

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        decayed = parameter * (1 - self._rate(gradient) * self.weight_decay)
        return super().apply_single(gradient, decayed, state)


class Adamax(Adam):
    """:class:`Adam` with the infinity norm::

        m = beta1 * m + (1 - beta1) * g
        v = max(beta2 * v, |g|)
        w = w - learning_rate * m / (v + eps)

    Args:
        learning_rate, betas, eps: As in :class:`Adam`.

    Example:
        >>> weights = {"w": mx.array([[1.0, 1.0]])}
        >>> optim.Adamax(0.1).apply_gradients({"w": mx.array([[0.5, 2.0]])}, weights)["w"]
        array([[0.99, 0.99]], dtype=float32)
    """

    def __init__(
        self, learning_rate: Schedule, betas: List[float] = [0.9, 0.999], eps: float = 1e-8
    ):
        super().__init__(learning_rate, betas, eps)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        b1, b2 = self.betas
        m = b1 * state["m"] + (1 - b1) * gradient
        v = mx.maximum(b2 * state["v"], mx.abs(gradient))
        state["m"] = m
        state["v"] = v
        return parameter - self._rate(gradient) * m / (v + self.eps)
