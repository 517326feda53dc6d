"""Transforms, on functions of a few operations."""

from __future__ import annotations

from calls import Program
from compare import relative
from drawing import Draw

from .entry import ENTRIES, Entry

_FUNCTIONS = (
    "mx.sin(x) * y",
    "mx.exp(-x * x) + x @ y.T if x.ndim == 2 else x * y",
    "mx.tanh(x).sum() * y",
    "mx.maximum(x, y) - mx.minimum(x, 0.5 * y)",
    "mx.softmax(x, axis=-1) / (1 + y * y)",
    "mx.logsumexp(x * y, axis=-1, keepdims=True) + x",
    "mx.where(x > y, x * x, mx.abs(y))",
    "mx.cumsum(x, axis=-1) * y.reshape(-1).sum()",
    "mx.concatenate([x, y], axis=0)[1:] ** 2",
    "mx.sqrt(mx.abs(x) + 1) * mx.stop_gradient(y)",
    "x[..., ::-1] * y[..., 1:].sum()",
    "mx.var(x, axis=-1, keepdims=True) * y",
    "mx.take(x, mx.array([1, 0, 1]), axis=0).sum(0) + y",
)

_TRANSFORMS = {
    "core.grad": "result = mx.grad(lambda x, y: f(x, y).sum(), argnums=n)(x, y)",
    "core.value_and_grad": "result = mx.value_and_grad(lambda x, y: f(x, y).sum(), n)(x, y)",
    "core.vjp": "out = f(x, y)\nresult = mx.vjp(f, [x, y], [mx.cos(out)])",
    "core.jvp": "result = mx.jvp(f, [x, y], [y, x])",
    "core.vmap": "result = mx.vmap(f, in_axes=axes)(mx.stack([x, y, x]), mx.stack([y, x, y]))",
    "core.compile": "g = mx.compile(f, shapeless=False)\nresult = [g(x, y), g(y, x)]",
    "core.checkpoint": "g = mx.checkpoint(f)\nresult = mx.grad(lambda x, y: g(x, y).sum())(x, y)",
}
for name, source in _TRANSFORMS.items():

    def transformed(d: Draw, source=source):
        body = d.choice(*_FUNCTIONS)
        shape = (d.integer(2, 4), d.integer(2, 4))
        return Program(
            f"def f(x, y):\n    return {body}\n{source}",
            {
                "x": d.array(shape, ["float32"], special=False),
                "y": d.array(shape, ["float32"], special=False),
                "n": d.choice(0, 1, (0, 1)),
                "axes": d.choice((0, 0), (0, 0), 0),
            },
        )

    ENTRIES[name] = Entry(name, transformed, relative(512))
