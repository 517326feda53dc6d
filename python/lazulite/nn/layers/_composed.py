"""Functions of ``lazulite.core.fast`` that the core does not have, composed of others."""

import math

import lazulite.core as mx

_fast = getattr(mx, "fast", None)


def _weighted(function: str, x, weight, bias=None):
    for array in (weight, bias):
        if array is not None and array.shape != x.shape[-1:]:
            raise ValueError(
                f"[{function}] weights of shape {array.shape} for an input of shape {x.shape}; "
                "expected the size of its last axis"
            )


def _result_type(x, *others):
    """The dtype of the result: the inputs' common one, floating."""
    dtype = x.dtype
    for other in others:
        if other is not None:
            dtype = mx.result_type(dtype, other.dtype)
    return dtype if mx.issubdtype(dtype, mx.floating) else mx.float32


def _widened(x):
    return x if x.dtype == mx.float32 or x.dtype == mx.float64 else x.astype(mx.float32)


def layer_norm(x, weight, bias, eps):
    """Normalises the last axis to mean 0 and variance 1; then times ``weight`` plus ``bias``."""
    if x.ndim == 0:
        raise ValueError("[layer_norm] Expected an input of at least 1 dimension, but got a scalar")
    _weighted("layer_norm", x, weight, bias)
    wide = _widened(x)
    centred = wide - mx.mean(wide, axis=-1, keepdims=True)
    y = centred * mx.rsqrt(mx.mean(mx.square(centred), axis=-1, keepdims=True) + eps)
    if weight is not None:
        y = y * weight
    if bias is not None:
        y = y + bias
    return y.astype(_result_type(x, weight, bias))


def rms_norm(x, weight, eps):
    """Divides by the root of the mean square of the last axis; then times ``weight``."""
    if x.ndim == 0:
        raise ValueError("[rms_norm] Expected an input of at least 1 dimension, but got a scalar")
    _weighted("rms_norm", x, weight)
    wide = _widened(x)
    y = wide * mx.rsqrt(mx.mean(mx.square(wide), axis=-1, keepdims=True) + eps)
    if weight is not None:
        y = y * weight
    return y.astype(_result_type(x, weight))


def rope(x, dims, *, traditional, base, scale, offset):
    """Rotates pairs of the first ``dims`` features by angles that grow with the position."""
    if x.ndim < 3:
        raise ValueError(f"[rope] Expected an input of at least 3 dimensions, but got {x.ndim}")
    if dims % 2 != 0 or dims > x.shape[-1]:
        raise ValueError(
            f"[rope] dims must be even and at most the last dimension ({x.shape[-1]}), not {dims}"
        )
    positions = mx.arange(x.shape[-2]).astype(mx.float32)
    if isinstance(offset, mx.array) and offset.ndim > 0:
        # One offset an example.
        positions = positions + offset.reshape(-1, *([1] * (x.ndim - 2)))
    else:
        positions = positions + offset
    exponents = mx.arange(dims // 2).astype(mx.float32) * (-2 / dims * math.log(base))
    angles = mx.expand_dims(positions * scale, -1) * mx.exp(exponents)
    cos, sin = mx.cos(angles), mx.sin(angles)

    turned = _widened(x)[..., :dims]
    if traditional:
        pairs = turned.reshape(*turned.shape[:-1], dims // 2, 2)
        a, b = pairs[..., 0], pairs[..., 1]
        turned = mx.stack([a * cos - b * sin, a * sin + b * cos], axis=-1).reshape(turned.shape)
    else:
        a, b = turned[..., : dims // 2], turned[..., dims // 2 :]
        turned = mx.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)
    turned = turned.astype(x.dtype)
    if dims == x.shape[-1]:
        return turned
    return mx.concatenate([turned, x[..., dims:]], axis=-1)


def scaled_dot_product_attention(q, k, v, *, scale, mask=None):
    """Attention of (examples, heads, queries, dims) to keys and values of the same layout."""
    heads, groups = q.shape[1], k.shape[1]
    if heads != groups:
        k, v = (mx.repeat(x, heads // groups, axis=1) for x in (k, v))
    scores = (q * scale) @ mx.swapaxes(k, -1, -2)
    if isinstance(mask, str):
        if mask != "causal":
            raise ValueError(f"[scaled_dot_product_attention] Unknown mask {mask!r}")
        queries, keys = scores.shape[-2:]
        mask = mx.arange(keys - queries, keys)[:, None] >= mx.arange(keys)
    if mask is not None:
        if mask.dtype == mx.bool_:
            scores = mx.where(mask, scores, mx.array(-float("inf"), dtype=scores.dtype))
        else:
            scores = scores + mask
    return mx.softmax(scores, axis=-1, precise=True) @ v


layer_norm = getattr(_fast, "layer_norm", layer_norm)
rms_norm = getattr(_fast, "rms_norm", rms_norm)
rope = getattr(_fast, "rope", rope)
scaled_dot_product_attention = getattr(
    _fast, "scaled_dot_product_attention", scaled_dot_product_attention
)
