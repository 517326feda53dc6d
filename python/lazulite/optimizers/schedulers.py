"""Schedules: functions of the number of steps taken that return, for instance, a learning rate."""

import math
from typing import Callable, List

import lazulite.core as mx

__all__ = [
    "cosine_decay",
    "exponential_decay",
    "join_schedules",
    "linear_schedule",
    "step_decay",
]


def _expect_positive(name: str, value: int):
    if value <= 0:
        raise ValueError(f"{name} must be greater than 0, but got {value}.")


def exponential_decay(init: float, decay_rate: float) -> Callable:
    """``init * decay_rate ** step``.

    Example:
        >>> optim.exponential_decay(0.1, 0.5)(mx.array(2))
        array(0.025, dtype=float32)
    """

    def schedule(step):
        return init * decay_rate**step

    return schedule


def step_decay(init: float, decay_rate: float, step_size: int) -> Callable:
    """``init``, multiplied by ``decay_rate`` every ``step_size`` steps.

    Raises:
        ValueError: ``step_size`` is not positive.

    Example:
        >>> optim.step_decay(0.1, 0.5, 10)(mx.array(15))
        array(0.05, dtype=float32)
    """
    _expect_positive("step_size", step_size)

    def schedule(step):
        return init * decay_rate ** (step // step_size)

    return schedule


def cosine_decay(init: float, decay_steps: int, end: float = 0.0) -> Callable:
    """From ``init`` to ``end`` along half a cosine of ``decay_steps`` steps; then ``end``.

    Raises:
        ValueError: ``decay_steps`` is not positive.

    Example:
        >>> optim.cosine_decay(0.1, 10)(mx.array(5))
        array(0.05, dtype=float32)
    """
    _expect_positive("decay_steps", decay_steps)

    def schedule(step):
        step = mx.minimum(step, decay_steps)
        share = 0.5 * (1.0 + mx.cos((math.pi / decay_steps) * step))
        return end + share * (init - end)

    return schedule


def linear_schedule(init: float, end: float, steps: int) -> Callable:
    """From ``init`` to ``end`` in equal steps; then ``end``.

    Raises:
        ValueError: ``steps`` is not positive.

    Example:
        >>> optim.linear_schedule(0, 0.1, 10)(mx.array(5))
        array(0.05, dtype=float32)
    """
    _expect_positive("steps", steps)

    def schedule(step):
        step = mx.minimum(step, steps)
        return step * ((end - init) / steps) + init

    return schedule


def join_schedules(schedules: List[Callable], boundaries: List[int]) -> Callable:
    """One schedule after the other.

    Args:
        schedules: The schedules. Each is given the number of steps since it began.
        boundaries: The step at which each but the first begins.

    Raises:
        ValueError: there is no schedule, or not one boundary fewer.

    Example:
        >>> warmup = optim.linear_schedule(0, 0.1, steps=10)
        >>> optim.join_schedules([warmup, optim.cosine_decay(0.1, 100)], [10])(mx.array(10))
        array(0.1, dtype=float32)
    """
    if len(schedules) == 0:
        raise ValueError("Must provide at least 1 schedule to join.")
    if len(schedules) != len(boundaries) + 1:
        raise ValueError(
            f"Received {len(boundaries)} boundaries but expected {len(schedules) - 1}."
        )

    def schedule(step):
        value = schedules[0](step)
        for following, boundary in zip(schedules[1:], boundaries):
            # Before the boundary its value is not used, but must not be of a negative step.
            since = mx.maximum(step, boundary) - boundary
            value = mx.where(step < boundary, value, following(since))
        return value

    return schedule
