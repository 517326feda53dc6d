"""Normalisations: mean 0 and variance 1 over some axes, then a learned scale and shift."""

import lazulite.core as mx

from .base import Module

__all__ = ["BatchNorm", "GroupNorm", "InstanceNorm", "LayerNorm", "RMSNorm"]


def _centred(x: mx.array, axes):
    """How far ``x`` is from its mean over the axes, that mean and the variance, all in float32 at
    least.

    A mean that was rounded is taken off first, and what is left of it afterwards: then equal values
    deviate by nothing, however large they are.
    """
    if x.dtype != mx.float64:
        x = x.astype(mx.float32)
    rough = mx.stop_gradient(mx.mean(x, axis=axes, keepdims=True))
    rest = x - rough
    correction = mx.mean(rest, axis=axes, keepdims=True)
    deviation = rest - correction
    mean = rough + correction
    return deviation, mean, mx.mean(mx.square(deviation), axis=axes, keepdims=True)


def _result_dtype(x: mx.array, *others) -> mx.Dtype:
    """The common dtype of the arrays, not counting ``None``, floating."""
    dtype = x.dtype
    for other in others:
        if other is not None:
            dtype = mx.result_type(dtype, other.dtype)
    return dtype if mx.issubdtype(dtype, mx.floating) else mx.float32


def _expect_positive(layer: str, eps: float):
    if eps <= 0:
        raise ValueError(f"{layer}: eps must be positive, not {eps}.")


class _Affine(Module):
    """A module with ``weight`` and ``bias`` that may be missing."""

    def _scaled(self, x: mx.array, deviation: mx.array, variance: mx.array) -> mx.array:
        """The result for the input ``x``, which deviates so from its mean."""
        y = deviation * mx.rsqrt(variance + self.eps)
        if "weight" not in self:
            return y.astype(_result_dtype(x))
        weight, bias = self["weight"], self["bias"]
        return (weight * y + bias).astype(_result_dtype(x, weight, bias))


class InstanceNorm(_Affine):
    """Normalises over the spatial axes, for each example and channel (Ulyanov et al., 2016).

    Args:
        dims: The number of channels.
        eps: Added to the variance.
        affine: Whether there are ``weight`` and ``bias``, of shape (dims).

    The input has the shape (examples, …, channels).

    Raises:
        ValueError: ``eps`` is not positive, or the input has fewer than three dimensions.

    Example:
        >>> nn.InstanceNorm(3)(mx.zeros((2, 8, 8, 3))).shape
        (2, 8, 8, 3)
    """

    def __init__(self, dims: int, eps: float = 1e-5, affine: bool = False):
        super().__init__()
        _expect_positive("InstanceNorm", eps)
        if affine:
            self.weight = mx.ones((dims,))
            self.bias = mx.zeros((dims,))
        self.dims = dims
        self.eps = eps

    def _extra_repr(self):
        return f"{self.dims}, eps={self.eps}, affine={'weight' in self}"

    def __call__(self, x: mx.array) -> mx.array:
        if x.ndim < 3:
            raise ValueError(
                "InstanceNorm expects inputs with at least 3 dimensions (N, ..., C) but the input "
                f"has {x.ndim} dimensions."
            )
        deviation, _, variance = _centred(x, tuple(range(1, x.ndim - 1)))
        return self._scaled(x, deviation, variance)


class LayerNorm(Module):
    """Normalises over the last axis (Ba et al., 2016).

    Args:
        dims: Its size.
        eps: Added to the variance.
        affine: Whether there is a ``weight`` of shape (dims).
        bias: Whether there is then a ``bias`` of shape (dims).

    Raises:
        ValueError: ``eps`` is not positive, or the input's last axis has another size.

    Example:
        >>> nn.LayerNorm(4)(mx.zeros((2, 8, 4))).shape
        (2, 8, 4)
    """

    def __init__(self, dims: int, eps: float = 1e-5, affine: bool = True, bias: bool = True):
        super().__init__()
        _expect_positive("LayerNorm", eps)
        if affine:
            self.weight = mx.ones((dims,))
            if bias:
                self.bias = mx.zeros((dims,))
        self.eps = eps
        self.dims = dims

    def _extra_repr(self):
        return f"{self.dims}, eps={self.eps}, affine={'weight' in self}"

    def __call__(self, x):
        return mx.fast.layer_norm(x, self.get("weight"), self.get("bias"), self.eps)


class RMSNorm(Module):
    """Divides by the root of the mean square of the last axis (Zhang and Sennrich, 2019).

    Args:
        dims: Its size, and that of ``weight``.
        eps: Added to the mean square, which is computed in float32 at least.

    Raises:
        ValueError: ``eps`` is not positive, or the input's last axis has another size.

    Example:
        >>> nn.RMSNorm(4)(mx.ones((2, 8, 4))).shape
        (2, 8, 4)
    """

    def __init__(self, dims: int, eps: float = 1e-5):
        super().__init__()
        _expect_positive("RMSNorm", eps)
        self.weight = mx.ones((dims,))
        self.eps = eps

    def _extra_repr(self):
        return f"{self.weight.shape[0]}, eps={self.eps}"

    def __call__(self, x):
        return mx.fast.rms_norm(x, self["weight"], self.eps)


class GroupNorm(_Affine):
    """Normalises over the spatial axes and groups of channels (Wu and He, 2018).

    Args:
        num_groups: The number of groups.
        dims: The number of channels.
        eps: Added to the variance.
        affine: Whether there are ``weight`` and ``bias``, of shape (dims).
        pytorch_compatible: Whether a group is of channels that follow each other, as in PyTorch;
            otherwise the group of a channel is its number modulo ``num_groups``.

    The input has the shape (examples, …, channels).

    Raises:
        ValueError: ``num_groups``, ``dims`` or ``eps`` is not positive, or ``num_groups`` does not
            divide ``dims``.

    Example:
        >>> nn.GroupNorm(2, 4)(mx.zeros((2, 8, 8, 4))).shape
        (2, 8, 8, 4)
    """

    def __init__(
        self,
        num_groups: int,
        dims: int,
        eps: float = 1e-5,
        affine: bool = True,
        pytorch_compatible: bool = False,
    ):
        super().__init__()
        for what, count in (("groups", num_groups), ("features", dims)):
            if count <= 0:
                raise ValueError(f"GroupNorm: the number of {what} must be positive, not {count}.")
        _expect_positive("GroupNorm", eps)
        if dims % num_groups != 0:
            raise ValueError(
                f"The number of features ({dims}) must be evenly divisible by the number of groups "
                f"({num_groups})."
            )
        if affine:
            self.bias = mx.zeros((dims,))
            self.weight = mx.ones((dims,))
        self.num_groups = num_groups
        self.dims = dims
        self.eps = eps
        self.pytorch_compatible = pytorch_compatible

    def _extra_repr(self):
        return (
            f"{self.num_groups}, {self.dims}, eps={self.eps}, affine={'weight' in self}, "
            f"pytorch_compatible={self.pytorch_compatible}"
        )

    def __call__(self, x):
        if x.ndim < 2:
            raise ValueError(
                f"GroupNorm expects inputs (N, ..., C), but the input has {x.ndim} dimensions"
            )
        examples, *_, channels = x.shape
        groups = self.num_groups
        if self.pytorch_compatible:
            rows = x.reshape(examples, -1, groups, channels // groups)
            deviation, _, variance = _centred(rows, (1, 3))
        else:
            rows = x.reshape(examples, -1, groups)
            deviation, _, variance = _centred(rows, 1)
        variance = mx.broadcast_to(variance, rows.shape).reshape(x.shape)
        return self._scaled(x, deviation.reshape(x.shape), variance)


class BatchNorm(_Affine):
    """Normalises over all axes but the last (Ioffe and Szegedy, 2015).

    Args:
        num_features: The size of the last axis, the channels.
        eps: Added to the variance.
        momentum: The share of a batch's statistics in the running ones.
        affine: Whether there are ``weight`` and ``bias``, of shape (num_features).
        track_running_stats: Whether ``running_mean`` and ``running_var`` (unbiased) are kept in
            training and used in evaluation. They are no parameters to train.

    The input has the shape (N, C), (N, L, C) or (N, H, W, C).

    Raises:
        ValueError: ``eps`` is not positive, the input has other dimensions or other channels, or in
            training only one value a channel.

    Example:
        >>> nn.BatchNorm(4)(mx.zeros((5, 4))).shape
        (5, 4)
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ):
        super().__init__()
        _expect_positive("BatchNorm", eps)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = mx.ones((num_features,))
            self.bias = mx.zeros((num_features,))
        if track_running_stats:
            self.running_mean = mx.zeros((num_features,))
            self.running_var = mx.ones((num_features,))
            self.freeze(keys=["running_mean", "running_var"], recurse=False)

    def _always_frozen(self):
        return ("running_mean", "running_var") if "running_mean" in self else ()

    def _extra_repr(self):
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={'weight' in self}, track_running_stats={self.track_running_stats}"
        )

    def __call__(self, x: mx.array) -> mx.array:
        if x.ndim < 2 or x.ndim > 4:
            raise ValueError(
                f"Expected input tensor to have 2, 3 or 4 dimensions, but got {x.ndim}"
            )
        if x.shape[-1] != self.num_features:
            raise ValueError(
                f"BatchNorm: the input has {x.shape[-1]} channels, {self.num_features} are expected"
            )
        running = "running_mean" in self
        if running and not self._training:
            return self._scaled(x, x - self["running_mean"], self["running_var"])
        if x.size == 0:
            return x
        deviation, mean, variance = _centred(x, tuple(range(x.ndim - 1)))
        count = x.size // x.shape[-1]
        if self._training and count == 1:
            raise ValueError("BatchNorm training requires more than one value per channel.")
        if running:
            self._follow(count, mean.reshape(-1), variance.reshape(-1))
        return self._scaled(x, deviation, variance)

    def _follow(self, count: int, mean: mx.array, variance: mx.array):
        unbiased = variance * (count / (count - 1))
        share = self.momentum
        for name, new in (("running_mean", mean), ("running_var", unbiased)):
            old = self[name]
            setattr(self, name, (1 - share) * old + share * mx.stop_gradient(new).astype(old.dtype))
