"""Functions of functions of modules."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Callable, Optional, Tuple

import lazulite.core as mx

from ..optimizers import clip_grad_norm
from ..utils import tree_map

if TYPE_CHECKING:
    from .layers.base import Module

__all__ = ["average_gradients", "checkpoint", "clip_grad_norm_sharded", "value_and_grad"]


def value_and_grad(model: Module, fn: Callable) -> Callable:
    """The function that computes ``fn`` and the gradients of its result with respect to the model's
    trainable parameters.

    Args:
        model: The model.
        fn: Any function that uses the model. It returns a scalar array, or a tuple whose first
            element is one.

    Returns:
        A function of the arguments of ``fn`` that returns what ``fn`` returns, and the tree of
        gradients.

    Example:
        >>> model = nn.Linear(2, 1)
        >>> def loss(x, y):
        ...     return nn.losses.mse_loss(model(x), y)
        >>> value, gradients = nn.value_and_grad(model, loss)(mx.zeros((4, 2)), mx.ones((4, 1)))
        >>> sorted(gradients)
        ['bias', 'weight']
    """

    def with_parameters(parameters, *args, **kwargs):
        model.update(parameters)
        traced.append(parameters)
        return fn(*args, **kwargs)

    traced: list = []
    differentiated = mx.value_and_grad(with_parameters)

    @wraps(fn)
    def wrapped(*args, **kwargs):
        parameters = model.trainable_parameters()
        try:
            return differentiated(parameters, *args, **kwargs)
        finally:
            if traced:
                _put_back(model, traced.pop(), parameters)

    return wrapped


def _put_back(target: Any, traced: Any, originals: Any):
    """Replaces the traced arrays that are still in the module by those that they stood for."""
    items = traced.items() if isinstance(traced, dict) else enumerate(traced)
    for key, value in items:
        if isinstance(value, (dict, list)):
            _put_back(target[key], value, originals[key])
        elif target[key] is value:
            target[key] = originals[key]


def checkpoint(module: Module, fn: Optional[Callable] = None) -> Callable:
    """The function ``fn``, whose intermediate arrays are computed again in the backward pass rather
    than kept.

    Args:
        module: The module that ``fn`` uses; gradients of its trainable parameters are computed.
        fn: The function; the module itself if ``None``.

    Example:
        >>> layer = nn.Linear(4, 4)
        >>> nn.utils.checkpoint(layer)(mx.zeros((2, 4))).shape
        (2, 4)
    """
    if fn is None:
        fn = module

    def with_parameters(parameters, *args, **kwargs):
        model_parameters = module.trainable_parameters()
        module.update(parameters)
        try:
            return fn(*args, **kwargs)
        finally:
            _put_back(module, parameters, model_parameters)

    checkpointed = mx.checkpoint(with_parameters)

    @wraps(fn)
    def wrapped(*args, **kwargs):
        return checkpointed(module.trainable_parameters(), *args, **kwargs)

    return wrapped


def average_gradients(
    gradients: Any,
    group: Optional[mx.distributed.Group] = None,
    all_reduce_size: int = 32 * 1024**2,
    communication_stream: Optional[mx.Stream] = None,
) -> Any:
    """The means of gradients over the processes of a group. Groups have one process (see
    ``mx.distributed``), so that these are the gradients themselves.

    Args:
        gradients: A tree of arrays.
        group: The group; that of all processes if ``None``.
        all_reduce_size: How many bytes to send at once.
        communication_stream: The stream to send on.

    Example:
        >>> nn.average_gradients({"w": mx.array([1.0])})
        {'w': array([1], dtype=float32)}
    """
    return gradients


def clip_grad_norm_sharded(
    gradients: Any, max_norm: float, group: Optional[mx.distributed.Group] = None
) -> Tuple[Any, mx.array]:
    """Scales gradients, of which each process of a group has a share, down so that the norm of all
    together is at most ``max_norm``. Groups have one process (see ``mx.distributed``), whose share
    is the whole.

    Args:
        gradients: The tree of this process's share.
        max_norm: The greatest norm.
        group: The group; that of all processes if ``None``.

    Returns:
        The share, scaled or not, and the norm of all gradients.

    Example:
        >>> nn.utils.clip_grad_norm_sharded({"w": mx.array([3.0, 4.0])}, 1.0)[1]
        array(5, dtype=float32)
    """
    return clip_grad_norm(gradients, max_norm)
