"""Random numbers."""

from __future__ import annotations

from calls import Array
from compare import absolute, relative, ulp
from drawing import Draw

from .entry import entry


def _key(d: Draw) -> Array:
    import numpy as np

    return Array("uint32", np.array([d.integer(0, 2**32 - 1) for _ in range(2)], np.uint32))


def _keyed(d: Draw, **options) -> dict:
    return {**options, "key": _key(d)}


entry("core.random.key")(lambda d: [d.integer(0, 2**64 - 1)])
entry("core.random.split")(lambda d: ([_key(d)], d.options(num=d.integer(1, 5))))
entry("core.random.uniform", ulp(2))(
    lambda d: ([], _keyed(d, shape=list(d.shape()), **d.options(low=d.number(-2, 0), high=3.0)))
)
entry("core.random.normal", relative(8))(
    lambda d: ([list(d.shape())], _keyed(d, **d.options(loc=d.number(), scale=2.0)))
)
entry("core.random.randint")(
    lambda d: ([d.integer(-10, 0), d.integer(1, 100), list(d.shape())], _keyed(d))
)
entry("core.random.bernoulli")(
    lambda d: ([d.choice(0.5, 0.1, 1.0)], _keyed(d, shape=list(d.shape())))
)
entry("core.random.gumbel", relative(8))(lambda d: ([list(d.shape())], _keyed(d)))
entry("core.random.laplace", relative(8))(lambda d: ([list(d.shape())], _keyed(d)))
entry("core.random.truncated_normal", absolute(8))(
    lambda d: ([-1.0, d.number(0, 2)], _keyed(d, shape=list(d.shape())))
)
entry("core.random.categorical")(
    lambda d: (
        [d.array((d.integer(1, 3), d.integer(1, 5)), ["float32"], special=False)],
        _keyed(d, **d.options(num_samples=d.integer(1, 4))),
    )
)
entry("core.random.permutation")(lambda d: ([d.integer(1, 9)], _keyed(d)))
