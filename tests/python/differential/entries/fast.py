"""Fused operations of networks."""

from __future__ import annotations

from calls import Array
from compare import relative

from .entry import entry
from .layers import features


@entry("core.fast.layer_norm", relative(64))
def _(d):
    x = features(d, 4)
    w = d.array((4,), ["float32"], special=False)
    return [x, d.choice(None, w), d.choice(None, w), 1e-5]


@entry("core.fast.rms_norm", relative(64))
def _(d):
    return [features(d, 4), d.array((4,), ["float32"], special=False), 1e-5]


@entry("core.fast.rope", relative(64))
def _(d):
    x = d.array((1, 2, d.integer(1, 4), 8), ["float32"], special=False)
    return [x, d.choice(8, 4)], {
        "traditional": d.bool(),
        "base": d.choice(10000.0, 100.0),
        "scale": d.choice(1.0, 0.5),
        "offset": d.integer(0, 5),
    }


@entry("core.fast.scaled_dot_product_attention", relative(64))
def _(d):
    queries, keys = d.integer(1, 4), d.integer(1, 5)
    q = d.array((1, 4, queries, 8), ["float32"], special=False)
    k, v = (d.array((1, d.choice(4, 2), keys, 8), ["float32"], special=False) for _ in range(2))
    v = Array("float32", v.values.repeat(2, 1)[:, : k.shape[1]])
    mask = d.choice(None, None, d.array((queries, keys), ["float32"], special=False))
    return [q, k, v], {"scale": 0.3, **({"mask": mask} if mask is not None else {})}
