"""Initialisers: their statistics, and MLX's numbers for equal seeds."""

import lazulite.core as lz
import lazulite.nn as nn
import numpy as np
import pytest

init = nn.init


@pytest.mark.parametrize(
    "initializer, options, low, high, deviation",
    [
        (init.normal(1.0, 0.5), {}, -np.inf, np.inf, 0.5),
        (init.uniform(-1, 3), {}, -1, 3, 4 / 12**0.5),
        (init.glorot_normal(), {}, -np.inf, np.inf, (2 / 500) ** 0.5),
        (init.glorot_uniform(), {"gain": 2.0}, -2 * 0.10955, 2 * 0.10955, 2 * (2 / 500) ** 0.5),
        (init.he_normal(), {}, -np.inf, np.inf, 300**-0.5),
        (init.he_normal(), {"mode": "fan_out"}, -np.inf, np.inf, 200**-0.5),
        (init.he_uniform(), {}, -0.1, 0.1, 300**-0.5),
    ],
)
def test_statistics(initializer, options, low, high, deviation):
    lz.random.seed(1)
    x = np.array(initializer(lz.zeros((200, 300)), **options))
    assert x.shape == (200, 300) and x.dtype == np.float32
    assert low <= x.min() and x.max() <= high
    assert x.std() == pytest.approx(deviation, rel=0.02)


def test_fans_of_a_convolution():
    lz.random.seed(1)
    x = np.array(init.he_normal()(lz.zeros((40, 5, 5, 20))))
    assert x.std() == pytest.approx((20 * 25) ** -0.5, rel=0.03)
    x = np.array(init.he_normal()(lz.zeros((40, 5, 5, 20)), mode="fan_out"))
    assert x.std() == pytest.approx((40 * 25) ** -0.5, rel=0.03)


@pytest.mark.parametrize("shape", [(1, 1), (6, 6), (4, 7), (7, 4), (40, 30)])
def test_orthogonal(shape):
    lz.random.seed(2)
    w = np.array(init.orthogonal(gain=2.0)(lz.zeros(shape)), dtype=np.float64)
    product = w @ w.T if shape[0] <= shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(min(shape)), atol=2e-5)


TEXTS = """
I.constant(3)(mx.zeros((2, 2), mx.int32))
I.constant(3, mx.int32)(mx.zeros(2))
I.normal(1.0, 2.0)(mx.zeros((3, 4)))
I.normal(dtype=mx.float16)(mx.zeros(4))
I.uniform(-1, 2)(mx.zeros((3, 4)))
I.uniform(dtype=mx.float16)(mx.zeros(4))
I.identity()(mx.zeros((3, 3)))
I.identity(mx.int32)(mx.zeros((3, 3)))
I.identity()(mx.zeros((2, 3)))
I.identity()(mx.zeros(2))
I.identity()(mx.zeros((2, 2, 2)))
I.glorot_normal()(mx.zeros((3, 4)))
I.glorot_normal()(mx.zeros((3, 4)), gain=4.0)
I.glorot_normal()(mx.zeros(3))
I.glorot_uniform()(mx.zeros((3, 2, 4)))
I.glorot_uniform(mx.float16)(mx.zeros((3, 4)))
I.glorot_uniform()(mx.zeros(()))
I.he_normal()(mx.zeros((3, 4)))
I.he_normal()(mx.zeros((3, 2, 2, 4)), "fan_out", 2.0)
I.he_normal()(mx.zeros((3, 4)), mode="foo")
I.he_normal()(mx.zeros(3))
I.he_uniform()(mx.zeros((3, 4)))
I.he_uniform()(mx.zeros((3, 4)), mode="fan_out", gain=5)
I.he_uniform()(mx.zeros((3, 4)), mode="foo")
I.orthogonal()(mx.zeros((4, 4)))
I.orthogonal(gain=2.0)(mx.zeros((4, 6)))
I.orthogonal()(mx.zeros((6, 4)))
I.orthogonal()(mx.zeros(3))
I.orthogonal()(mx.zeros((2, 2, 2)))
I.orthogonal(dtype=mx.float16)(mx.zeros((2, 2))).dtype
I.glorot_normal()([1, 2])
I.constant(1)([1])
nn.Linear(3, 2).apply(I.uniform()).parameters()
"""

SPARSE = """
I.sparse(0.5)(mx.zeros((4, 6)))
I.sparse(0.3)(mx.zeros((4, 6)))
I.sparse(0.2, 1.0, 2.0)(mx.zeros((4, 6)))
I.sparse(0.0)(mx.zeros((4, 6)))
I.sparse(1.0)(mx.zeros((4, 6)))
I.sparse(0.5)(mx.zeros(3))
I.sparse(0.5)(mx.zeros((2, 2, 2)))
"""


@pytest.mark.parametrize("text", TEXTS.strip().splitlines() + SPARSE.strip().splitlines())
def test_matches_mlx(text):
    pytest.importorskip("mlx")
    from nn_both import assert_same

    if "sparse" in text and not hasattr(init, "sparse"):
        pytest.skip("needs a sort")
    assert_same(text, "I = nn.init", 2e-3 if "float16" in text else 1e-4)
