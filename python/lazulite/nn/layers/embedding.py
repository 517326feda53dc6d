"""Tables of vectors."""

import math

import lazulite.core as mx

from .base import Module

__all__ = ["Embedding"]


class Embedding(Module):
    """A vector for each of ``num_embeddings`` integers.

    Args:
        num_embeddings: How many vectors there are.
        dims: Their length.

    ``weight`` has the shape (num_embeddings, dims), and begins normal with deviation ``1 / √dims``.

    Example:
        >>> nn.Embedding(10, 4)(mx.array([[1, 2, 3]])).shape
        (1, 3, 4)
    """

    def __init__(self, num_embeddings: int, dims: int):
        super().__init__()
        scale = math.sqrt(1 / dims)
        self.weight = mx.random.normal(shape=(num_embeddings, dims), scale=scale)

    def _extra_repr(self):
        return f"{self.weight.shape[0]}, {self.weight.shape[1]}"

    def __call__(self, x):
        return self["weight"][x]

    def as_linear(self, x):
        """``x @ weight.T``: the scores of all embeddings, where an output layer shares the weights.

        Example:
            >>> nn.Embedding(10, 4).as_linear(mx.zeros((3, 4))).shape
            (3, 10)
        """
        return x @ self["weight"].T
