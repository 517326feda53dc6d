"""What the tests share: conversion and comparison of trees of arrays, also of MLX's."""

import lazulite.core as lz
import numpy as np
from lazulite.utils import tree_flatten, tree_map

EPS = 2.0**-23


def numpy_of(tree):
    """The tree with NumPy arrays in place of arrays."""
    return tree_map(lambda x: np.array(x) if hasattr(x, "dtype") else x, tree)


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def assert_close(ours, expected, tolerance=100 * EPS, what=""):
    """Two trees have the same leaves; arrays differ by ``tolerance`` of the greatest number, or of
    0.1, at most."""
    a = tree_flatten(ours, destination={})
    b = tree_flatten(expected, destination={})
    assert a.keys() == b.keys(), what
    for name, x in a.items():
        y = b[name]
        if not hasattr(y, "dtype"):
            assert x == y, f"{what} {name}"
            continue
        x, y = np.array(x), np.array(y)
        assert x.shape == y.shape, f"{what} {name}: {x.shape} {y.shape}"
        assert x.dtype == y.dtype, f"{what} {name}: {x.dtype} {y.dtype}"
        finite = np.isfinite(y)
        scale = np.abs(y[finite]).max() if finite.any() and y.size else 1.0
        np.testing.assert_allclose(
            x.astype(np.float64),
            y.astype(np.float64),
            rtol=tolerance,
            atol=tolerance * max(float(scale), 0.1),
            err_msg=f"{what} {name}",
        )


def with_weights_of(model, other):
    """``model`` with the arrays of another module, also those that are no parameters."""
    for (name, ours), (other_name, theirs) in zip(
        model.named_modules(), other.named_modules(), strict=True
    ):
        assert name == other_name and type(ours).__name__ == type(theirs).__name__
        for key, value in theirs.items():
            if hasattr(value, "dtype"):
                ours[key] = lz.array(np.array(value))
    return model
