"""Linear layers of which each process of a group holds a part."""

import math
from collections.abc import Callable
from functools import lru_cache

import lazulite.core as mx

from ...utils import tree_flatten, tree_map_with_path, tree_unflatten
from .base import Module
from .linear import Linear
from .quantized import QuantizedLinear

__all__ = [
    "AllToShardedLinear",
    "FullyShardedModule",
    "QuantizedAllToShardedLinear",
    "QuantizedShardedToAllLinear",
    "ShardedToAllLinear",
    "fully_shard",
]


@lru_cache
def sum_gradients(group):
    """The function that returns its argument, and sums the gradient over the group."""
    if group.size() == 1:
        return lambda x: x

    @mx.custom_function
    def identity(x):
        return x

    @identity.vjp
    def identity_vjp(primals, cotangent, output):
        return mx.distributed.all_sum(cotangent, group=group)

    return identity


def _group(given):
    return mx.distributed.init() if given is None else given


def _part_of(size, group, name):
    if size % group.size():
        raise ValueError(f"{name} {size} cannot be divided among {group.size()} processes")
    return size // group.size()


def _shard(parameters, where, group):
    """The parts of parameters that are this process's. ``where`` gives, of a path and an array, the
    axis that is divided and the number of segments that are divided each, or None."""
    count, rank = group.size(), group.rank()

    def part(path, weight):
        chosen = where(path, weight)
        if not isinstance(weight, mx.array) or chosen is None:
            return weight
        axis, segments = chosen if isinstance(chosen, tuple) else (chosen, 1)
        whole = (
            mx.split(weight, segments, axis=axis)
            if isinstance(segments, list) or segments > 1
            else [weight]
        )
        return mx.contiguous(
            mx.concatenate([mx.split(one, count, axis=axis)[rank] for one in whole], axis=axis)
        )

    return tree_map_with_path(part, parameters)


def _rows_or_columns(sharding, segments):
    """Where the parameters of a linear layer are divided."""
    if callable(sharding):
        return sharding
    if sharding == "all-to-sharded":
        return lambda path, weight: (max(weight.ndim - 2, 0), segments)
    if sharding == "sharded-to-all":
        return lambda path, weight: (
            None if path.rpartition(".")[2] == "bias" else (weight.ndim - 1, segments)
        )
    raise ValueError(f"a sharding is 'all-to-sharded' or 'sharded-to-all', not {sharding!r}")


class _Sharded(Module):
    """What the layers have in common: a group, and parts of the arrays of another layer."""

    _sharding: str

    @classmethod
    def _of(cls, layer, segments, *sizes, **options):
        out = cls(*sizes, "bias" in layer, **options)
        out.update(
            _shard(layer.parameters(), _rows_or_columns(cls._sharding, segments), out.group)
        )
        return out


class _ShardedLinear(_Sharded):
    def _weights(self, rows, columns, scale, bias, rows_of_bias):
        self.weight = mx.random.uniform(-scale, scale, (rows, columns))
        if bias:
            self.bias = mx.random.uniform(-scale, scale, (rows_of_bias,))

    @classmethod
    def from_linear(cls, linear_layer: Module, *, segments: int | list = 1, group=None):
        """The layer with this process's part of a ``Linear``'s weights.

        Args:
            segments: In how many parts that are divided each the weight consists, or where they
                begin.
        """
        outputs, inputs = linear_layer.weight.shape
        return cls._of(linear_layer, segments, inputs, outputs, group=group)


class AllToShardedLinear(_ShardedLinear):
    """A ``Linear`` of which each process of a group computes a part of the outputs.

    Args:
        input_dims: The size of the input's last axis.
        output_dims: The size of the whole output's last axis.
        bias: Whether there is a ``bias``.
        group: The processes; by default all.

    Example:
        >>> nn.AllToShardedLinear(4, 2)(mx.zeros((3, 4))).shape
        (3, 2)
    """

    _sharding = "all-to-sharded"

    def __init__(self, input_dims: int, output_dims: int, bias: bool = True, group=None):
        super().__init__()
        self.group = _group(group)
        rows = _part_of(output_dims, self.group, "the output of size")
        self._weights(rows, input_dims, math.sqrt(1 / input_dims), bias, rows)

    def _extra_repr(self):
        rows, columns = self.weight.shape
        outputs = rows * self.group.size()
        return f"input_dims={columns}, output_dims={outputs}, bias={'bias' in self}"

    def __call__(self, x):
        x = sum_gradients(self.group)(x)
        if "bias" in self:
            return mx.addmm(self["bias"], x, self["weight"].T)
        return x @ self["weight"].T


class ShardedToAllLinear(_ShardedLinear):
    """A ``Linear`` of which each process of a group has a part of the inputs; all have the result.

    Args:
        input_dims: The size of the whole input's last axis.
        output_dims: The size of the output's last axis.
        bias: Whether there is a ``bias``.
        group: The processes; by default all.

    Example:
        >>> nn.ShardedToAllLinear(4, 2)(mx.zeros((3, 4))).shape
        (3, 2)
    """

    _sharding = "sharded-to-all"

    def __init__(self, input_dims: int, output_dims: int, bias: bool = True, group=None):
        super().__init__()
        self.group = _group(group)
        columns = _part_of(input_dims, self.group, "the input of size")
        self._weights(output_dims, columns, math.sqrt(1 / input_dims), bias, output_dims)

    def _extra_repr(self):
        rows, columns = self.weight.shape
        inputs = columns * self.group.size()
        return f"input_dims={inputs}, output_dims={rows}, bias={'bias' in self}"

    def __call__(self, x):
        out = mx.distributed.all_sum(x @ self["weight"].T, group=self.group)
        return out + self["bias"] if "bias" in self else out


class _ShardedQuantizedLinear(_Sharded):
    def _codes(self, rows, columns, scale, bias, rows_of_bias, options):
        self.group_size, self.bits, self.mode = options
        weight = mx.random.uniform(-scale, scale, (rows, columns))
        self.weight, self.scales, *biases = mx.quantize(weight, *options)
        self.biases = biases[0] if biases else None
        if bias:
            self.bias = mx.zeros((rows_of_bias,))
        self.freeze()

    def unfreeze(self, *args, **kwargs):
        """As ``Module.unfreeze`` of the layers within: this one stays frozen."""
        super().unfreeze(*args, **kwargs)
        return self.freeze(recurse=False)

    def _product(self, x):
        return mx.quantized_matmul(
            x,
            self["weight"],
            self["scales"],
            self.get("biases"),
            group_size=self.group_size,
            bits=self.bits,
            mode=self.mode,
        )

    def _shown(self, inputs, outputs):
        return (
            f"input_dims={inputs}, output_dims={outputs}, bias={'bias' in self}, "
            f"group_size={self.group_size}, bits={self.bits}, mode={self.mode}"
        )

    @classmethod
    def from_quantized_linear(
        cls, quantized_linear_layer: Module, *, segments: int | list = 1, group=None
    ):
        """The layer with this process's part of a ``QuantizedLinear``'s codes."""
        layer = quantized_linear_layer
        outputs, words = layer.weight.shape
        options = {"group_size": layer.group_size, "bits": layer.bits, "mode": layer.mode}
        return cls._of(layer, segments, words * 32 // layer.bits, outputs, group=group, **options)


class QuantizedAllToShardedLinear(_ShardedQuantizedLinear):
    """An ``AllToShardedLinear`` whose weight is codes, frozen.

    Args:
        input_dims: The size of the input's last axis.
        output_dims: The size of the whole output's last axis.
        bias: Whether there is a ``bias``.
        group_size, bits, mode: As ``mx.quantize`` takes them.
        group: The processes; by default all.

    Example:
        >>> nn.QuantizedAllToShardedLinear(64, 2)(mx.zeros((3, 64))).shape
        (3, 2)
    """

    _sharding = "all-to-sharded"

    def __init__(
        self,
        input_dims: int,
        output_dims: int,
        bias: bool = True,
        group_size: int = 64,
        bits: int = 4,
        mode: str = "affine",
        group=None,
    ):
        super().__init__()
        self.group = _group(group)
        rows = _part_of(output_dims, self.group, "the output of size")
        options = (group_size, bits, mode)
        self._codes(rows, input_dims, math.sqrt(1 / input_dims), bias, rows, options)

    def _extra_repr(self):
        rows, words = self.weight.shape
        return self._shown(words * 32 // self.bits, rows * self.group.size())

    def __call__(self, x):
        out = self._product(sum_gradients(self.group)(x))
        return out + self["bias"] if "bias" in self else out


class QuantizedShardedToAllLinear(_ShardedQuantizedLinear):
    """A ``ShardedToAllLinear`` whose weight is codes, frozen.

    Args:
        input_dims: The size of the whole input's last axis.
        output_dims: The size of the output's last axis.
        bias: Whether there is a ``bias``.
        group_size, bits, mode: As ``mx.quantize`` takes them.
        group: The processes; by default all.

    Example:
        >>> nn.QuantizedShardedToAllLinear(64, 2)(mx.zeros((3, 64))).shape
        (3, 2)
    """

    _sharding = "sharded-to-all"

    def __init__(
        self,
        input_dims: int,
        output_dims: int,
        bias: bool = True,
        group_size: int = 64,
        bits: int = 4,
        mode: str = "affine",
        group=None,
    ):
        super().__init__()
        self.group = _group(group)
        columns = _part_of(input_dims, self.group, "the input of size")
        options = (group_size, bits, mode)
        self._codes(output_dims, columns, math.sqrt(1 / input_dims), bias, output_dims, options)

    def _extra_repr(self):
        rows, words = self.weight.shape
        return self._shown(words * 32 // self.bits * self.group.size(), rows)

    def __call__(self, x):
        out = mx.distributed.all_sum(self._product(x), group=self.group)
        return out + self["bias"] if "bias" in self else out


def shard_linear(module: Module, sharding: str, *, segments: int | list = 1, group=None):
    """A layer with this process's part of a linear layer.

    Args:
        module: A ``Linear`` or ``QuantizedLinear``.
        sharding: ``"all-to-sharded"`` or ``"sharded-to-all"``.
        segments: In how many parts that are divided each the weight consists.
        group: The processes; by default all.
    """
    _rows_or_columns(sharding, segments)
    to_sharded = sharding == "all-to-sharded"
    if isinstance(module, QuantizedLinear):
        kind = QuantizedAllToShardedLinear if to_sharded else QuantizedShardedToAllLinear
        return kind.from_quantized_linear(module, segments=segments, group=group)
    if not isinstance(module, Linear):
        raise ValueError(f"shard_linear takes a linear layer, not {type(module).__name__}")
    kind = AllToShardedLinear if to_sharded else ShardedToAllLinear
    return kind.from_linear(module, segments=segments, group=group)


def shard_inplace(
    module: Module, sharding: str | Callable, *, segments: int | list = 1, group=None
):
    """Leaves a module this process's parts of its parameters.

    Args:
        module: The module, which is changed.
        sharding: As of :func:`shard_linear`, or a function of a parameter's path and array that
            gives the axis that is divided, also with the number of segments, or None.
    """
    where = _rows_or_columns(sharding, segments)
    module.update(_shard(module.parameters(), where, _group(group)))


class FullyShardedModule(Module):
    """A module of which each process of a group holds a part of every parameter: the rows that are
    its share. A call gathers them, and the gradient of each part comes back to its process.

    Args:
        module: The module; ``FullyShardedModule`` inside of it keep their parameters to themselves.
        group: The processes; all if None.
        compute_dtype: What the gathered parameters are converted to for a call, if given.

    Raises:
        ValueError: a parameter's first axis cannot be divided among the processes.

    Example:
        >>> layer = nn.FullyShardedModule(nn.Linear(4, 2), compute_dtype=mx.float16)
        >>> layer(mx.zeros((3, 4), dtype=mx.float16)).dtype
        lazulite.core.float16
    """

    def __init__(self, module: Module, group=None, compute_dtype: mx.Dtype | None = None):
        super().__init__()
        self._group = _group(group)
        self._compute_dtype = compute_dtype
        self._paths = _own_parameters(module)
        count = self._group.size()

        def rows(path, weight):
            if path not in self._paths or count == 1:
                return None
            _part_of(weight.shape[0] if weight.ndim else 1, self._group, f"the rows of {path}")
            return 0

        if count > 1:
            module.update(_shard(module.parameters(), rows, self._group))
        self.module = module

    def _extra_repr(self):
        return f"num_sharded_params={len(self._paths)}"

    def _gathered(self, part):
        whole = part if self._group.size() == 1 else _gather(self._group)(part)
        return whole if self._compute_dtype is None else whole.astype(self._compute_dtype)

    def _call(self, function, *args, **kwargs):
        parts = {
            path: part
            for path, part in tree_flatten(self.module.parameters())
            if path in self._paths
        }
        whole = {path: self._gathered(part) for path, part in parts.items()}
        self.module.update(tree_unflatten(list(whole.items())))
        try:
            return function(*args, **kwargs)
        finally:
            # What the call has replaced (running statistics) stays.
            now = dict(tree_flatten(self.module.parameters()))
            kept = [(path, part) for path, part in parts.items() if now[path] is whole[path]]
            self.module.update(tree_unflatten(kept))

    def __call__(self, *args, **kwargs):
        return self._call(self.module, *args, **kwargs)

    def as_linear(self, *args, **kwargs):
        """The module's ``as_linear`` with gathered parameters."""
        return self._call(self.module.as_linear, *args, **kwargs)


def _own_parameters(module):
    """The paths of a module's parameters that no FullyShardedModule inside of it holds."""
    inner = tuple(
        f"{name}." if name else ""
        for name, one in module.named_modules()
        if isinstance(one, FullyShardedModule)
    )
    paths = (path for path, _ in tree_flatten(module.parameters()))
    # No list: as such it would be a part of a module's state.
    return frozenset(path for path in paths if not path.startswith(inner))


@lru_cache
def _gather(group):
    """The function from a part to the whole, whose gradient is summed and divided again."""

    @mx.custom_function
    def whole(part):
        return mx.distributed.all_gather(part, group=group)

    @whole.vjp
    def whole_vjp(primals, cotangent, output):
        return mx.distributed.sum_scatter(cotangent, group=group)

    return whole


def fully_shard(module: Module, *, group=None, compute_dtype: mx.Dtype | None = None) -> Module:
    """The module as a ``FullyShardedModule``; as it is where there is nothing to divide: one
    process, or no parameters.

    Example:
        >>> layer = nn.Linear(4, 2)
        >>> nn.fully_shard(layer) is layer
        True
    """
    group = _group(group)
    if group.size() == 1 or not _own_parameters(module):
        return module
    return FullyShardedModule(module, group, compute_dtype)
