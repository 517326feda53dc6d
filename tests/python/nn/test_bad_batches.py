"""Uncompiled training steps of which one has a label that does not exist: the error is told, and
model and optimizer go back to what they were after the last good step."""

import numpy as np
import pytest

import lazulite.core as mx
import lazulite.nn as nn
import lazulite.optimizers as optim
from lazulite.utils import tree_flatten

GOOD, BAD = [0, 1, 2, 3], [0, 1, 2, 7]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(3, 5), nn.BatchNorm(5), nn.Linear(5, 4)]
        self.dropout = nn.Dropout(0.2)

    def __call__(self, x):
        hidden = nn.relu(self.layers[1](self.layers[0](x)))
        return self.layers[2](self.dropout(hidden))


OPTIMIZERS = {
    "sgd": lambda: optim.SGD(0.1, momentum=0.9),
    "adam": lambda: optim.Adam(optim.exponential_decay(1e-2, 0.9)),
    "adafactor": lambda: optim.Adafactor(),
    "several": lambda: optim.MultiOptimizer(
        [optim.Adam(1e-2), optim.SGD(0.1)], [lambda path, gradient: path.endswith("weight")]
    ),
}


class Training:
    def __init__(self, optimizer):
        mx.random.seed(3)
        self.net = Net()
        self.optimizer = OPTIMIZERS[optimizer]()
        self.x = mx.random.normal((4, 3))
        self.gradients = nn.value_and_grad(
            self.net, lambda x, y: nn.losses.cross_entropy(self.net(x), y, reduction="mean")
        )
        mx.eval(self.net.state, self.x)

    def step(self, labels):
        mx.random.seed(4)  # the dropout's choice is the same in every step
        loss, gradients = self.gradients(self.x, mx.array(labels))
        self.optimizer.update(self.net, gradients)
        return loss

    def trained(self):
        """All but the running statistics, which do not depend on labels."""
        arrays = tree_flatten([self.net.trainable_parameters(), self.optimizer.state])
        return {name: np.array(array) for name, array in arrays}

    def statistics(self):
        norm = self.net.layers[1]
        return np.array(norm.running_mean), np.array(norm.running_var)


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def nothing(training, losses):
    pass


def start_everything(training, losses):
    mx.async_eval(losses[-1], training.net.state, training.optimizer.state)


def start_loss(training, losses):
    mx.async_eval(losses[-1])


def start_loss_before(training, losses):
    if len(losses) > 1:
        mx.async_eval(losses[-2])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("after_each", [nothing, start_everything, start_loss, start_loss_before])
@pytest.mark.parametrize("first_bad, steps", [(0, 1), (0, 3), (1, 2), (2, 5)])
def test_everything_goes_back_to_the_last_good_step(optimizer, after_each, first_bad, steps):
    training, expected = Training(optimizer), Training(optimizer)
    training.step(GOOD).item()
    for _ in range(1 + first_bad):
        expected.step(GOOD).item()

    losses = []
    for i in range(steps):
        losses.append(training.step(BAD if i == first_bad else GOOD))
        after_each(training, losses)
    with pytest.raises(IndexError):
        mx.eval(losses[-1], training.net.state, training.optimizer.state)
    assert same(training.trained(), expected.trained())
    assert all(np.isfinite(array).all() for array in training.statistics())

    # From there it goes on as if nothing had happened.
    for one in (training, expected):
        for _ in range(2):
            one.step(GOOD).item()
    assert same(training.trained(), expected.trained())


def test_the_parameters_are_read_first():
    training = Training("adam")
    training.step(GOOD).item()
    before = training.trained()
    for _ in range(3):
        training.step(BAD)
    with pytest.raises(IndexError):
        training.net.layers[0].weight.tolist()
    assert same(training.trained(), before)


def test_the_step_count_is_read_first():
    training = Training("sgd")
    training.step(GOOD).item()
    before = training.trained()
    loss = training.step(BAD)
    with pytest.raises(IndexError):
        loss.item()
    assert training.optimizer.step.item() == 1
    assert same(training.trained(), before)


def test_running_statistics_of_bad_rows():
    mx.random.seed(0)
    table, norm = nn.Embedding(4, 3), nn.BatchNorm(3)
    mx.eval(norm(table(mx.array(GOOD))), norm.state)
    before = np.array(norm.running_mean), np.array(norm.running_var)
    failed = norm(table(mx.array(BAD)))
    for _ in range(2):
        norm(table(mx.array(GOOD)))
    with pytest.raises(IndexError):
        mx.eval(failed)
    assert np.array_equal(norm.running_mean, before[0])
    assert np.array_equal(norm.running_var, before[1])


def test_compiled_and_uncompiled_steps_in_turn():
    training = Training("adam")
    compiled = mx.compile(training.step)
    training.step(GOOD).item()
    compiled(mx.array(GOOD)).item()
    before = training.trained()
    with pytest.raises(IndexError):
        for _ in range(2):
            compiled(mx.array(BAD))
            loss = training.step(BAD)
        loss.item()
    assert same(training.trained(), before)
    assert np.isfinite(compiled(mx.array(GOOD)).item())
    assert not same(training.trained(), before)


def test_models_are_freed():
    def held():
        layer = nn.Linear(300, 300)
        optimizer = optim.SGD(0.1, momentum=0.9)
        for _ in range(3):
            optimizer.update(layer, layer.parameters())
        mx.eval(layer.state)
        optimizer.update(layer, layer.parameters())
        return mx.get_active_memory()

    held()
    before = mx.get_active_memory()
    assert held() - before > 300 * 300 * 4
    assert mx.get_active_memory() - before < 300 * 300 * 4
