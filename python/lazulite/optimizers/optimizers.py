"""Optimizers. Each computes a parameter's next value from its gradient, in ``apply_single``."""

from __future__ import annotations

import contextlib
import functools
import math
from typing import TYPE_CHECKING, Callable, List, Optional, Tuple, Union

import lazulite.core as mx

from ..utils import tree_flatten, tree_map, tree_merge, tree_unflatten

if TYPE_CHECKING:
    from ..nn.layers.base import Module

__all__ = [
    "AdaDelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "MultiOptimizer",
    "Muon",
    "Optimizer",
    "RMSprop",
    "SGD",
    "clip_grad_norm",
]

_halves = {mx.float16, mx.bfloat16}
_largest = mx.finfo(mx.float32).max
Schedule = Union[float, Callable[[mx.array], mx.array]]


def _expect(optimizer: str, name: str, value: float, condition: str, holds: bool):
    if not holds:
        raise ValueError(f"{optimizer} {name} should be {condition}, {value} was provided instead")


def _expect_betas(optimizer: str, betas):
    for i, beta in enumerate(betas, 1):
        _expect(optimizer, f"beta{i}", beta, "in [0, 1)", 0.0 <= beta < 1.0)


def _expect_finite(optimizer: str, **options):
    for name, value in options.items():
        if isinstance(value, (int, float)):
            _expect(optimizer, name, value, "finite", math.isfinite(value))


def _checked_rate(optimizer: Optimizer, rate):
    """A learning rate as it was given; of a number it is known what it is."""
    if isinstance(rate, (int, float)) and not 0 <= rate <= _largest:
        raise ValueError(
            f"{type(optimizer).__name__}: the learning rate is finite and at least 0, not {rate}"
        )
    return rate


class _WholeStep:
    """Puts an optimizer's state back, within its containers, if a step does not come to its end."""

    def __init__(self, optimizer: Optimizer):
        self._optimizer = optimizer
        self._initialized = optimizer._initialized, optimizer._initialized_at
        self._contents: list = []
        self._replaced: list = []
        self._keep(optimizer._state)

    def _keep(self, tree):
        if isinstance(tree, dict):
            self._contents.append((tree, dict(tree)))
            tree = tree.values()
        elif isinstance(tree, list):
            self._contents.append((tree, dict(enumerate(tree))))
        elif not isinstance(tree, tuple):
            return
        for value in tree:
            self._keep(value)

    def replace(self, parameter, updated):
        mx._replaced(parameter, updated)
        self._replaced.append((parameter, updated))

    def __enter__(self) -> _WholeStep:
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            return
        self._optimizer._initialized, self._optimizer._initialized_at = self._initialized
        # What the new arrays would go back to is the old ones' again.
        for parameter, updated in self._replaced:
            mx._replaced(updated, parameter)
        for container, before in self._contents:
            _put_back(container, before)


def _put_back(container, before: dict):
    if isinstance(container, list):
        for current, value in zip(container, before.values()):
            mx._replaced(current, value)
        container[:] = before.values()
        return
    for key in [key for key in container if key not in before]:
        del container[key]
    for key, value in before.items():
        mx._replaced(container.get(key), value)
        container[key] = value


class Optimizer:
    """The base class of optimizers, which work on one parameter at a time.

    A subclass defines :meth:`init_single` and :meth:`apply_single`, which see parameters of half
    precision, and their gradients, in float32: squares of small gradients vanish otherwise. The
    state is a tree: ``step``, what is on a schedule, such as ``learning_rate``, and a dictionary
    for each parameter.

    Args:
        schedulers: What is on a schedule: names and functions of the step.

    Example:
        >>> class Descent(optim.Optimizer):
        ...     def init_single(self, parameter, state):
        ...         pass
        ...
        ...     def apply_single(self, gradient, parameter, state):
        ...         return parameter - 0.5 * gradient
        >>> Descent().apply_gradients({"w": mx.array(2.0)}, {"w": mx.array(3.0)})
        {'w': array(2, dtype=float32)}
    """

    def __init__(self, schedulers=None):
        self._initialized = False
        self._initialized_at = 0
        self._state = {"step": mx.array(0, mx.uint64)}
        self._schedulers = dict(schedulers or {})

    def update(self, model: Module, gradients: dict):
        """Replaces the model's parameters by their next values; frozen ones stay as they are.

        If that fails, the model and the optimizer's state are as they were.

        Args:
            model: The model.
            gradients: Their gradients, as :func:`lazulite.nn.value_and_grad` returns them.
        """
        with self._whole_step():
            model.update(self.apply_gradients(_trainable(gradients, model), model))

    def _whole_step(self) -> contextlib.AbstractContextManager:
        return _WholeStep(self)

    def init(self, parameters: dict):
        """Makes the state of parameters that have none.

        The first :meth:`update` does this too; calling it makes the state known before.

        Args:
            parameters: The tree of parameters.

        Example:
            >>> optimizer = optim.SGD(learning_rate=0.1, momentum=0.9)
            >>> optimizer.init({"w": mx.zeros(2)})
            >>> optimizer.state["w"]
            {'v': array([0, 0], dtype=float32)}
        """
        with _WholeStep(self):
            self._initialized = True
            self._initialized_at = mx._places_put_back()
            _extend(parameters, self._state)
            tree_map(self._init_unless_known, parameters, self._state)

    def _init_unless_known(self, parameter: mx.array, state: dict):
        if not state:
            half = parameter.dtype in _halves
            self.init_single(parameter.astype(mx.float32) if half else parameter, state)

    def init_single(self, parameter: mx.array, state: dict):
        """Defined by subclasses: puts into ``state`` what the optimizer keeps of a parameter."""
        raise NotImplementedError(f"{type(self).__name__} has no init_single.")

    def apply_gradients(self, gradients: dict, parameters: dict) -> dict:
        """Takes a step. If that fails, the optimizer's state is as it was.

        Args:
            gradients: The tree of gradients.
            parameters: The tree of parameters, which may have more than the gradients.

        Returns:
            The next values of the parameters, as a tree like that of the gradients.

        Raises:
            ValueError: a gradient has a shape that would change its parameter's.
        """
        with _WholeStep(self) as whole:
            # What a failed step had made is gone again.
            if not self._initialized or self._initialized_at != mx._places_put_back():
                self.init(gradients)
            state = self._state
            before = dict(state)
            for name, schedule in self._schedulers.items():
                state[name] = schedule(self.step)
            state["step"] = self.step + 1
            apply = functools.partial(self._apply, whole)
            updated = tree_map(apply, gradients, parameters, state)
            # A step that could not be computed has not been taken.
            mx._changed(before, state, updated)
            return updated

    def _apply(self, whole, gradient: mx.array, parameter: mx.array, state: dict) -> mx.array:
        if isinstance(gradient, mx.array) and gradient.shape != parameter.shape:
            if mx.broadcast_shapes(gradient.shape, parameter.shape) != parameter.shape:
                raise ValueError(
                    f"{type(self).__name__}: a gradient of shape {gradient.shape} would change the "
                    f"shape of a parameter of shape {parameter.shape}"
                )
        before = dict(state)
        dtype = parameter.dtype
        if dtype not in _halves:
            updated = self.apply_single(gradient, parameter, state)
        else:
            wide = (x.astype(mx.float32) for x in (gradient, parameter))
            updated = self.apply_single(*wide, state).astype(dtype)
        mx._changed(before, state)
        whole.replace(parameter, updated)
        return updated

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict) -> mx.array:
        """Defined by subclasses: the next value of a parameter; ``state`` is updated."""
        raise NotImplementedError(f"{type(self).__name__} has no apply_single.")

    @property
    def state(self) -> dict:
        """The optimizer's state; it can be saved, and assigned to go on from there."""
        return self._state

    @state.setter
    def state(self, state: dict):
        self._initialized = False
        self._state = state

    @property
    def step(self) -> mx.array:
        """The number of steps taken, a uint64."""
        return self.state["step"]

    @property
    def learning_rate(self) -> mx.array:
        """The learning rate. One on a schedule is overwritten at the next step."""
        return self.state["learning_rate"]

    @learning_rate.setter
    def learning_rate(self, learning_rate: Union[float, mx.array]):
        self.state["learning_rate"] = mx.array(_checked_rate(self, learning_rate))

    def _maybe_schedule(self, name: str, param: Schedule):
        """Puts a number into the state, or, if it is a function of the step, on a schedule."""
        if isinstance(param, Callable):
            self._schedulers[name] = param
            self.state[name] = param(self.step)
        else:
            if name == "learning_rate":
                _checked_rate(self, param)
            self.state[name] = mx.array(param)

    def _rate(self, gradient: mx.array) -> mx.array:
        """The learning rate in the gradient's dtype."""
        return self.state["learning_rate"].astype(gradient.dtype)


def _trainable(gradients, parameters):
    """The gradients without those of parameters that are frozen in their module."""
    if isinstance(gradients, dict) and isinstance(parameters, dict):
        frozen = getattr(parameters, "_no_grad", ())
        return {
            name: _trainable(gradient, parameters.get(name))
            for name, gradient in gradients.items()
            if name not in frozen
        }
    if isinstance(gradients, list) and isinstance(parameters, list):
        rest = gradients[len(parameters) :]
        return [*(_trainable(g, p) for g, p in zip(gradients, parameters)), *rest]
    return gradients


def _extend(parameters, state):
    """Gives ``state`` a dictionary, still empty, for each parameter that it lacks."""
    if isinstance(parameters, dict):
        for key, value in parameters.items():
            if key in state:
                state[key] = _extend(value, state[key])
            else:
                state[key] = tree_map(lambda _: {}, value)
    elif isinstance(parameters, (list, tuple)):
        state = [
            _extend(value, state[i]) if i < len(state) else tree_map(lambda _: {}, value)
            for i, value in enumerate(parameters)
        ] + list(state[len(parameters) :])
    return state


class MultiOptimizer(Optimizer):
    """Several optimizers, each for a part of the parameters.

    Args:
        optimizers: The optimizers.
        filters: For each optimizer but the last, a function of a parameter's path and its gradient
            that says whether it is for this optimizer. The last one takes what is left.

    Raises:
        ValueError: there is not one filter fewer than optimizers.

    Example:
        >>> optimizer = optim.MultiOptimizer(
        ...     [optim.Adam(1e-3), optim.SGD(1e-2)], [lambda path, g: path.endswith("weight")]
        ... )
        >>> optimizer.update(nn.Linear(2, 1), {"bias": mx.zeros(1)})
    """

    def __init__(self, optimizers, filters: list = []):
        super().__init__()
        self._state = {}
        if len(filters) != len(optimizers) - 1:
            raise ValueError(f"Given {len(filters)} filters but {len(optimizers) - 1} needed.")
        self.optimizers = optimizers
        self.filters = [*filters, lambda path, gradient: True]

    def _split_dictionary(self, gradients: dict) -> list:
        """The part of the gradients that is for each optimizer."""
        if len(self.optimizers) == 1:
            return [gradients]
        parts: list = [[] for _ in self.optimizers]
        for path, gradient in tree_flatten(gradients):
            for part, wanted in zip(parts, self.filters):
                if wanted(path, gradient):
                    part.append((path, gradient))
                    break
        return [tree_unflatten(part) if part else {} for part in parts]

    def init(self, parameters: dict):
        with self._whole_step():
            for optimizer, part in zip(self.optimizers, self._split_dictionary(parameters)):
                optimizer.init(part)
        self._initialized = True

    def _whole_step(self) -> contextlib.AbstractContextManager:
        steps = contextlib.ExitStack()
        for optimizer in self.optimizers:
            steps.enter_context(optimizer._whole_step())
        return steps

    def apply_gradients(self, gradients: dict, parameters: dict) -> dict:
        result: dict = {}
        with self._whole_step():
            for optimizer, part in zip(self.optimizers, self._split_dictionary(gradients)):
                result = tree_merge(result, optimizer.apply_gradients(part, parameters))
        return result

    @property
    def state(self) -> dict:
        """The optimizers' states, a list under ``states``."""
        return {"states": [optimizer.state for optimizer in self.optimizers]}

    @state.setter
    def state(self, state: dict):
        if "states" not in state or len(state["states"]) != len(self.optimizers):
            raise ValueError("Invalid state provided")
        for optimizer, part in zip(self.optimizers, state["states"]):
            optimizer.state = part

    @property
    def learning_rate(self) -> mx.array:
        """The first optimizer's learning rate; assigning sets that of all."""
        return self.optimizers[0].learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Union[float, mx.array]):
        for optimizer in self.optimizers:
            optimizer.learning_rate = learning_rate


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
        _expect_finite("SGD", momentum=momentum, weight_decay=weight_decay, dampening=dampening)
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
        _expect("RMSprop", "alpha", alpha, ">=0", alpha >= 0)
        _expect("RMSprop", "epsilon", eps, ">0", eps >= 0)
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
        _expect("Adagrad", "epsilon", eps, ">0", eps >= 0)
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
        _expect("AdaDelta", "rho", rho, ">=0", rho >= 0)
        _expect("AdaDelta", "epsilon", eps, ">0", eps >= 0)
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
        _expect_betas("Adam", betas)
        _expect("Adam", "epsilon", eps, ">=0", eps >= 0)
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
        _expect_finite("AdamW", weight_decay=weight_decay)
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
        _expect_betas("Lion", betas)
        _expect_finite("Lion", weight_decay=weight_decay)
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
        _expect_finite(
            "Adafactor",
            clip_threshold=clip_threshold,
            decay_rate=decay_rate,
            weight_decay=weight_decay,
        )
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
        _expect_finite("Muon", momentum=momentum, weight_decay=weight_decay)
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


def clip_grad_norm(grads: dict, max_norm: float) -> Tuple[dict, mx.array]:
    """Scales gradients down so that the norm of all together is at most ``max_norm``.

    Args:
        grads: The tree of gradients.
        max_norm: The greatest norm.

    Returns:
        The gradients, scaled or not, and the norm that they had.

    Raises:
        ValueError: ``max_norm`` is negative.

    Example:
        >>> optim.clip_grad_norm({"w": mx.array([3.0, 4.0])}, 1.0)[1]
        array(5, dtype=float32)
    """

    if max_norm < 0:
        raise ValueError(f"clip_grad_norm: max_norm must be at least 0, not {max_norm}")
    leaves = [g for _, g in tree_flatten(grads)]
    wide = mx.float64 if any(g.dtype == mx.float64 for g in leaves) else mx.float32
    # The squares are those of shares of the largest element: they neither overflow nor vanish.
    largest = mx.array(0.0, wide)
    for g in leaves:
        if g.size > 0:
            largest = mx.maximum(largest, mx.max(mx.abs(g)).astype(wide))
    unit = mx.where((largest > 0) & mx.isfinite(largest), largest, 1.0)
    squares = mx.array(0.0, wide)
    for g in leaves:
        squares = squares + mx.sum(mx.square(g.astype(wide) / unit))
    root = mx.sqrt(squares)
    norm = root * unit
    fits = norm <= max_norm
    share = max_norm / root

    def scaled(g):
        same = g.astype(wide)
        clipped = mx.where(fits, same, same / unit * share)
        return clipped.astype(g.dtype) if mx.issubdtype(g.dtype, mx.floating) else clipped

    return tree_map(scaled, grads), norm
