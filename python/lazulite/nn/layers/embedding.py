"""Tables of vectors."""

import math

import lazulite.core as mx

from .base import Module
from .quantized import QuantizedEmbedding

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

    def to_quantized(
        self,
        group_size: int | None = None,
        bits: int | None = None,
        mode: str = "affine",
        quantize_input: bool = False,
    ):
        """The layer with the codes of few bits that are nearest to the vectors.

        Args:
            group_size, bits, mode: As ``mx.quantize`` takes them.
            quantize_input: Must be false: the inputs are integers.

        Example:
            >>> nn.Embedding(10, 64).to_quantized(bits=8)
            QuantizedEmbedding(10, 64, group_size=64, bits=8, mode=affine)
        """
        if quantize_input:
            raise ValueError("the inputs of an embedding are integers, and cannot be quantized")
        return QuantizedEmbedding.from_embedding(self, group_size, bits, mode)
