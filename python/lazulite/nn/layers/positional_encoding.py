"""Encodings of positions."""

import math
from typing import Optional

import lazulite.core as mx

from .base import Module

__all__ = ["ALiBi", "RoPE", "SinusoidalPositionalEncoding"]


class RoPE(Module):
    """Rotary positions: turns pairs of features by an angle that grows with the position (Su et
    al., 2021).

    Args:
        dims: How many features are turned; further ones stay as they are.
        traditional: Whether a pair is of neighbours, rather than of features ``dims / 2`` apart.
        base: The longest wave, in positions over 2π.
        scale: Multiplies positions.

    Called with an array (examples, …, positions, features) and the ``offset`` of its first
    position, an integer or an array of one for all, or one for each example.

    Raises:
        ValueError: ``dims`` is odd or greater than the input's last axis.

    Example:
        >>> nn.RoPE(8)(mx.ones((1, 2, 5, 8)), offset=3).shape
        (1, 2, 5, 8)
    """

    def __init__(
        self, dims: int, traditional: bool = False, base: float = 10000, scale: float = 1.0
    ):
        super().__init__()
        self.dims = dims
        self.traditional = traditional
        self.base = base
        self.scale = scale

    def _extra_repr(self):
        return f"{self.dims}, traditional={self.traditional}"

    def __call__(self, x, offset: int = 0):
        return mx.fast.rope(
            x,
            self.dims,
            traditional=self.traditional,
            base=self.base,
            scale=self.scale,
            offset=offset,
        )


class SinusoidalPositionalEncoding(Module):
    """Sines and cosines of positions at frequencies from ``max_freq`` to ``min_freq`` (Vaswani et
    al., 2017).

    Args:
        dims: How many features there are, half of them sines.
        min_freq, max_freq: The frequencies.
        scale: Multiplies the result; ``√(2 / dims)`` if ``None``.
        cos_first: Whether cosines come before sines.
        full_turns: Whether frequencies are in turns rather than in radians.

    Raises:
        ValueError: ``dims`` is not positive and even.

    Example:
        >>> nn.SinusoidalPositionalEncoding(8)(mx.arange(5)).shape
        (5, 8)
    """

    def __init__(
        self,
        dims: int,
        min_freq: float = 0.0001,
        max_freq: float = 1,
        scale: Optional[float] = None,
        cos_first: bool = False,
        full_turns: bool = False,
    ):
        super().__init__()
        if dims <= 0 or dims % 2 != 0:
            raise ValueError(
                f"[SinusoidalPositionalEncoding] dims must be positive and even but got {dims}."
            )
        half = dims // 2
        step = (math.log(min_freq) - math.log(max_freq)) / max(half - 1, 1)
        frequencies = mx.exp(mx.arange(half) * step + math.log(max_freq))
        self._sigmas = frequencies * (2 * math.pi) if full_turns else frequencies
        self.scale = (2 / dims) ** 0.5 if scale is None else scale
        self.cos_first = cos_first

    def __call__(self, x):
        angles = mx.expand_dims(x, -1) * self["_sigmas"]
        halves = [mx.cos(angles), mx.sin(angles)]
        y = mx.concatenate(halves if self.cos_first else halves[::-1], axis=-1)
        return y if self.scale == 1 else y * self.scale


class ALiBi(Module):
    """Attention that falls with the distance between query and key (Press et al., 2021).

    Called with scores (examples, heads, queries, keys), the ``offset`` of the first query, and
    perhaps a mask to add.

    Example:
        >>> nn.ALiBi()(mx.zeros((1, 1, 2, 2)))[0, 0]
        array([[0, -0.00390625],
               [-0.00390625, 0]], dtype=float32)
    """

    @staticmethod
    def create_alibi_matrix(
        q_sequence_length: int,
        k_sequence_length: int,
        num_heads: int,
        offset: int = 0,
        dtype: mx.Dtype = mx.float32,
    ) -> mx.array:
        """What is added to the scores, of shape (1, heads, queries from ``offset`` on, keys)."""
        queries = mx.arange(offset, q_sequence_length)
        keys = mx.arange(0, k_sequence_length)
        distances = -mx.abs(queries[:, None] - keys).astype(dtype)
        return mx.expand_dims(distances, (0, 1)) * ALiBi.create_alibi_slope(num_heads, dtype)

    @staticmethod
    def create_alibi_slope(num_heads: int, dtype: mx.Dtype = mx.float32) -> mx.array:
        """How fast the attention of each head falls, of shape (heads, 1, 1): powers of
        ``2 ** (-8 / heads)``; for other numbers than powers of two, those of the next smaller one,
        then every other one of the next greater."""
        lower = 1 << (num_heads.bit_length() - 1)
        slopes = [2 ** (-8 * (i + 1) / lower) for i in range(lower)]
        slopes += [2 ** (-4 * (2 * i + 1) / lower) for i in range(num_heads - lower)]
        return mx.array(slopes, dtype=dtype).reshape(-1, 1, 1)

    def __call__(
        self, attention_scores: mx.array, offset: int = 0, mask: Optional[mx.array] = None
    ) -> mx.array:
        bias = self.create_alibi_matrix(
            attention_scores.shape[-2] + offset,
            attention_scores.shape[-1],
            attention_scores.shape[1],
            offset,
            attention_scores.dtype,
        )
        if mask is not None:
            bias = bias + mask
        return attention_scores + bias
