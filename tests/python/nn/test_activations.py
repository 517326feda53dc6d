"""Activations against closed forms in NumPy, and against MLX's."""

import math

import lazulite.core as lz
import lazulite.nn as nn
import numpy as np
import pytest
from lazulite.nn.layers import activation_layers, activations

X = np.array([-30.0, -3.5, -1, -0.6, -0.3, 0, 0.2, 0.5, 1, 2.5, 7, 40], dtype=np.float64)
ERF = np.vectorize(math.erf)


def logistic(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.logaddexp(x, 0)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


CLOSED_FORMS = {
    "celu": lambda x: np.maximum(x, 0) + np.minimum(0, np.expm1(x)),
    "elu": elu,
    "gelu": lambda x: x * (1 + ERF(x / math.sqrt(2))) / 2,
    "gelu_approx": lambda x: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "gelu_fast_approx": lambda x: x * logistic(1.702 * x),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "log_sigmoid": lambda x: -softplus(-x),
    "log_softmax": lambda x: x - np.log(np.exp(x - x.max()).sum()) - x.max(),
    "mish": lambda x: x * np.tanh(softplus(x)),
    "relu": lambda x: np.maximum(x, 0),
    "relu2": lambda x: np.maximum(x, 0) ** 2,
    "relu6": lambda x: np.clip(x, 0, 6),
    "selu": lambda x: 1.0507 * elu(x, 1.67326),
    "sigmoid": logistic,
    "silu": lambda x: x * logistic(x),
    "softmax": lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(),
    "softmin": lambda x: np.exp(x.min() - x) / np.exp(x.min() - x).sum(),
    "softplus": softplus,
    "softshrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "step": lambda x: (x >= 0).astype(np.float64),
    "tanh": np.tanh,
}
LAYERS = {name.lower(): name for name in activation_layers.__all__}


def test_every_function_has_a_closed_form_and_a_layer():
    functions = set(activations.__all__)
    assert functions - {"glu", "prelu"} == {
        *CLOSED_FORMS,
    }
    for name in functions:
        assert name.replace("_", "") in LAYERS or name.startswith("gelu_"), name


@pytest.mark.parametrize("name", sorted(CLOSED_FORMS))
def test_closed_form(name):
    x = lz.array(X.astype(np.float32))
    expected = CLOSED_FORMS[name](X)
    got = [getattr(nn, name)(x)]
    layer = LAYERS.get(name.replace("_", ""))
    if layer:
        got.append(getattr(nn, layer)()(x))
    for y in got:
        np.testing.assert_allclose(np.array(y), expected, rtol=3e-6, atol=1e-6)


@pytest.mark.parametrize("name", sorted(set(CLOSED_FORMS) - {"step"}))
def test_gradient(name):
    x = X[np.abs(np.abs(X) - 0.5) > 0.01]  # not at a jump
    x = x[x != 0]
    weights = np.sin(1 + np.arange(x.size))

    def total(v):
        return (getattr(nn, name)(v) * lz.array(weights.astype(np.float32))).sum()

    gradient = np.array(lz.grad(total)(lz.array(x.astype(np.float32))))
    for i in range(x.size):
        up, down = x.copy(), x.copy()
        up[i] += 1e-6
        down[i] -= 1e-6
        if name in ("hard_tanh", "relu6") and abs(abs(x[i]) - 1) < 0.01:
            continue
        forms = CLOSED_FORMS[name]
        expected = ((forms(up) - forms(down)) * weights).sum() / 2e-6
        assert gradient[i] == pytest.approx(expected, rel=1e-4, abs=1e-5), (name, x[i])


def test_unsigned_integers_do_not_wrap_around():
    x = lz.array([0, 1, 253, 255], lz.uint8)
    wide = np.array([0.0, 1, 253, 255])
    for name in ("softsign", "hardswish"):
        np.testing.assert_allclose(
            np.array(getattr(nn, name)(x)), CLOSED_FORMS[name](wide), rtol=1e-6
        )
    for few in (lz.array([0, 1], lz.uint8), lz.array([False, True])):
        expected = CLOSED_FORMS["log_softmax"](np.array([0.0, 1]))
        np.testing.assert_allclose(np.array(nn.log_softmax(few)), expected, rtol=1e-6)


TEXTS = """
nn.glu(x)
nn.glu(x, axis=0)
nn.glu(mx.ones((2, 3)))
nn.GLU(axis=0)(x)
nn.prelu(x, mx.array([0.25]))
nn.PReLU(4, 0.5)(x)
nn.GELU("foo")
nn.GELU("tanh")(x)
nn.GELU("precise")(x)
nn.GELU("fast")(x)
nn.softmax(x, axis=0)
nn.softmin(x, axis=0)
nn.log_softmax(x, axis=0)
nn.log_softmax(1000 * x)
nn.elu(x, 0.5)
nn.ELU(alpha=2.0)(x)
nn.celu(x, 0.5)
nn.CELU(alpha=2.0)(x)
nn.leaky_relu(x, 0.2)
nn.LeakyReLU(0.3)(x)
nn.hard_tanh(x, -0.5, 0.25)
nn.hard_shrink(x, 1.0)
nn.HardShrink(0.1)(x)
nn.softshrink(x, 1.0)
nn.Softshrink(0.1)(x)
nn.step(x, 0.3)
nn.Step(0.3)(x)
nn.Softmax(axis=1)
nn.Softmax()(x)
nn.LogSoftmax()(x)
nn.relu(None)
nn.relu(-1.5)
repr(nn.GELU()), repr(nn.ELU()), repr(nn.Softmax())
"""


@pytest.mark.parametrize("text", TEXTS.strip().splitlines())
def test_matches_mlx(text):
    pytest.importorskip("mlx")
    from nn_both import assert_same

    assert_same(text, "x = mx.random.normal((2, 4))")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int32", "uint8", "bool_"])
@pytest.mark.parametrize("name", sorted(CLOSED_FORMS))
def test_dtypes_match_mlx(name, dtype):
    pytest.importorskip("mlx")
    from nn_both import assert_same

    if (name, dtype) in {
        ("log_softmax", "uint8"),
        ("log_softmax", "bool_"),
        ("hardswish", "uint8"),
        ("softsign", "uint8"),
    }:
        pytest.skip("MLX's wraps around in the unsigned dtype")
    assert_same(
        f"described(nn.{name}(x.astype(mx.{dtype})))",
        """
x = mx.array([-3.0, -1, 0, 0.25, 2, 5])
def described(y):
    return str(y.dtype).split(".")[-1], y.astype(mx.float32)
""",
        {"float16": 4e-3, "bfloat16": 4e-2}.get(dtype, 2e-5),
    )
