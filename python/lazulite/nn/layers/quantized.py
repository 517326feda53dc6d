"""Layers whose weights are codes of few bits (``mx.quantize``)."""

import math
from collections.abc import Callable

import lazulite.core as mx

from ...utils import tree_map_with_path
from .base import Module

__all__ = ["QQLinear", "QuantizedEmbedding", "QuantizedLinear", "quantize"]

#: The size of groups and the number of bits that a mode has where none are given.
_SIZES = {"affine": (64, 4), "mxfp4": (32, 4), "mxfp8": (32, 8), "nvfp4": (16, 4)}


class _Quantized(Module):
    """Options and arrays that the layers have in common."""

    def _set_codes(self, weight, group_size, bits, mode):
        # A mode that there is not is refused by mx.quantize.
        default_size, default_bits = _SIZES.get(mode, (None, None))
        self.group_size = group_size or default_size
        self.bits = bits or default_bits
        self.mode = mode
        self.weight, self.scales, *biases = mx.quantize(weight, group_size, bits, mode)
        self.biases = biases[0] if biases else None

    def _options(self):
        return {"group_size": self.group_size, "bits": self.bits, "mode": self.mode}

    def _extra_repr(self):
        return f"group_size={self.group_size}, bits={self.bits}, mode={self.mode}"

    def _columns(self):
        return self.weight.shape[-1] * 32 // self.bits

    def _product(self, x):
        return mx.quantized_matmul(
            x, self["weight"], self["scales"], self.get("biases"), True, **self._options()
        )


def _uniform(outputs, inputs):
    scale = math.sqrt(1 / inputs)
    return mx.random.uniform(-scale, scale, (outputs, inputs))


class QuantizedLinear(_Quantized):
    """A ``Linear`` whose weight is codes. All of it is frozen from the start, except a bias that
    comes from a ``Linear``.

    Args:
        input_dims: The size of the input's last axis, a multiple of ``group_size``.
        output_dims: The size of the output's last axis.
        bias: Whether there is a ``bias``.
        group_size, bits, mode: As ``mx.quantize`` takes them.

    Example:
        >>> nn.QuantizedLinear(64, 2)(mx.zeros((3, 64))).shape
        (3, 2)
    """

    def __init__(
        self,
        input_dims: int,
        output_dims: int,
        bias: bool = True,
        group_size: int | None = None,
        bits: int | None = None,
        mode: str = "affine",
    ):
        super().__init__()
        self._set_codes(_uniform(output_dims, input_dims), group_size, bits, mode)
        if bias:
            self.bias = mx.zeros((output_dims,))
        self.freeze()

    def _extra_repr(self):
        return (
            f"input_dims={self._columns()}, output_dims={self.weight.shape[0]}, "
            f"bias={'bias' in self}, {super()._extra_repr()}"
        )

    def __call__(self, x):
        out = self._product(x)
        return out + self["bias"] if "bias" in self else out

    @classmethod
    def from_linear(
        cls,
        linear_layer: Module,
        group_size: int | None = None,
        bits: int | None = None,
        mode: str = "affine",
    ):
        """The layer with the codes nearest to a ``Linear``'s weight.

        Example:
            >>> nn.QuantizedLinear.from_linear(nn.Linear(64, 2), bits=8)
            QuantizedLinear(input_dims=64, output_dims=2, bias=True, group_size=64, bits=8, mode=affine)
        """
        outputs, inputs = linear_layer.weight.shape
        layer = cls(inputs, outputs, False, group_size, bits, mode)
        layer._set_codes(linear_layer.weight, group_size, bits, mode)
        if "bias" in linear_layer:
            layer.bias = linear_layer.bias
        return layer


class QuantizedEmbedding(_Quantized):
    """An ``Embedding`` whose vectors are codes, frozen from the start.

    Args:
        num_embeddings: How many vectors there are.
        dims: Their length, a multiple of ``group_size``.
        group_size, bits, mode: As ``mx.quantize`` takes them.

    Example:
        >>> nn.QuantizedEmbedding(10, 64)(mx.array([1, 2])).shape
        (2, 64)
    """

    def __init__(
        self,
        num_embeddings: int,
        dims: int,
        group_size: int | None = None,
        bits: int | None = None,
        mode: str = "affine",
    ):
        super().__init__()
        weight = mx.random.normal(shape=(num_embeddings, dims), scale=math.sqrt(1 / dims))
        self._set_codes(weight, group_size, bits, mode)
        self.num_embeddings = num_embeddings
        self.dims = dims
        self.freeze()

    def _extra_repr(self):
        return f"{self.num_embeddings}, {self.dims}, {super()._extra_repr()}"

    def __call__(self, x):
        biases = self.get("biases")
        return mx.dequantize(
            self["weight"][x],
            self["scales"][x],
            biases[x] if biases is not None else None,
            **self._options(),
        )

    def as_linear(self, x):
        """``x @ vectors.T``: the scores of all embeddings.

        Example:
            >>> nn.QuantizedEmbedding(10, 64).as_linear(mx.zeros((3, 64))).shape
            (3, 10)
        """
        return self._product(x)

    @classmethod
    def from_embedding(
        cls,
        embedding_layer: Module,
        group_size: int | None = None,
        bits: int | None = None,
        mode: str = "affine",
    ):
        """The layer with the codes nearest to an ``Embedding``'s vectors.

        Example:
            >>> nn.QuantizedEmbedding.from_embedding(nn.Embedding(10, 64))
            QuantizedEmbedding(10, 64, group_size=64, bits=4, mode=affine)
        """
        layer = cls(*embedding_layer.weight.shape, group_size, bits, mode)
        layer._set_codes(embedding_layer.weight, group_size, bits, mode)
        return layer


class QQLinear(Module):
    """An affine map of inputs that are rounded to codes by a weight that is rounded to codes.

    While training, the weight is kept in full precision and rounded in each call; in evaluation
    mode (``eval()``) it is codes, with ``scales``. There is no bias.

    Args:
        input_dims: The size of the input's last axis, a multiple of ``group_size``.
        output_dims: The size of the output's last axis.
        group_size, bits: As ``mx.quantize`` takes them.
        mode: "nvfp4" or "mxfp8".

    Example:
        >>> nn.QQLinear(64, 2)(mx.zeros((3, 64))).shape
        (3, 2)
    """

    def __init__(
        self,
        input_dims: int,
        output_dims: int,
        group_size: int | None = None,
        bits: int | None = None,
        mode: str = "nvfp4",
    ):
        super().__init__()
        default_size, default_bits = _SIZES.get(mode, (None, None))
        self.group_size = group_size or default_size
        self.bits = bits or default_bits
        self.mode = mode
        self.weight = _uniform(output_dims, input_dims)
        self._quantized = False

    def _extra_repr(self):
        outputs, inputs = self.weight.shape
        if self._quantized:
            inputs = inputs * 32 // self.bits
        return (
            f"input_dims={inputs}, output_dims={outputs}, group_size={self.group_size}, "
            f"bits={self.bits}, mode={self.mode}"
        )

    def quantize(self):
        """Puts the weight's codes and scales in its place."""
        if not self._quantized:
            self.weight, self.scales = mx.quantize(
                self.weight, self.group_size, self.bits, self.mode
            )
            self._quantized = True

    def dequantize(self):
        """Puts the numbers that the codes stand for in their place."""
        if self._quantized:
            self.weight = mx.dequantize(
                self.weight,
                self.scales,
                group_size=self.group_size,
                bits=self.bits,
                mode=self.mode,
            )
            del self.scales
            self._quantized = False

    def _set_training_mode(self, mode: bool):
        super()._set_training_mode(mode)
        if mode:
            self.dequantize()
        else:
            self.quantize()

    def __call__(self, x):
        return mx.qqmm(
            x, self["weight"], self.get("scales"), self.group_size, self.bits, self.mode
        )

    @classmethod
    def from_linear(
        cls,
        linear_layer: Module,
        group_size: int | None = None,
        bits: int | None = None,
        mode: str = "nvfp4",
    ):
        """The layer with a ``Linear``'s weight, which must have no bias.

        Example:
            >>> nn.QQLinear.from_linear(nn.Linear(64, 2, bias=False))
            QQLinear(input_dims=64, output_dims=2, group_size=16, bits=4, mode=nvfp4)
        """
        if "bias" in linear_layer:
            raise NotImplementedError("QQLinear has no bias, and the layer given has one")
        outputs, inputs = linear_layer.weight.shape
        layer = cls(inputs, outputs, group_size, bits, mode)
        layer.weight = linear_layer.weight
        layer.train(linear_layer.training)
        return layer


def quantize(
    model: Module,
    group_size: int | None = None,
    bits: int | None = None,
    *,
    mode: str = "affine",
    quantize_input: bool = False,
    class_predicate: Callable[[str, Module], bool | dict] | None = None,
):
    """Puts quantized layers in the place of a model's layers that have ``to_quantized``.

    Args:
        model: The model, which is changed.
        group_size, bits, mode: As ``mx.quantize`` takes them.
        quantize_input: Whether inputs are quantized, too (``QQLinear``).
        class_predicate: Of the path of a layer and the layer, whether to quantize it, or a dict of
            arguments for its ``to_quantized``.

    Example:
        >>> model = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
        >>> nn.quantize(model, bits=8)
        >>> model.layers[0]
        QuantizedLinear(input_dims=64, output_dims=64, bias=True, group_size=64, bits=8, mode=affine)
    """
    if class_predicate is None:

        def class_predicate(path, layer):
            return hasattr(layer, "to_quantized")

    def replaced(path, layer):
        chosen = class_predicate(path, layer)
        if not isinstance(chosen, (bool, dict)):
            raise ValueError(
                f"quantize: class_predicate gives a bool or a dict, not {type(chosen).__name__}"
            )
        if not chosen:
            return layer
        if not hasattr(layer, "to_quantized"):
            raise ValueError(f"quantize: {type(layer).__name__} ({path}) cannot be quantized")
        options = {"group_size": group_size, "bits": bits, "mode": mode}
        if quantize_input:
            options["quantize_input"] = True
        return layer.to_quantized(**(chosen if isinstance(chosen, dict) else options))

    leaves = tree_map_with_path(replaced, model.leaf_modules(), is_leaf=Module.is_module)
    model.update_modules(leaves)
