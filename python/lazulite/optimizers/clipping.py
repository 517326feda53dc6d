"""The norm of gradients, and its limit."""

from __future__ import annotations

from typing import Tuple

import lazulite.core as mx

from ..utils import tree_flatten, tree_map


def clip_grad_norm(grads: dict, max_norm: float) -> Tuple[dict, mx.array]:
    """Scales gradients down so that the norm of all together is at most ``max_norm``.

    Args:
        grads: The tree of gradients.
        max_norm: The greatest norm.

    Returns:
        The gradients, scaled or not, and the norm that they had.

    Example:
        >>> optim.clip_grad_norm({"w": mx.array([3.0, 4.0])}, 1.0)[1]
        array(5, dtype=float32)
    """

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
