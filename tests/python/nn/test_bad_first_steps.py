"""Compiled training steps of which the first is bad, or that follow a bad step which nobody has
waited for: what the step has made is gone again, and the next good step is a first step."""

import functools

import numpy as np
import pytest

import lazulite.core as mx
import lazulite.nn as nn
import lazulite.optimizers as optim
from lazulite.utils import tree_flatten

GOOD, BAD = mx.array([0, 1, 2, 3]), mx.array([0, 1, 2, 7])

OPTIMIZERS = {
    "sgd": lambda: optim.SGD(0.1, momentum=0.9),
    "adam": lambda: optim.Adam(optim.exponential_decay(1e-2, 0.9)),
    "adafactor": lambda: optim.Adafactor(),
    "muon": lambda: optim.Muon(1e-2),
    "several": lambda: optim.MultiOptimizer(
        [optim.Adam(1e-2), optim.SGD(0.1)], [lambda path, gradient: path.endswith("weight")]
    ),
}


class Training:
    def __init__(self, optimizer):
        mx.random.seed(3)
        self.net = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 4))
        self.optimizer = OPTIMIZERS[optimizer]()
        self.x = mx.random.normal((4, 3))
        self.gradients = nn.value_and_grad(
            self.net, lambda x, y: nn.losses.cross_entropy(self.net(x), y, reduction="mean")
        )
        mx.eval(self.net.state, self.x)
        self.names = set(self.state())

    def step(self, labels):
        loss, gradients = self.gradients(self.x, labels)
        self.optimizer.update(self.net, gradients)
        return loss

    def state(self):
        arrays = tree_flatten([self.net.parameters(), self.optimizer.state])
        return {name: np.array(array) for name, array in arrays if name is not None}

    def live(self):
        return mx.compile(self.step)

    def listed(self):
        state = [self.net.state, self.optimizer.state]
        return functools.partial(mx.compile, inputs=state, outputs=state)(self.step)

    def listed_apart(self):
        return mx.compile(
            self.step,
            inputs=[self.net.state, self.optimizer.state, mx.random.state],
            outputs=[self.net.state, self.optimizer.state],
        )


def same(a, b):
    return a.keys() == b.keys() and all(
        np.allclose(a[name], b[name], rtol=1e-5, atol=1e-6) for name in a
    )


def losses_of(step, count):
    return [step(GOOD).item() for _ in range(count)]


def waited(training, loss):
    loss.item()


def started(training, loss):
    mx.async_eval(loss)


def never(training, loss):
    pass


COMPILED = ["live", "listed", "listed_apart"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("how", COMPILED)
@pytest.mark.parametrize("wait", [waited, started, never])
def test_the_first_step_is_bad(optimizer, how, wait):
    training, expected = Training(optimizer), Training(optimizer)
    before = training.state()
    step = getattr(training, how)()
    with pytest.raises(IndexError, match="class label 7"):
        wait(training, step(BAD))
        mx.eval(training.net.parameters())
    assert training.names == set(training.state()), "moments of a step that was not taken"
    assert same(training.state(), before)
    assert losses_of(step, 4) == pytest.approx(losses_of(expected.step, 4), rel=1e-5)
    assert same(training.state(), expected.state())


@pytest.mark.parametrize("how", COMPILED)
def test_good_steps_stand_on_the_bad_first_one(how):
    training, expected = Training("adam"), Training("adam")
    step = getattr(training, how)()
    told = 0
    for labels in (BAD, GOOD, BAD, BAD):
        try:
            step(labels)
        except IndexError:
            told += 1
    try:
        mx.eval(training.net.parameters())
    except IndexError:
        told += 1
    assert told >= 1
    taken = training.optimizer.step.item()
    assert taken == len(losses_of(expected.step, taken))
    assert same(training.state(), expected.state())
    assert losses_of(step, 3) == pytest.approx(losses_of(expected.step, 3), rel=1e-5)


@pytest.mark.parametrize("how", COMPILED)
@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("bad_steps", [1, 3])
@pytest.mark.parametrize("good_before", [0, 2])
def test_a_compiled_step_follows_a_bad_one_that_is_not_compiled(how, held, bad_steps, good_before):
    training, expected = Training("adam"), Training("adam")
    losses_of(training.step, good_before)
    losses_of(expected.step, good_before)
    step = getattr(training, how)()
    kept = [training.step(BAD) for _ in range(bad_steps)]
    if not held:
        kept.clear()
    told, losses = 0, []
    while len(losses) < 3:
        try:
            losses.append(step(GOOD).item())
        except IndexError:
            told += 1  # each bad step is an error of its own
            assert not losses and told <= bad_steps
    assert told >= 1
    assert losses == pytest.approx(losses_of(expected.step, 3), rel=1e-5)
    assert same(training.state(), expected.state())


@pytest.mark.parametrize("how", COMPILED)
@pytest.mark.parametrize("guarded", ["nan", "any"])
def test_the_guard_of_finite_numbers_stops_the_first_step(how, guarded):
    training, expected = Training("adam"), Training("adam")
    step = getattr(training, how)()
    good = training.x
    training.x[0] = mx.array([float("nan")] * 3)
    try:
        mx._set_finite_guard(1 if guarded == "nan" else 2)
        with pytest.raises(FloatingPointError):
            step(GOOD).item()
        with pytest.raises(FloatingPointError):
            step(GOOD).item()
    finally:
        mx._set_finite_guard(0)
    training.x = expected.x
    del good
    step = getattr(training, how)()
    assert losses_of(step, 3) == pytest.approx(losses_of(expected.step, 3), rel=1e-5)


@pytest.mark.parametrize("wait", [waited, started, never])
@pytest.mark.parametrize("good_before", [0, 1])
def test_the_guard_spoils_nothing_that_is_finite(wait, good_before):
    def training():
        one = Training("adam")
        dropout, net = nn.Dropout(0.3), one.net
        one.gradients = nn.value_and_grad(
            net, lambda x, y: nn.losses.cross_entropy(net(dropout(x)), y, reduction="mean")
        )
        return one

    one, expected = training(), training()
    mx.random.seed(5)
    expected_losses = losses_of(expected.step, good_before)
    mx.random.seed(5)
    assert losses_of(one.step, good_before) == expected_losses
    key = np.array(mx.random.state[0])
    good, one.x = one.x, mx.array(np.full((4, 3), np.nan, np.float32))
    try:
        mx._set_finite_guard(1)
        with pytest.raises(FloatingPointError):
            for _ in range(2):
                wait(one, one.step(GOOD))
            mx.eval(one.net.parameters())
    finally:
        mx._set_finite_guard(0)
    one.x = good
    assert not np.array_equal(np.array(mx.random.state[0]), key)
    mine, other = one.state(), expected.state()
    assert same({name: mine[name] for name in other}, other)
    assert all(not array.any() for name, array in mine.items() if name not in other)
    mx.random.seed(6)
    expected_losses = losses_of(expected.step, 3)
    mx.random.seed(6)
    assert losses_of(one.step, 3) == pytest.approx(expected_losses, rel=1e-5)


def test_an_exception_in_the_first_step():
    for how in COMPILED:
        training, expected = Training("adam"), Training("adam")
        fails = [True]

        def step(labels):
            loss = training.step(labels)
            if fails:
                raise KeyError("stop")
            return loss

        training_step, training.step = training.step, step
        compiled = getattr(training, how)()
        training.step = training_step
        with pytest.raises(KeyError):
            compiled(GOOD)
        assert training.names == set(training.state())
        fails.clear()
        assert losses_of(compiled, 3) == pytest.approx(losses_of(expected.step, 3), rel=1e-5)
        assert same(training.state(), expected.state())
