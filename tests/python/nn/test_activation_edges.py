"""Derivatives of activations at kinks, where MLX says what flows, and at infinities: the limits."""

import math

import pytest

import lazulite.core as lz
import lazulite.nn as nn

# At 0, -inf and inf.
SLOPES = {
    "elu": (1, 0, 1),
    "selu": (1.67326 * 1.0507, 0, 1.0507),
    "celu": (1, 0, 1),
    "leaky_relu": (1, 0.01, 1),
    "relu": (0, 0, 1),
    "relu6": (0, 0, 0),
    "softplus": (0.5, 0, 1),
    "log_sigmoid": (0.5, 1, 0),
    "gelu": (0.5, 0, 1),
    "gelu_approx": (0.5, 0, 1),
    "gelu_fast_approx": (0.5, 0, 1),
    "silu": (0.5, 0, 1),
    "mish": (0.6, 0, 1),
    "softsign": (1, 0, 0),
    "hardswish": (0.5, 0, 1),
    "hard_tanh": (1, 0, 0),
    "tanh": (1, 0, 0),
    "sigmoid": (0.25, 0, 0),
}


@pytest.mark.parametrize("dtype", [lz.float32, lz.float16, lz.bfloat16])
@pytest.mark.parametrize("name", SLOPES)
def test_slopes_at_edges(name, dtype):
    slope = lz.grad(lambda x: getattr(nn, name)(x).sum())
    x = lz.array([0.0, -math.inf, math.inf], dtype=dtype)
    assert slope(x).tolist() == pytest.approx(SLOPES[name], rel=1e-2)


@pytest.mark.parametrize("name", ["elu", "selu", "celu", "leaky_relu", "gelu_fast_approx"])
def test_values_at_edges(name):
    function = getattr(nn, name)
    least = {"elu": -1, "celu": -1, "selu": -1.67326 * 1.0507, "leaky_relu": -math.inf}.get(name, 0)
    values = function(lz.array([-math.inf, math.inf, math.nan, 0.0])).tolist()
    assert values[0] == pytest.approx(least) and values[1] == math.inf
    assert math.isnan(values[2]) and values[3] == 0


def test_slopes_that_are_not_the_usual_ones():
    x = lz.array([-2.0, 0.0, 3.0])
    assert nn.leaky_relu(x, 2.0).tolist() == [-2, 0, 6]
    assert nn.leaky_relu(lz.array([-math.inf, math.inf]), 0.0).tolist() == [0, math.inf]
    assert nn.elu(x, 0.5).tolist() == pytest.approx([0.5 * math.expm1(-2), 0, 3])
    assert nn.celu(x, 2.0).tolist() == pytest.approx([2 * math.expm1(-1), 0, 3])
