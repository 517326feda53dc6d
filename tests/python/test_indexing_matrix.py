"""Thousands of indices, made of every kind of part, read and assign as NumPy's do.

`python test_indexing_matrix.py mlx.core` holds MLX to the same.
"""

from __future__ import annotations

import importlib
import itertools
import sys

import numpy as np

SHAPE = (3, 4, 5)
BASE = np.arange(60, dtype=np.int32).reshape(SHAPE)

# Parts of an index; arrays are made of the package's own arrays.
PARTS = [
    0,
    -1,
    slice(None),
    slice(1, None),
    slice(None, None, -1),
    slice(0, 3, 2),
    slice(5, 0, -2),
    None,
    Ellipsis,
    np.array([0, 2]),
    np.array([[1], [-1]]),
    np.array(1),
    [2, 0],
]


def indices():
    """All indices of up to three parts that NumPy accepts."""
    for count in (1, 2, 3):
        for parts in itertools.product(PARTS, repeat=count):
            # NumPy takes 0-dimensional arrays for arrays, MLX for numbers: the same but for the
            # place of the axes.
            zero = [p for p in parts if isinstance(p, np.ndarray) and p.ndim == 0]
            others = [p for p in parts if isinstance(p, (np.ndarray, list))]
            if zero and (len(zero) < len(others) or count == 3):
                continue
            try:
                BASE[parts]
            except IndexError:
                continue
            yield parts


def own(mx, parts):
    """The index with the package's arrays."""
    out = tuple(mx.array(p) if isinstance(p, np.ndarray) else p for p in parts)
    return out[0] if len(out) == 1 else out


def check_reads(mx) -> int:
    x, count = mx.array(BASE), 0
    for parts in indices():
        got, wanted = np.array(x[own(mx, parts)]), BASE[parts]
        assert got.shape == wanted.shape and (got == wanted).all(), f"{parts}: {got} {wanted}"
        count += 1
    return count


def check_writes(mx) -> int:
    count = 0
    for parts in indices():
        shape = BASE[parts].shape
        if 0 in shape:
            continue
        one = np.int32(100)
        values = [one]
        # A position that occurs twice gets either value.
        flat = np.arange(60).reshape(SHAPE)[parts].ravel()
        if len(set(flat.tolist())) == flat.size:
            # MLX does not drop a new axis of the values, and places those of separated arrays
            # in another order than it reads them.
            arrays = [isinstance(p, (np.ndarray, list)) for p in parts]
            if not any(p is None for p in parts) and not any(arrays):
                values += [np.arange(int(np.prod(shape)), dtype=np.int32).reshape(shape) + 200]
            if shape and not any(arrays):
                values += [np.arange(shape[-1], dtype=np.int32) + 300]
        for value in values:
            wanted = BASE.copy()
            wanted[parts] = value
            x = mx.array(BASE)
            before = x * 1
            x[own(mx, parts)] = int(value) if value.ndim == 0 else mx.array(value)
            assert (np.array(x) == wanted).all(), f"{parts} = {value}: {x}, not {wanted}"
            assert (np.array(before) == BASE).all(), "an array made before has changed"
            count += 1
    return count


def check_updates(mx) -> int:
    """`at[...]` of every kind, duplicates counted each."""
    kinds = [
        ("add", np.add),
        ("subtract", np.subtract),
        ("multiply", np.multiply),
        ("maximum", np.maximum),
        ("minimum", np.minimum),
    ]
    count = 0
    for number, parts in enumerate(indices()):
        if number % 3 or BASE[parts].size == 0:
            continue
        name, function = kinds[number // 3 % len(kinds)]
        wanted = BASE.astype(np.float32)
        function.at(wanted, parts, 3)
        x = mx.array(BASE.astype(np.float32))
        got = getattr(x.at[own(mx, parts)], name)(3.0)
        assert np.allclose(np.array(got), wanted), f"at[{parts}].{name}: {got}, not {wanted}"
        assert (np.array(x) == BASE).all(), "the array itself has changed"
        count += 1
    return count


def check_gradients(mx) -> int:
    """The gradient of what is read is the number of times that it was read."""
    count = 0
    for number, parts in enumerate(indices()):
        if number % 5:
            continue
        wanted = np.zeros(SHAPE, np.float32)
        np.add.at(wanted, parts, 1)
        x = mx.array(BASE.astype(np.float32))
        got = mx.grad(lambda x, index: x[index].sum())(x, own(mx, parts))
        assert (np.array(got) == wanted).all(), f"{parts}: {got}, not {wanted}"
        count += 1
    return count


CHECKS = [check_reads, check_writes, check_updates, check_gradients]


def test_reads():
    assert check_reads(importlib.import_module("lazulite.core")) > 1000


def test_writes():
    assert check_writes(importlib.import_module("lazulite.core")) > 1000


def test_updates():
    assert check_updates(importlib.import_module("lazulite.core")) > 300


def test_gradients():
    assert check_gradients(importlib.import_module("lazulite.core")) > 200


def test_masks_read_and_assign():
    mx = importlib.import_module("lazulite.core")
    draws = np.random.default_rng(0)
    for shape in [(3,), (3, 4), (3, 4, 5)]:
        mask = draws.random(shape) < 0.5
        x = mx.array(BASE)
        assert (np.array(x[mx.array(mask)]) == BASE[mask]).all()
        wanted = BASE.copy()
        wanted[mask] = -1
        x[mx.array(mask)] = -1
        assert (np.array(x) == wanted).all()


if __name__ == "__main__":
    package = importlib.import_module(sys.argv[1])
    for check in CHECKS:
        try:
            print(check.__name__, check(package))
        except Exception as error:
            print(check.__name__, type(error).__name__, str(error)[:600])
