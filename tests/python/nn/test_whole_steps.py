"""A step that fails half-way has changed neither the model nor the optimizer."""

import copy

import lazulite.core as lz
import lazulite.nn as nn
import lazulite.optimizers as optim
import numpy as np
import pytest
from lazulite.utils import tree_flatten, tree_map

KINDS = {
    "SGD": lambda rate: optim.SGD(rate, momentum=0.9),
    "RMSprop": optim.RMSprop,
    "Adagrad": optim.Adagrad,
    "AdaDelta": optim.AdaDelta,
    "Adam": optim.Adam,
    "AdamW": lambda rate: optim.AdamW(rate, bias_correction=True),
    "Adamax": optim.Adamax,
    "Lion": optim.Lion,
    "Muon": optim.Muon,
    "Adafactor": lambda rate: optim.Adafactor(rate, relative_step=False, beta_1=0.9),
    "MultiOptimizer": lambda rate: optim.MultiOptimizer(
        [optim.Muon(rate), optim.Adam(rate)], [lambda path, gradient: path.endswith("weight")]
    ),
}


def make(name):
    lz.random.seed(3)
    return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)), KINDS[name](lambda step: 0.1 / (step + 1))


def contents(optimizer, model):
    """The arrays themselves, by their paths."""
    return dict(tree_flatten([optimizer.state, model.parameters()]))


def expect_same(now, before):
    assert list(now) == list(before)
    assert all(now[path] is before[path] for path in before)


@pytest.mark.parametrize("shape", [(5,), (3, 2)], ids=str)
@pytest.mark.parametrize("name", KINDS)
def test_a_gradient_that_does_not_fit(name, shape):
    (model, optimizer), (other, reference) = make(name), make(name)
    good = tree_map(lz.ones_like, model.trainable_parameters())
    bad = copy.deepcopy(good)
    bad["layers"][1]["bias"] = lz.ones(shape)
    for step in range(3):
        before = contents(optimizer, model)
        for _ in range(2):
            with pytest.raises(ValueError, match="shape"):
                optimizer.update(model, bad)
            expect_same(contents(optimizer, model), before)
        optimizer.update(model, good)
        reference.update(other, good)
        now, expected = contents(optimizer, model), contents(reference, other)
        assert list(now) == list(expected)
        for path, value in expected.items():
            np.testing.assert_array_equal(np.array(now[path]), np.array(value), path)


def test_every_optimizer_has_a_case():
    from lazulite.optimizers import optimizers

    assert set(KINDS) == {n for n in optimizers.__all__ if n[0].isupper()} - {"Optimizer"}


class Fails(Exception):
    pass


class Unsteady(optim.SGD):
    """Fails, or gives no array, for the parameter of one axis."""

    gives = None

    def apply_single(self, gradient, parameter, state):
        state["count"] = state.get("count", lz.array(0)) + 1
        updated = super().apply_single(gradient, parameter, state)
        if self.gives is None or parameter.ndim > 1:
            return updated
        if self.gives is Fails:
            raise Fails
        return self.gives


@pytest.mark.parametrize("gives, error", [(Fails, Fails), (0.5, ValueError), ("x", ValueError)])
def test_a_rule_of_ones_own(gives, error):
    model, optimizer = nn.Linear(3, 2), Unsteady(0.1, momentum=0.5)
    gradients = tree_map(lz.ones_like, model.trainable_parameters())
    for steps in range(3):
        before = contents(optimizer, model)
        optimizer.gives = gives
        with pytest.raises(error):
            optimizer.update(model, gradients)
        expect_same(contents(optimizer, model), before)
        optimizer.gives = None
        optimizer.update(model, gradients)
        assert optimizer.step.item() == steps + 1
        assert optimizer.state["weight"]["count"].item() == steps + 1


def test_a_schedule_that_fails():
    def schedule(step):
        if step.item() == 1:
            raise Fails
        return 0.5 * lz.ones(())

    model = nn.Linear(3, 2)
    # Its first value is asked for when the optimizer is made.
    optimizer = optim.MultiOptimizer(
        [optim.SGD(0.1), optim.Adam(schedule)], [lambda path, gradient: path == "weight"]
    )
    gradients = tree_map(lz.ones_like, model.trainable_parameters())
    optimizer.update(model, gradients)
    before = contents(optimizer, model)
    with pytest.raises(Fails):
        optimizer.update(model, gradients)
    expect_same(contents(optimizer, model), before)


def test_behind_a_bad_step():
    """What a failed step would have replaced still goes back to what it replaced."""
    model, optimizer = nn.Linear(3, 2), Unsteady(1.0, momentum=0.5)
    gradients = tree_map(lz.ones_like, model.trainable_parameters())
    lz.eval(model.parameters())
    weight = np.array(model.weight)
    factor = lz.take(lz.ones(4), lz.array(4))
    optimizer.update(model, tree_map(lambda g: g * factor, gradients))
    optimizer.gives = Fails
    with pytest.raises(Fails):
        optimizer.update(model, gradients)
    with pytest.raises(IndexError):
        lz.eval(model.parameters())
    optimizer.gives = None
    optimizer.update(model, gradients)
    np.testing.assert_allclose(np.array(model.weight), weight - 1, rtol=1e-6)
    assert optimizer.step.item() == 1


def test_a_compiled_step_that_goes_on():
    model, optimizer = nn.Linear(3, 2), Unsteady(0.1)
    gradients = tree_map(lz.ones_like, model.trainable_parameters())
    optimizer.init(model.trainable_parameters())
    before = {path: np.array(value) for path, value in contents(optimizer, model).items()}
    state = [model.state, optimizer.state]

    def step(x):
        optimizer.gives = Fails
        try:
            optimizer.update(model, gradients)
        except Fails:
            return x + 1
        return x

    assert lz.compile(step, inputs=state, outputs=state)(lz.array(1.0)).item() == 2
    now = contents(optimizer, model)
    assert list(now) == list(before)
    for path, value in before.items():
        np.testing.assert_array_equal(np.array(now[path]), value)


def test_an_update_of_a_module_that_fails():
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    before = dict(tree_flatten(model.parameters()))
    for bias in (2.0, {"x": lz.ones(2)}, [1]):
        values = {"layers": [{"weight": lz.ones((4, 3))}, {"weight": lz.ones((2, 4)), "bias": bias}]}
        with pytest.raises(ValueError):
            model.update(values)
        expect_same(dict(tree_flatten(model.parameters())), before)
    with pytest.raises(ValueError):
        model.update({"layers": [{"bias": lz.ones(4)}, {}, {}]})
    expect_same(dict(tree_flatten(model.parameters())), before)
    layers = list(model.layers)
    with pytest.raises(ValueError):
        model.update_modules({"layers": [nn.Tanh(), lz.ones(2)]})
    assert all(now is then for now, then in zip(model.layers, layers))
