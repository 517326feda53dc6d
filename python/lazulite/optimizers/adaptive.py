"""Optimizers that divide gradients by the root of their averaged squares."""

from __future__ import annotations

from typing import Optional, Tuple

import lazulite.core as mx

from .base import Optimizer, Schedule, expect


class RMSprop(Optimizer):
    """RMSprop (Tieleman and Hinton, 2012)::

        v = alpha * v + (1 - alpha) * g ** 2
        w = w - learning_rate * g / (sqrt(v) + eps)

    Args:
        learning_rate: A number, or a schedule.
        alpha: See above.
        eps: See above.

    Raises:
        ValueError: ``alpha`` or ``eps`` is negative.

    Example:
        >>> weights, gradients = {"w": mx.ones((1, 2))}, {"w": mx.array([[0.5, 2.0]])}
        >>> optim.RMSprop(0.1, alpha=0.75).apply_gradients(gradients, weights)["w"]
        array([[0.8, 0.8]], dtype=float32)
    """

    def __init__(self, learning_rate: Schedule, alpha: float = 0.99, eps: float = 1e-8):
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        expect("RMSprop", "alpha", alpha, ">=0", alpha >= 0)
        expect("RMSprop", "epsilon", eps, ">0", eps >= 0)
        self.alpha = alpha
        self.eps = eps

    def init_single(self, parameter: mx.array, state: dict):
        state["v"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        v = self.alpha * state["v"] + (1 - self.alpha) * mx.square(gradient)
        state["v"] = v
        return parameter - self._rate(gradient) * gradient / (mx.sqrt(v) + self.eps)


class Adagrad(Optimizer):
    """Adagrad (Duchi et al., 2011)::

        v = v + g ** 2
        w = w - learning_rate * g / (sqrt(v) + eps)

    Args:
        learning_rate: A number, or a schedule.
        eps: See above.

    Raises:
        ValueError: ``eps`` is negative.

    Example:
        >>> weights = {"w": mx.array([[1.0, 1.0]])}
        >>> optim.Adagrad(0.1).apply_gradients({"w": mx.array([[0.5, 2.0]])}, weights)["w"]
        array([[0.9, 0.9]], dtype=float32)
    """

    def __init__(self, learning_rate: Schedule, eps: float = 1e-8):
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        expect("Adagrad", "epsilon", eps, ">0", eps >= 0)
        self.eps = eps

    def init_single(self, parameter: mx.array, state: dict):
        state["v"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        v = state["v"] + mx.square(gradient)
        state["v"] = v
        return parameter - self._rate(gradient) * gradient / (mx.sqrt(v) + self.eps)


class AdaDelta(Optimizer):
    """AdaDelta (Zeiler, 2012)::

        v = rho * v + (1 - rho) * g ** 2
        d = sqrt(u + eps) / sqrt(v + eps) * g
        u = rho * u + (1 - rho) * d ** 2
        w = w - learning_rate * d

    Args:
        learning_rate: A number, or a schedule.
        rho: See above.
        eps: See above.

    Raises:
        ValueError: ``rho`` or ``eps`` is negative.

    Example:
        >>> weights = {"w": mx.array([[1.0, 1.0]])}
        >>> optim.AdaDelta(0.1).apply_gradients({"w": mx.array([[0.5, 2.0]])}, weights)["w"]
        array([[0.999684, 0.999684]], dtype=float32)
    """

    def __init__(self, learning_rate: Schedule, rho: float = 0.9, eps: float = 1e-6):
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        expect("AdaDelta", "rho", rho, ">=0", rho >= 0)
        expect("AdaDelta", "epsilon", eps, ">0", eps >= 0)
        self.rho = rho
        self.eps = eps

    def init_single(self, parameter: mx.array, state: dict):
        state["v"] = mx.zeros_like(parameter)
        state["u"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        rho, eps = self.rho, self.eps
        v = rho * state["v"] + (1 - rho) * mx.square(gradient)
        d = mx.sqrt(state["u"] + eps) / mx.sqrt(v + eps) * gradient
        state["v"] = v
        state["u"] = rho * state["u"] + (1 - rho) * mx.square(d)
        return parameter - self._rate(gradient) * d


class Adafactor(Optimizer):
    """Adafactor (Shazeer and Stern, 2018): of a matrix's squared gradients only the means of rows
    and columns are kept.

    Args:
        learning_rate: A number, or a schedule; needed unless ``relative_step``.
        eps: What is added to squared gradients, and the least size of a parameter for
            ``scale_parameter``.
        clip_threshold: The greatest root mean square of a step, before the learning rate.
        decay_rate: The averages forget with ``1 - step ** decay_rate``.
        beta_1: The share of the former steps in a step; ``None`` for none.
        weight_decay: How much of a parameter each step takes off, times the learning rate.
        scale_parameter: Whether the learning rate is multiplied by the root mean square of the
            parameter.
        relative_step: Whether the learning rate is the least of 0.01 and ``1 / sqrt(step)``.
        warmup_init: Whether it is then at most ``1e-6 * step``.

    Example:
        >>> weights, gradients = {"w": mx.ones((1, 2))}, {"w": mx.array([[0.5, 2.0]])}
        >>> optim.Adafactor(0.1, relative_step=False).apply_gradients(gradients, weights)["w"]
        array([[0.9, 0.9]], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Optional[Schedule] = None,
        eps: Tuple[float, float] = (1e-30, 1e-3),
        clip_threshold: float = 1.0,
        decay_rate: float = -0.8,
        beta_1: Optional[float] = None,
        weight_decay: float = 0.0,
        scale_parameter: bool = True,
        relative_step: bool = True,
        warmup_init: bool = False,
    ):
        super().__init__()
        if learning_rate is not None:
            self._maybe_schedule("learning_rate", learning_rate)
        self.eps = eps
        self.clip_threshold = clip_threshold
        self.decay_rate = decay_rate
        self.beta_1 = beta_1
        self.weight_decay = weight_decay
        self.scale_parameter = scale_parameter
        self.relative_step = relative_step
        self.warmup_init = warmup_init

    def init_single(self, parameter: mx.array, state: dict):
        if parameter.ndim >= 2:
            shape = parameter.shape
            state["exp_avg_sq_row"] = mx.zeros(shape[:-1], dtype=parameter.dtype)
            state["exp_avg_sq_col"] = mx.zeros(shape[:-2] + shape[-1:], dtype=parameter.dtype)
        else:
            state["exp_avg_sq"] = mx.zeros_like(parameter)
        if self.beta_1 is not None:
            state["exp_avg"] = mx.zeros_like(parameter)

    def _compute_rms(self, inputs: mx.array) -> mx.array:
        return mx.sqrt(mx.mean(mx.square(inputs)))

    def _compute_learning_rate(self, step: mx.array, parameter_rms: mx.array) -> mx.array:
        if self.relative_step:
            most = 1e-6 * step if self.warmup_init else 1e-2
            rate = mx.minimum(most, mx.rsqrt(step))
        else:
            rate = self.learning_rate
        rate = rate.astype(parameter_rms.dtype)
        if self.scale_parameter:
            rate = rate * mx.maximum(self.eps[1], parameter_rms)
        return rate

    def _approximate_exp_moving_avg(self, exp_avg_sq_row, exp_avg_sq_col) -> mx.array:
        """The reciprocal root of the matrix that the means of rows and columns stand for."""
        rows = mx.rsqrt(exp_avg_sq_row / mx.mean(exp_avg_sq_row, axis=-1, keepdims=True))
        columns = mx.rsqrt(exp_avg_sq_col)
        return mx.expand_dims(rows, -1) * mx.expand_dims(columns, -2)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict):
        rate = self._compute_learning_rate(self.step, self._compute_rms(parameter))
        forgotten = (self.step**self.decay_rate).astype(gradient.dtype)
        kept = 1.0 - forgotten
        squares = mx.square(gradient) + self.eps[0]
        if gradient.ndim >= 2:
            row = kept * state["exp_avg_sq_row"] + forgotten * mx.mean(squares, axis=-1)
            column = kept * state["exp_avg_sq_col"] + forgotten * mx.mean(squares, axis=-2)
            state["exp_avg_sq_row"] = row
            state["exp_avg_sq_col"] = column
            step = self._approximate_exp_moving_avg(row, column) * gradient
        else:
            average = kept * state["exp_avg_sq"] + forgotten * squares
            state["exp_avg_sq"] = average
            step = mx.rsqrt(average) * gradient
        step = step / mx.maximum(1.0, self._compute_rms(step) / self.clip_threshold)
        step = rate * step
        if self.beta_1 is not None:
            step = self.beta_1 * state["exp_avg"] + (1 - self.beta_1) * step
            state["exp_avg"] = step
        if self.weight_decay != 0:
            parameter = parameter - self.weight_decay * rate * parameter
        return parameter - step
