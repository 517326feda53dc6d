"""What optimizers have in common, and several of them as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Union

import lazulite.core as mx

from ..utils import tree_flatten, tree_map, tree_merge, tree_unflatten

if TYPE_CHECKING:
    from ..nn.layers.base import Module

_halves = {mx.float16, mx.bfloat16}
Schedule = Union[float, Callable[[mx.array], mx.array]]


def expect(optimizer: str, name: str, value: float, condition: str, holds: bool):
    if not holds:
        raise ValueError(f"{optimizer} {name} should be {condition}, {value} was provided instead")


def expect_betas(optimizer: str, betas):
    for i, beta in enumerate(betas, 1):
        expect(optimizer, f"beta{i}", beta, "in [0, 1)", 0.0 <= beta < 1.0)


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
        """Replaces the model's parameters by their next values.

        Args:
            model: The model.
            gradients: Their gradients, as :func:`lazulite.nn.value_and_grad` returns them.
        """
        model.update(self.apply_gradients(gradients, model))

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
        """Takes a step.

        Args:
            gradients: The tree of gradients.
            parameters: The tree of parameters, which may have more than the gradients.

        Returns:
            The next values of the parameters, as a tree like that of the gradients.
        """
        # What a failed step had made is gone again.
        if not self._initialized or self._initialized_at != mx._places_put_back():
            self.init(gradients)
        state = self._state
        before = dict(state)
        for name, schedule in self._schedulers.items():
            state[name] = schedule(self.step)
        state["step"] = self.step + 1
        updated = tree_map(self._apply, gradients, parameters, state)
        # A step that could not be computed has not been taken.
        mx._changed(before, state, updated)
        return updated

    def _apply(self, gradient: mx.array, parameter: mx.array, state: dict) -> mx.array:
        before = dict(state)
        dtype = parameter.dtype
        if dtype not in _halves:
            updated = self.apply_single(gradient, parameter, state)
        else:
            wide = (x.astype(mx.float32) for x in (gradient, parameter))
            updated = self.apply_single(*wide, state).astype(dtype)
        mx._changed(before, state)
        mx._replaced(parameter, updated)
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
        self.state["learning_rate"] = mx.array(learning_rate)

    def _maybe_schedule(self, name: str, param: Schedule):
        """Puts a number into the state, or, if it is a function of the step, on a schedule."""
        if isinstance(param, Callable):
            self._schedulers[name] = param
            self.state[name] = param(self.step)
        else:
            self.state[name] = mx.array(param)

    def _rate(self, gradient: mx.array) -> mx.array:
        """The learning rate in the gradient's dtype."""
        return self.state["learning_rate"].astype(gradient.dtype)


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
        self._initialized = True
        for optimizer, part in zip(self.optimizers, self._split_dictionary(parameters)):
            optimizer.init(part)

    def apply_gradients(self, gradients: dict, parameters: dict) -> dict:
        result: dict = {}
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
