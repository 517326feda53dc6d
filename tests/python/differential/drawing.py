"""Draws arguments: shapes, dtypes, options and values."""

from __future__ import annotations

import numpy as np
from calls import Array, Dtype, numpy_dtype
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

BOOL = ["bool"]
SIGNED = ["int8", "int16", "int32", "int64"]
UNSIGNED = ["uint8", "uint16", "uint32", "uint64"]
INTEGERS = SIGNED + UNSIGNED
FLOATS = ["float32", "float16", "bfloat16"]
COMPLEX = ["complex64"]
REAL = BOOL + INTEGERS + FLOATS
ALL = REAL + COMPLEX

_SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 0.5, 2.0, -2.5, 1e-3, 100.0])


def values_of(
    dtype: str, shape, seed: int, special: bool = True, low: float = -4, high: float = 4
) -> Array:
    """An array of numbers drawn by seed: a few special ones, the others between low and high."""
    draws = np.random.default_rng(seed)
    kind = numpy_dtype(dtype)
    if dtype == "bool":
        return Array(dtype, draws.random(shape) < 0.5)
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        near = draws.integers(
            max(limits.min, int(low)), min(limits.max, int(high)) + 1, shape, kind
        )
        if not special:
            return Array(dtype, near)
        wide = draws.integers(limits.min, limits.max, shape, kind, endpoint=True)
        return Array(dtype, np.where(draws.random(shape) < 0.7, near, wide).astype(kind))

    def floats():
        out = draws.uniform(low, high, shape)
        if special:
            picked = draws.choice(_SPECIAL, shape)
            out = np.where(draws.random(shape) < 0.15, picked, out)
        return out

    values = floats()
    if kind.kind == "c":
        values = values + 1j * np.asarray(floats())
    values = np.asarray(values).astype(kind)
    if dtype == "bfloat16":
        values = to_bfloat16(values)
    return Array(dtype, values)


def to_bfloat16(values: np.ndarray) -> np.ndarray:
    """float32 numbers cut to what bfloat16 holds."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
    out = bits.view(np.float32).reshape(np.shape(values)).copy()
    out[np.isnan(values)] = np.nan
    return out


class Draw:
    """Draws one call's arguments."""

    def __init__(self, draw) -> None:
        self.draw = draw

    def choice(self, *options):
        """One of the options."""
        return self.draw(st.sampled_from(options))

    def bool(self) -> bool:
        return self.draw(st.booleans())

    def integer(self, low: int, high: int) -> int:
        """An integer of [low, high]."""
        return self.draw(st.integers(low, high))

    def number(self, low: float = -4, high: float = 4) -> float:
        return self.draw(st.floats(low, high, width=32))

    def rarely(self) -> bool:
        """Whether to try something unusual: one time in eight."""
        return self.integer(0, 7) == 7

    def seed(self) -> int:
        return self.integer(0, 2**32 - 1)

    def dtype(self, dtypes=ALL) -> str:
        # float32 is what programs use most.
        if "float32" in dtypes and self.integer(0, 2) == 0:
            return "float32"
        return self.draw(st.sampled_from(dtypes))

    def shape(self, least: int = 0, most: int = 4, smallest: int = 0, largest: int = 5):
        """A shape of `least` to `most` dimensions; a dimension of 0 is rare."""
        sizes = st.integers(max(smallest, 1), largest)
        if smallest == 0 and self.rarely():
            sizes = st.integers(0, largest)
        return tuple(self.draw(st.lists(sizes, min_size=least, max_size=most)))

    def array(self, shape=None, dtypes=ALL, special=True, low=-4, high=4, dtype=None, **dims):
        """An array of a shape that is drawn unless it is given."""
        shape = self.shape(**dims) if shape is None else shape
        dtype = dtype or self.dtype(dtypes)
        return values_of(dtype, shape, self.seed(), special, low, high)

    def broadcast(self, count: int):
        """Shapes that broadcast together."""
        shapes = npst.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, max_side=4)
        return self.draw(shapes).input_shapes

    def operands(self, count: int, dtypes=ALL, special=True, low=-4, high=4) -> list:
        """Arrays that broadcast together, of one dtype or several; rarely a number among them."""
        shapes = self.broadcast(count)
        common = self.dtype(dtypes)
        out: list = []
        for shape in shapes:
            mixed = self.rarely()
            out.append(self.array(shape, dtypes if mixed else [common], special, low, high))
        if self.rarely() and count > 1:
            number = self.choice(0, 1, 2, -1, 3, 0.5, -2.5, True, False)
            out[self.integer(0, count - 1)] = number
        return out

    def axis(self, ndim: int) -> int:
        """An axis, rarely one that does not exist."""
        if ndim == 0 or self.rarely():
            return self.integer(-ndim - 1, ndim)
        return self.integer(-ndim, ndim - 1)

    def axes(self, ndim: int):
        """None, an axis, or several."""
        form = self.integer(0, 2)
        if form == 0:
            return None
        if form == 1 or ndim == 0:
            return self.axis(ndim)
        count = self.integer(1, ndim)
        order = self.draw(st.permutations(range(ndim)))[:count]
        return [a - ndim if self.bool() else a for a in order]

    def options(self, **options) -> dict:
        """A part of the options, so that defaults are tested too."""
        return {name: value for name, value in options.items() if self.bool()}

    def dtype_option(self, dtypes=ALL) -> Dtype:
        return Dtype(self.dtype(dtypes))

    def permutation(self, count: int) -> list[int]:
        return list(self.draw(st.permutations(range(count))))
