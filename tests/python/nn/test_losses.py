"""Losses against closed forms in NumPy, and against MLX's."""

import math

import lazulite.core as lz
import lazulite.nn as nn
import numpy as np
import pytest
from nn_compare import normal

losses = nn.losses
X = normal(0, 4, 5)
Y = normal(1, 4, 5)
CLASSES = np.array([0, 4, 2, 2])
SIGNS = np.sign(Y)


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def norm(x, p):
    return ((np.abs(x) ** p).sum(-1) + 1e-6) ** (1 / p)


LOG_P = np.log(softmax(X))
P = 1 / (1 + np.exp(-X))
D = X - Y

# The loss, its arguments, its options, and the losses in float64.
CASES = [
    ("cross_entropy", (X, CLASSES), {}, -LOG_P[np.arange(4), CLASSES]),
    ("cross_entropy", (X, softmax(Y)), {}, -(LOG_P * softmax(Y)).sum(-1)),
    ("cross_entropy", (X.T.copy(), CLASSES), {"axis": 0}, -LOG_P[np.arange(4), CLASSES]),
    (
        "cross_entropy",
        (X, CLASSES),
        {"label_smoothing": 0.2},
        -0.8 * LOG_P[np.arange(4), CLASSES] - 0.2 * LOG_P.mean(-1),
    ),
    (
        "binary_cross_entropy",
        (X, P > 0.5),
        {},
        -np.where(P > 0.5, np.log(P), np.log(1 - P)),
    ),
    (
        "binary_cross_entropy",
        (P, (P > 0.5) * 1.0),
        {"with_logits": False},
        -np.log(np.maximum(P, 1 - P)),
    ),
    ("l1_loss", (X, Y), {}, np.abs(D)),
    ("mse_loss", (X, Y), {}, D**2),
    ("nll_loss", (X, CLASSES), {}, -X[np.arange(4), CLASSES]),
    ("nll_loss", (X.T.copy(), CLASSES), {"axis": 0}, -X[np.arange(4), CLASSES]),
    (
        "gaussian_nll_loss",
        (X, Y, np.abs(Y)),
        {"full": True},
        0.5 * (np.log(np.abs(Y)) + D**2 / np.abs(Y) + math.log(2 * math.pi)),
    ),
    ("gaussian_nll_loss", (X, Y, 0 * Y), {"eps": 0.5}, 0.5 * (math.log(0.5) + D**2 / 0.5)),
    ("kl_div_loss", (X, Y), {}, (np.exp(Y) * (Y - X)).sum(-1)),
    ("kl_div_loss", (X, Y), {"axis": 0}, (np.exp(Y) * (Y - X)).sum(0)),
    (
        "smooth_l1_loss",
        (X, Y),
        {"beta": 0.7},
        np.where(np.abs(D) < 0.7, D**2 / 1.4, np.abs(D) - 0.35),
    ),
    (
        "triplet_loss",
        (X, Y, Y[::-1].copy()),
        {"p": 3},
        np.maximum(norm(D, 3) - norm(X - Y[::-1], 3) + 1, 0),
    ),
    (
        "triplet_loss",
        (X, Y, Y[::-1].copy()),
        {},
        np.maximum(norm(D, 2) - norm(X - Y[::-1], 2) + 1, 0),
    ),
    ("hinge_loss", (X, SIGNS), {}, np.maximum(0, 1 - X * SIGNS)),
    (
        "huber_loss",
        (X, Y),
        {"delta": 0.6},
        np.where(np.abs(D) > 0.6, 0.6 * (np.abs(D) - 0.3), D**2 / 2),
    ),
    ("log_cosh_loss", (X, Y), {}, np.log(np.cosh(D))),
    (
        "cosine_similarity_loss",
        (X, Y),
        {},
        (X * Y).sum(1) / np.sqrt((X**2).sum(1) * (Y**2).sum(1)),
    ),
    ("margin_ranking_loss", (X, Y, SIGNS), {"margin": 0.3}, np.maximum(0, -SIGNS * D + 0.3)),
]


def test_every_loss_has_a_case():
    assert {case[0] for case in CASES} == set(losses.__all__)


@pytest.mark.parametrize("name, arguments, options, expected", CASES)
def test_closed_form(name, arguments, options, expected):
    arrays = [lz.array(a) for a in arguments]
    loss = getattr(losses, name)
    got = loss(*arrays, **options, reduction="none")
    assert got.shape == expected.shape
    np.testing.assert_allclose(np.array(got), expected, rtol=2e-5, atol=2e-6)
    for reduction in ("mean", "sum"):
        reduced = loss(*arrays, **options, reduction=reduction)
        np.testing.assert_allclose(reduced.item(), getattr(expected, reduction)(), rtol=2e-5)
    with pytest.raises(ValueError, match="reduction"):
        loss(*arrays, **options, reduction="least")


@pytest.mark.parametrize("name, arguments, options, expected", CASES)
def test_gradient_matches_finite_differences(name, arguments, options, expected):
    loss = getattr(losses, name)
    first, *others = arguments
    others = [lz.array(a) for a in others]

    def total(x):
        return loss(x, *others, **options, reduction="sum")

    gradient = np.array(lz.grad(total)(lz.array(first)))
    for place in [(0, 0), (2, 3), (3, 1)]:
        moved = []
        for step in (1e-2, -1e-2):
            x = first.copy()
            x[place] += step
            moved.append(total(lz.array(x)).item())
        assert gradient[place] == pytest.approx((moved[0] - moved[1]) / 2e-2, rel=0.03, abs=0.02)


def test_cross_entropy_at_the_edges():
    inf = float("inf")
    scores = lz.array([[1e4, 9999.0], [3e38, -3e38], [1.0, -inf]])
    classes = lz.array([1, 0, 0])
    np.testing.assert_allclose(
        np.array(losses.cross_entropy(scores, classes)), [math.log1p(math.e), 0, 0], rtol=1e-6
    )
    shares = lz.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    np.testing.assert_allclose(
        np.array(losses.cross_entropy(scores, shares)), [math.log1p(math.e), 0, 0], rtol=1e-6
    )


def test_half_precision_is_computed_in_float32():
    far = lz.array([400.0] + 99 * [0.0], lz.float16)
    loss = losses.mse_loss(far, lz.zeros_like(far))
    assert loss.dtype == lz.float16 and loss.item() == 1600
    assert losses.l1_loss(far, targets=lz.zeros_like(far), reduction="sum").item() == 400


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_is_no_class_is_an_error(label):
    scores = lz.zeros((2, 3))
    for loss in (losses.cross_entropy, losses.nll_loss):
        with pytest.raises(IndexError):
            lz.eval(loss(scores, lz.array([0, label])))


TEXTS = """
cross_entropy(x, c, weights=w)
cross_entropy(x, c, weights=w, reduction="mean")
cross_entropy(x, y, weights=w, label_smoothing=0.1)
cross_entropy(x, y, label_smoothing=0.5, reduction="sum")
cross_entropy(x, c, label_smoothing=1.0)
cross_entropy(x, c, label_smoothing=-0.1)
cross_entropy(x, c[:2])
cross_entropy(x, y[:2])
cross_entropy(x, c, reduction="foo")
cross_entropy(x, c, weights=x)
cross_entropy(x[None], c[None])
cross_entropy(x.astype(mx.float16), c)
cross_entropy(100 * x, c)
cross_entropy(x, c.astype(mx.uint8))
cross_entropy(x[0], c[0])
cross_entropy(x, c[:, None])
cross_entropy(x, y, axis=0)
binary_cross_entropy(x, s)
binary_cross_entropy(x, s, weights=x * x)
binary_cross_entropy(x, s, weights=w)
binary_cross_entropy(x, c)
binary_cross_entropy(100 * x, s, reduction="none")
binary_cross_entropy(s, s, with_logits=False)
binary_cross_entropy(s, 1 - s, with_logits=False, reduction="none")
l1_loss(x, x[0])
l1_loss(x, s)
mse_loss(x, x[0])
mse_loss(x[0], x[0] + 1, reduction="sum")
mse_loss(x, y, "none")
nll_loss(x, c, reduction="mean")
nll_loss(x, c[:2])
gaussian_nll_loss(x, y, x[0])
gaussian_nll_loss(x, y[0], x)
gaussian_nll_loss(x, y, x * x, reduction="sum")
kl_div_loss(x, y, reduction="mean")
smooth_l1_loss(x, y)
smooth_l1_loss(x, x[0])
smooth_l1_loss(x, y, beta=0.1, reduction="none")
triplet_loss(x, y, x + 2, p=1)
triplet_loss(x, y, x + 2, p=3)
mx.grad(lambda v: cross_entropy(v, y, axis=0, reduction="sum"))(x)
mx.grad(lambda v: cross_entropy(v, c, label_smoothing=0.3, reduction="sum"))(x)
triplet_loss(x, y, x + 2, axis=0, margin=0.1, reduction="sum")
triplet_loss(x, y, y)
hinge_loss(x, s)
huber_loss(x, y, reduction="mean")
huber_loss(x, y[0])
log_cosh_loss(50 * x, y)
cosine_similarity_loss(x, y)
cosine_similarity_loss(x, 0 * y, eps=0.1)
cosine_similarity_loss(x, y, axis=0, reduction="mean")
margin_ranking_loss(x, y, s)
margin_ranking_loss(x, y, s[0])
margin_ranking_loss(x, y[0], s)
margin_ranking_loss(x, y, s, 0.5, "mean")
"""

SETUP = """
from_losses = vars(nn.losses)
globals().update({k: v for k, v in from_losses.items() if k.endswith("_loss") or "entropy" in k})
x = mx.random.normal((4, 5))
y = mx.softmax(mx.random.normal((4, 5)))
c = mx.array([0, 4, 2, 2])
s = (x > y).astype(mx.float32)
w = mx.array([0.1, 2.0, 0.0, 1.0])
"""


@pytest.mark.parametrize("text", TEXTS.strip().splitlines())
def test_matches_mlx(text):
    pytest.importorskip("mlx")
    from nn_both import assert_same

    assert_same(text, SETUP, 2e-3 if "float16" in text else 2e-5)


def test_cosine_similarity_of_zeros():
    x, y = lz.array([[0.0, 0.0, 0.0]]), lz.array([[1.0, 2.0, -2.0]])

    def loss(x):
        return losses.cosine_similarity_loss(x, y, eps=0.5).sum()

    value, gradient = lz.value_and_grad(loss)(x)
    assert value.item() == 0
    # The product of the lengths is eps around 0, so that the loss is linear there.
    assert gradient.tolist() == [[2.0, 4.0, -4.0]]
    both = lz.grad(lambda x: losses.cosine_similarity_loss(x, x).sum())(x)
    assert both.tolist() == [[0.0, 0.0, 0.0]]
