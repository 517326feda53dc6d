"""Optimizers against their formulas in NumPy, in float64."""

import math
import pickle

import lazulite.core as lz
import lazulite.nn as nn
import lazulite.optimizers as optim
import numpy as np
import pytest
from nn_compare import normal

W = normal(0, 3, 4)
GRADIENTS = [normal(i, 3, 4) for i in range(1, 5)]


def sgd(w, gradients):
    v = 0
    for g in gradients:
        g = g + 0.1 * w
        v = 0.9 * v + 0.7 * g
        w = w - 0.05 * v
    return w


def nesterov(w, gradients):
    v = 0
    for g in gradients:
        v = 0.9 * v + g
        w = w - 0.05 * (g + 0.9 * v)
    return w


def rmsprop(w, gradients):
    v = 0
    for g in gradients:
        v = 0.9 * v + 0.1 * g**2
        w = w - 0.05 * g / (np.sqrt(v) + 1e-3)
    return w


def adagrad(w, gradients):
    v = 0
    for g in gradients:
        v = v + g**2
        w = w - 0.05 * g / (np.sqrt(v) + 1e-8)
    return w


def adadelta(w, gradients):
    u = v = 0
    for g in gradients:
        v = 0.9 * v + 0.1 * g**2
        d = np.sqrt(u + 1e-6) / np.sqrt(v + 1e-6) * g
        u = 0.9 * u + 0.1 * d**2
        w = w - 0.5 * d
    return w


def adam(w, gradients, corrected=False, decay=0.0, infinity=False):
    m = v = 0
    for t, g in enumerate(gradients, 1):
        m = 0.9 * m + 0.1 * g
        v = np.maximum(0.99 * v, np.abs(g)) if infinity else 0.99 * v + 0.01 * g**2
        first, second = (m / (1 - 0.9**t), v / (1 - 0.99**t)) if corrected else (m, v)
        w = w * (1 - 0.05 * decay)
        w = w - 0.05 * first / ((second if infinity else np.sqrt(second)) + 1e-6)
    return w


def lion(w, gradients):
    m = 0
    for g in gradients:
        c = 0.9 * m + 0.1 * g
        m = 0.99 * m + 0.01 * g
        w = w - 0.05 * (np.sign(c) + 0.2 * w)
    return w


def muon(w, gradients):
    v = 0
    for g in gradients:
        g = g + 0.01 * w
        v = 0.95 * v + 0.05 * g
        x = 0.05 * g + 0.95 * v
        x = x / np.linalg.norm(x)
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
        w = w - 0.05 * x
    return w


def rms(x):
    return np.sqrt(np.mean(x**2))


def adafactor(w, gradients):
    row = column = 0
    for t, g in enumerate(gradients, 1):
        rate = min(0.01, 1 / math.sqrt(t)) * max(1e-3, rms(w))
        kept = 1 - t**-0.8
        row = kept * row + (1 - kept) * (g**2).mean(1)
        column = kept * column + (1 - kept) * (g**2).mean(0)
        step = g / np.sqrt(np.outer(row, column) / row.mean())
        w = w - rate * step / max(1, rms(step))
    return w


BETAS = [0.9, 0.99]
CASES = [
    (optim.SGD(0.05, 0.9, weight_decay=0.1, dampening=0.3), sgd),
    (optim.SGD(0.05, momentum=0.9, nesterov=True), nesterov),
    (optim.RMSprop(0.05, 0.9, 1e-3), rmsprop),
    (optim.Adagrad(0.05), adagrad),
    (optim.AdaDelta(0.5), adadelta),
    (optim.Adam(0.05, BETAS, 1e-6), adam),
    (optim.Adam(0.05, BETAS, 1e-6, bias_correction=True), lambda w, g: adam(w, g, True)),
    (optim.AdamW(0.05, BETAS, 1e-6, 0.3), lambda w, g: adam(w, g, decay=0.3)),
    (optim.Adamax(0.05, BETAS, 1e-6), lambda w, g: adam(w, g, infinity=True)),
    (optim.Lion(0.05, weight_decay=0.2), lion),
    (optim.Muon(0.05), muon),
    (optim.Adafactor(), adafactor),
]


def test_every_optimizer_has_a_case():
    from lazulite.optimizers import optimizers

    classes = {name for name in optimizers.__all__ if name[0].isupper()}
    assert {type(case[0]).__name__ for case in CASES} == classes - {"Optimizer", "MultiOptimizer"}


@pytest.mark.parametrize("optimizer, formula", CASES, ids=lambda case: type(case).__name__)
def test_formula(optimizer, formula):
    w = {"layers": [{"w": lz.array(W)}]}
    for g in GRADIENTS:
        w = optimizer.apply_gradients({"layers": [{"w": lz.array(g)}]}, w)
    expected = formula(W.astype(np.float64), [g.astype(np.float64) for g in GRADIENTS])
    np.testing.assert_allclose(np.array(w["layers"][0]["w"]), expected, rtol=2e-5, atol=2e-5)
    assert optimizer.step.item() == len(GRADIENTS)


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.Adafactor, optim.Lion])
def test_training_converges(kind):
    lz.random.seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
    x = lz.array(normal(0, 64, 4))
    y = lz.array(normal(0, 64, 4).sum(1, keepdims=True))
    options = {optim.SGD: {"learning_rate": 0.1}, optim.Adafactor: {}}
    optimizer = kind(**options.get(kind, {"learning_rate": 0.01}))
    step = nn.value_and_grad(model, lambda: nn.losses.mse_loss(model(x), y))
    first, _ = step()
    for _ in range(200):
        loss, gradients = step()
        optimizer.update(model, gradients)
        lz.eval(model.parameters(), optimizer.state)
    assert loss.item() < first.item() / 5


def test_a_state_that_is_put_back_goes_on():
    def train(optimizer, w, gradients):
        for g in gradients:
            w = optimizer.apply_gradients({"w": lz.array(g)}, w)
        return w

    def make():
        return optim.Adam(optim.linear_schedule(0.1, 0.01, 4), bias_correction=True)

    whole = train(make(), {"w": lz.array(W)}, GRADIENTS)
    first = make()
    half = train(first, {"w": lz.array(W)}, GRADIENTS[:2])
    second = make()
    second.state = pickle.loads(pickle.dumps(first.state))
    rest = train(second, half, GRADIENTS[2:])
    np.testing.assert_array_equal(np.array(rest["w"]), np.array(whole["w"]))


def test_a_subclass_needs_two_methods():
    class Momentum(optim.Optimizer):
        def __init__(self, learning_rate):
            super().__init__()
            self._maybe_schedule("learning_rate", learning_rate)

        def init_single(self, parameter, state):
            state["v"] = lz.zeros_like(parameter)

        def apply_single(self, gradient, parameter, state):
            state["v"] = 0.5 * state["v"] + gradient
            return parameter - self.learning_rate * state["v"]

    optimizer = Momentum(lambda step: 1.0 + step)
    w = {"w": lz.array(0.0)}
    for expected in (-1.0, -1.0 - 2 * 1.5):
        w = optimizer.apply_gradients({"w": lz.array(1.0)}, w)
        assert w["w"].item() == expected


def test_each_parameter_goes_to_one_optimizer():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    before = model.parameters()
    optimizer = optim.MultiOptimizer(
        [optim.SGD(1.0), optim.SGD(2.0), optim.SGD(3.0)],
        [lambda path, g: path.endswith("bias"), lambda path, g: path.startswith("layers.0")],
    )
    ones = {
        "layers": [{k: lz.ones_like(v) for k, v in layer.items()} for layer in before["layers"]]
    }
    optimizer.update(model, ones)
    for i, (weight, bias) in enumerate([(2.0, 1.0), (3.0, 1.0)]):
        for name, rate in (("weight", weight), ("bias", bias)):
            moved = np.array(before["layers"][i][name] - model.layers[i][name])
            np.testing.assert_allclose(moved, rate, rtol=1e-5)


def test_schedules():
    def values(schedule, steps=6):
        return [float(lz.array(schedule(lz.array(i, lz.uint64))).item()) for i in range(steps)]

    assert values(optim.linear_schedule(1.0, 0.0, 4)) == pytest.approx([1, 0.75, 0.5, 0.25, 0, 0])
    assert values(optim.exponential_decay(1.0, 0.5), 3) == pytest.approx([1, 0.5, 0.25])
    assert values(optim.step_decay(1.0, 0.5, 2)) == pytest.approx([1, 1, 0.5, 0.5, 0.25, 0.25])
    half = [0.2 + 0.4 * (1 + math.cos(math.pi * i / 4)) for i in range(5)] + [0.2]
    assert values(optim.cosine_decay(1.0, 4, 0.2)) == pytest.approx(half)
    joined = optim.join_schedules(
        [optim.linear_schedule(0.0, 1.0, 2), lambda step: 5.0 + step, lambda step: 9.0 + 0 * step],
        [2, 4],
    )
    assert values(joined) == pytest.approx([0, 0.5, 5, 6, 9, 9])


def test_clip_grad_norm():
    gradients = {"a": lz.array([3.0, 0.0]), "b": [lz.array([[4.0]])]}
    clipped, size = optim.clip_grad_norm(gradients, 1.0)
    assert size.item() == 5.0
    np.testing.assert_allclose(np.array(clipped["a"]), [0.6, 0], rtol=1e-6)
    np.testing.assert_allclose(np.array(clipped["b"][0]), [[0.8]], rtol=1e-6)
    kept, _ = optim.clip_grad_norm(gradients, 7.0)
    np.testing.assert_array_equal(np.array(kept["a"]), [3, 0])


def test_adam_of_half_precision_moves_by_small_gradients():
    w = {"w": lz.array([1.0, 1.0], lz.float16)}
    optimizer = optim.Adam(0.1)
    updated = optimizer.apply_gradients({"w": lz.array([0.0, 1e-4], lz.float16)}, w)
    assert updated["w"].dtype == lz.float16 and optimizer.state["w"]["v"].dtype == lz.float32
    moved = 1 - 0.1 * 1e-5 / (math.sqrt(1e-11) + 1e-8)
    np.testing.assert_allclose(np.array(updated["w"]), [1, moved], rtol=1e-3)


HALVES = {
    "SGD": lambda: optim.SGD(0.1, momentum=0.9, weight_decay=0.01),
    "RMSprop": lambda: optim.RMSprop(0.1),
    "Adagrad": lambda: optim.Adagrad(0.1),
    "AdaDelta": lambda: optim.AdaDelta(0.5),
    "Adam": lambda: optim.Adam(0.1, bias_correction=True),
    "AdamW": lambda: optim.AdamW(0.1, weight_decay=0.01),
    "Adamax": lambda: optim.Adamax(0.1),
    "Lion": lambda: optim.Lion(0.1),
    "Adafactor": lambda: optim.Adafactor(0.1, relative_step=False, beta_1=0.9),
    "Muon": lambda: optim.Muon(0.1),
}


def test_every_optimizer_meets_half_precision():
    classes = {
        name
        for name, value in vars(optim).items()
        if isinstance(value, type) and issubclass(value, optim.Optimizer)
    }
    assert classes - {"Optimizer", "MultiOptimizer"} == set(HALVES)


@pytest.mark.parametrize("name", HALVES)
@pytest.mark.parametrize("dtype", [lz.float16, lz.bfloat16], ids=["float16", "bfloat16"])
def test_half_precision_is_updated_in_float32(name, dtype):
    """As a float32 parameter is, rounded; squares of 1e-5 and of 300 are beyond float16."""
    of_half, of_float = HALVES[name](), HALVES[name]()
    half = {"w": lz.array([[1.0, -2.0], [0.5, 3.0]], dtype)}
    gradient = lz.array([[1e-5, 300.0], [0.0, -1.0]], dtype)
    for _ in range(3):
        wide = {"w": half["w"].astype(lz.float32)}
        wide = of_float.apply_gradients({"w": gradient.astype(lz.float32)}, wide)
        half = of_half.apply_gradients({"w": gradient}, half)
        assert half["w"].dtype == dtype
        expected = wide["w"].astype(dtype)
        assert np.isfinite(np.array(expected.astype(lz.float32))).all()
        assert lz.array_equal(half["w"], expected).item()
    assert {value.dtype for value in of_half.state["w"].values()} == {lz.float32}


def test_adam_in_float64_is_adam_to_its_last_digits():
    optimizer = optim.Adam(0.1, bias_correction=True)
    gradients = [np.array([0.5, 1e-3 * t, -2.0]) for t in (1, 2, 3)]
    parameters = {"w": lz.array([1.0, -2.0, 3.0], dtype=lz.float64)}
    for g in gradients:
        parameters = optimizer.apply_gradients({"w": lz.array(g, dtype=lz.float64)}, parameters)
    w, m, v = np.array([1.0, -2.0, 3.0]), 0, 0
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        w = w - float(np.float32(0.1)) * step
    np.testing.assert_allclose(np.array(parameters["w"]), w, rtol=1e-13)


def test_clip_grad_norm_at_the_edges():
    exact, _ = optim.clip_grad_norm({"w": lz.array([3.0, 4.0])}, 5.0)
    np.testing.assert_array_equal(np.array(exact["w"]), [3, 4])
    huge, norm = optim.clip_grad_norm({"w": lz.array([1e30, 1e30])}, 5.0)
    np.testing.assert_allclose(np.array(huge["w"]), 5 / math.sqrt(2), rtol=1e-6)
    assert norm.item() == pytest.approx(math.sqrt(2) * 1e30, rel=1e-6)
    tiny, norm = optim.clip_grad_norm({"w": lz.array([3e-30, 4e-30])}, 1e-30)
    np.testing.assert_allclose(np.array(tiny["w"]), [6e-31, 8e-31], rtol=1e-5)
    nothing, norm = optim.clip_grad_norm({"w": lz.zeros(3)}, 1.0)
    assert norm.item() == 0 and np.array(nothing["w"]).tolist() == [0, 0, 0]
