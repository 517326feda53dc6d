"""Attention and transformers."""

import math
from typing import Any, Callable, Optional

import lazulite.core as mx

from ..utils import checkpoint as checkpointed
from .activations import relu
from .base import Module
from .dropout import Dropout
from .linear import Linear
from .normalization import LayerNorm

__all__ = [
    "MultiHeadAttention",
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]


class MultiHeadAttention(Module):
    """Attention of several heads, between linear projections.

    Args:
        dims: The size of queries and keys after their projection; and the default of other sizes.
        num_heads: The number of heads.
        query_input_dims: The size of queries.
        key_input_dims: The size of keys.
        value_input_dims: The size of values; that of keys if ``None``.
        value_dims: The size of values after their projection.
        value_output_dims: The size of the result.
        bias: Whether the projections have biases.

    Called with queries (N, Lq, D), keys and values (N, Lk, D), and perhaps a mask that broadcasts
    with (N, heads, Lq, Lk): added to the scores, or boolean, or ``"causal"``.

    Raises:
        ValueError: ``num_heads`` does not divide ``dims``.

    Example:
        >>> x = mx.zeros((2, 5, 8))
        >>> nn.MultiHeadAttention(8, num_heads=2)(x, x, x).shape
        (2, 5, 8)
    """

    def __init__(
        self,
        dims: int,
        num_heads: int,
        query_input_dims: Optional[int] = None,
        key_input_dims: Optional[int] = None,
        value_input_dims: Optional[int] = None,
        value_dims: Optional[int] = None,
        value_output_dims: Optional[int] = None,
        bias: bool = False,
    ):
        super().__init__()
        if dims % num_heads != 0:
            raise ValueError(
                "The input feature dimensions should be divisible by the number of heads "
                f"({dims} % {num_heads}) != 0"
            )
        query_input_dims = query_input_dims or dims
        key_input_dims = key_input_dims or dims
        value_input_dims = value_input_dims or key_input_dims
        value_dims = value_dims or dims
        value_output_dims = value_output_dims or dims
        self.num_heads = num_heads
        self.query_proj = Linear(query_input_dims, dims, bias=bias)
        self.key_proj = Linear(key_input_dims, dims, bias=bias)
        self.value_proj = Linear(value_input_dims, value_dims, bias=bias)
        self.out_proj = Linear(value_dims, value_output_dims, bias=bias)

    def _heads(self, x: mx.array) -> mx.array:
        return x.reshape(*x.shape[:-1], self.num_heads, -1).transpose(0, 2, 1, 3)

    def __call__(self, queries, keys, values, mask=None):
        queries = self._heads(self["query_proj"](queries))
        keys = self._heads(self["key_proj"](keys))
        values = self._heads(self["value_proj"](values))
        scale = math.sqrt(1 / queries.shape[-1])
        y = mx.fast.scaled_dot_product_attention(queries, keys, values, scale=scale, mask=mask)
        y = y.transpose(0, 2, 1, 3)
        return self["out_proj"](y.reshape(*y.shape[:-2], -1))

    @staticmethod
    def create_additive_causal_mask(N: int, dtype: mx.Dtype = mx.float32):
        """A mask (N, N) that keeps queries from later keys: there the least number of the dtype,
        elsewhere zero."""
        positions = mx.arange(N)
        later = positions[:, None] < positions
        return later.astype(dtype) * mx.finfo(dtype).min


class TransformerEncoderLayer(Module):
    """Attention of a sequence to itself and a perceptron, each added to its input and normalised:
    before (``norm_first``) or after.

    Args:
        dims: The size of the features.
        num_heads: The number of heads.
        mlp_dims: The size of the perceptron's hidden layer; ``4 * dims`` if ``None``.
        dropout: The probability of dropping what is added, and the hidden layer's outputs.
        activation: The perceptron's.
        norm_first: See above.

    Called with a sequence (N, L, D) and a mask or ``None``.

    Example:
        >>> nn.TransformerEncoderLayer(8, 2)(mx.zeros((2, 5, 8)), None).shape
        (2, 5, 8)
    """

    def __init__(
        self,
        dims: int,
        num_heads: int,
        mlp_dims: Optional[int] = None,
        dropout: float = 0.0,
        activation: Callable[[Any], Any] = relu,
        norm_first: bool = True,
    ):
        super().__init__()
        mlp_dims = mlp_dims or dims * 4
        self.attention = MultiHeadAttention(dims, num_heads)
        self.ln1 = LayerNorm(dims)
        self.ln2 = LayerNorm(dims)
        self.linear1 = Linear(dims, mlp_dims)
        self.linear2 = Linear(mlp_dims, dims)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = activation
        self.norm_first = norm_first

    def _perceptron(self, x):
        return self.linear2(self.dropout2(self.activation(self.linear1(x))))

    def __call__(self, x, mask):
        if self.norm_first:
            y = self.ln1(x)
            x = x + self.dropout1(self.attention(y, y, y, mask))
            return x + self._perceptron(self.ln2(x))
        x = self.ln1(x + self.dropout1(self.attention(x, x, x, mask)))
        return self.ln2(x + self._perceptron(x))


class TransformerEncoder(Module):
    """Layers of :class:`TransformerEncoderLayer`, then a :class:`LayerNorm`.

    Args:
        num_layers: The number of layers.
        dims, num_heads, mlp_dims, dropout, activation, norm_first: Theirs.
        checkpoint: Whether to compute the layers again in the backward pass, to save memory.

    Called with a sequence (N, L, D) and a mask or ``None``.

    Example:
        >>> nn.TransformerEncoder(2, 8, 2)(mx.zeros((2, 5, 8)), None).shape
        (2, 5, 8)
    """

    def __init__(
        self,
        num_layers: int,
        dims: int,
        num_heads: int,
        mlp_dims: Optional[int] = None,
        dropout: float = 0.0,
        activation=relu,
        norm_first: bool = True,
        checkpoint: bool = False,
    ):
        super().__init__()
        self.layers = [
            TransformerEncoderLayer(dims, num_heads, mlp_dims, dropout, activation, norm_first)
            for _ in range(num_layers)
        ]
        self.ln = LayerNorm(dims)
        self.checkpoint = checkpoint

    def __call__(self, x, mask):
        for layer in self.layers:
            x = (checkpointed(layer) if self.checkpoint else layer)(x, mask)
        return self.ln(x)


class TransformerDecoderLayer(Module):
    """:class:`TransformerEncoderLayer` with an attention to another sequence between; with the same
    arguments.

    Called with a sequence (N, L, D), the other sequence (N, M, D), and a mask or ``None`` for the
    attention to each.

    Example:
        >>> x = mx.zeros((2, 5, 8))
        >>> nn.TransformerDecoderLayer(8, 2)(x, mx.zeros((2, 6, 8)), None, None).shape
        (2, 5, 8)
    """

    def __init__(
        self,
        dims: int,
        num_heads: int,
        mlp_dims: Optional[int] = None,
        dropout: float = 0.0,
        activation: Callable[[Any], Any] = relu,
        norm_first: bool = True,
    ):
        super().__init__()
        mlp_dims = mlp_dims or dims * 4
        self.self_attention = MultiHeadAttention(dims, num_heads)
        self.cross_attention = MultiHeadAttention(dims, num_heads)
        self.ln1 = LayerNorm(dims)
        self.ln2 = LayerNorm(dims)
        self.ln3 = LayerNorm(dims)
        self.linear1 = Linear(dims, mlp_dims)
        self.linear2 = Linear(mlp_dims, dims)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.dropout3 = Dropout(dropout)
        self.activation = activation
        self.norm_first = norm_first

    def _perceptron(self, x):
        return self.linear2(self.dropout3(self.activation(self.linear1(x))))

    def __call__(self, x, memory, x_mask, memory_mask):
        if self.norm_first:
            y = self.ln1(x)
            x = x + self.dropout1(self.self_attention(y, y, y, x_mask))
            y = self.ln2(x)
            x = x + self.dropout2(self.cross_attention(y, memory, memory, memory_mask))
            return x + self._perceptron(self.ln3(x))
        x = self.ln1(x + self.dropout1(self.self_attention(x, x, x, x_mask)))
        x = self.ln2(x + self.dropout2(self.cross_attention(x, memory, memory, memory_mask)))
        return self.ln3(x + self._perceptron(x))


class TransformerDecoder(Module):
    """Layers of :class:`TransformerDecoderLayer`, then a :class:`LayerNorm`; arguments are those of
    :class:`TransformerEncoder`.

    Example:
        >>> x = mx.zeros((2, 5, 8))
        >>> nn.TransformerDecoder(2, 8, 2)(x, mx.zeros((2, 6, 8)), None, None).shape
        (2, 5, 8)
    """

    def __init__(
        self,
        num_layers: int,
        dims: int,
        num_heads: int,
        mlp_dims: Optional[int] = None,
        dropout: float = 0.0,
        activation=relu,
        norm_first: bool = True,
        checkpoint: bool = False,
    ):
        super().__init__()
        self.layers = [
            TransformerDecoderLayer(dims, num_heads, mlp_dims, dropout, activation, norm_first)
            for _ in range(num_layers)
        ]
        self.ln = LayerNorm(dims)
        self.checkpoint = checkpoint

    def __call__(self, x, memory, x_mask, memory_mask):
        for layer in self.layers:
            run = checkpointed(layer) if self.checkpoint else layer
            x = run(x, memory, x_mask, memory_mask)
        return self.ln(x)


class Transformer(Module):
    """An encoder and a decoder (Vaswani et al., 2017).

    Args:
        dims: The size of the features.
        num_heads: The number of heads.
        num_encoder_layers, num_decoder_layers: The number of layers of each.
        mlp_dims, dropout, activation, norm_first, checkpoint: As in :class:`TransformerEncoder`.
        custom_encoder, custom_decoder: In place of the standard ones.

    Called with the source (N, M, D), the target (N, L, D), and a mask or ``None`` for the attention
    within the source, within the target, and from the target to the source.

    Example:
        >>> model = nn.Transformer(8, 2, 1, 1)
        >>> model(mx.zeros((2, 6, 8)), mx.zeros((2, 5, 8)), None, None, None).shape
        (2, 5, 8)
    """

    def __init__(
        self,
        dims: int = 512,
        num_heads: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        mlp_dims: Optional[int] = None,
        dropout: float = 0.0,
        activation: Callable[[Any], Any] = relu,
        custom_encoder: Optional[Any] = None,
        custom_decoder: Optional[Any] = None,
        norm_first: bool = True,
        checkpoint: bool = False,
    ):
        super().__init__()
        options = (dims, num_heads, mlp_dims, dropout, activation, norm_first, checkpoint)
        # A module without items is false.
        if custom_encoder is None:
            custom_encoder = TransformerEncoder(num_encoder_layers, *options)
        if custom_decoder is None:
            custom_decoder = TransformerDecoder(num_decoder_layers, *options)
        self.encoder = custom_encoder
        self.decoder = custom_decoder

    def __call__(self, src, tgt, src_mask, tgt_mask, memory_mask):
        memory = self.encoder(src, src_mask)
        return self.decoder(tgt, memory, tgt_mask, memory_mask)
