"""Evaluates the same text with Lazulite and with MLX."""

import re

import lazulite.core as lz
import lazulite.nn as lazulite_nn
import lazulite.optimizers as lazulite_optimizers
import lazulite.utils as lazulite_utils
import numpy as np
import pytest
from nn_compare import assert_close, numpy_of

mx = pytest.importorskip("mlx.core")
import mlx.nn  # noqa: E402
import mlx.optimizers  # noqa: E402
import mlx.utils  # noqa: E402

PACKAGES = {
    "lazulite": (lz, lazulite_nn, lazulite_optimizers, lazulite_utils),
    "mlx": (mx, mlx.nn, mlx.optimizers, mlx.utils),
}


def names(package, **others):
    core, nn, optimizers, utils = PACKAGES[package]
    tree = {name: getattr(utils, name) for name in dir(utils) if name.startswith("tree_")}
    return {"mx": core, "nn": nn, "optim": optimizers, "np": np, **tree, **others}


def plain_text(value):
    text = re.sub(r" at 0x[0-9a-f]+|<locals>\.", "", repr(value))
    return text.replace("lazulite", "mlx").replace("_mlx", "mlx")


def plain(value):
    """The value with arrays as NumPy's, dtypes and other objects as text without addresses."""
    if hasattr(value, "named_modules"):
        return {"its repr": plain_text(value), **{key: plain(item) for key, item in value.items()}}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item) for item in value)
    if isinstance(value, (lz.array, mx.array)):
        return numpy_of(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return plain_text(value)


def outcome(text, package, setup="", **others):
    """What an expression gives, or ("raises", the type of its exception)."""
    scope = names(package, **others)
    core = scope["mx"]
    core.random.seed(3)
    exec(setup, scope)
    core.random.seed(4)
    try:
        result = eval(text, scope)
        core.eval(result if isinstance(result, (core.array, list, dict, tuple)) else [])
    except Exception as error:
        return ("raises", type(error).__name__), str(error) or "an exception"
    return plain(result), ""


def assert_same(text, setup="", tolerance=2e-5, **others):
    expected, its_message = outcome(text, "mlx", setup, **others)
    ours, message = outcome(text, "lazulite", setup, **others)
    if message or its_message:
        kinds = [
            x[1] if m else "no exception" for x, m in ((ours, message), (expected, its_message))
        ]
        assert kinds[0] == kinds[1], f"{text}\nours: {message}\nMLX's: {its_message}"
    else:
        assert type(ours) is type(expected), f"{text}: {ours!r} {expected!r}"
        assert_close(ours, expected, tolerance, text)
