"""Layers, losses, optimizers and schedules give in Python what they give in C++.

The program of tests/parity writes the weights, the inputs and the results.
"""

import subprocess
from pathlib import Path

import numpy as np
import pytest

import lazulite as lz
import lazulite.nn as nn
import lazulite.optimizers as optim
from lazulite.utils import tree_flatten, tree_unflatten

PROGRAM = Path(__file__).parents[3] / "build/tests/layer_parity"

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="layer_parity is not built")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parity")
    subprocess.run([PROGRAM, folder], check=True, timeout=120)
    return {path.stem: lz.load(str(path)) for path in folder.iterdir()}


def below(arrays, prefix):
    """The arrays whose names begin so, without that."""
    return {k[len(prefix) :]: v for k, v in arrays.items() if k.startswith(prefix)}


def expect_equal(got, expected, what):
    """The same numbers, but for the last bits where an order of sums may differ."""
    assert got.dtype == expected.dtype, what
    np.testing.assert_allclose(
        np.asarray(got), np.asarray(expected), rtol=2e-6, atol=2e-6, err_msg=what
    )


def expect_all(got, expected, what):
    assert sorted(got) == sorted(expected), what
    for name, array in got.items():
        expect_equal(array, expected[name], f"{what} {name}")


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)
        self.norm = nn.BatchNorm(3)
        self.out = nn.Linear(27, 4)

    def __call__(self, x):
        y = nn.MaxPool2d(2)(nn.relu(self.norm(self.conv(x))))
        return self.out(lz.flatten(y, 1))


def small_network():
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2))


LAYERS = {
    "Linear": lambda: nn.Linear(6, 3),
    "Linear_without_bias": lambda: nn.Linear(6, 3, bias=False),
    "Conv2d": lambda: nn.Conv2d(4, 6, 3),
    "Conv2d_with_options": lambda: nn.Conv2d(
        4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2
    ),
    "BatchNorm": lambda: nn.BatchNorm(4),
    "BatchNorm_with_options": lambda: nn.BatchNorm(6, eps=1e-3, momentum=0.3, affine=False),
    "BatchNorm_untracked": lambda: nn.BatchNorm(6, track_running_stats=False),
    "Dropout": lambda: nn.Dropout(0.3),
    "MaxPool2d": lambda: nn.MaxPool2d(2),
    "MaxPool2d_with_options": lambda: nn.MaxPool2d((3, 2), (2, 1), 1),
    "AvgPool2d": lambda: nn.AvgPool2d(2),
    "AvgPool2d_with_options": lambda: nn.AvgPool2d((3, 2), (2, 1), 1),
    "Sequential": small_network,
    "Identity": nn.Identity,
    "Network": Network,
    **{
        name: getattr(nn, name)
        for name in (
            *("ReLU", "ReLU6", "LeakyReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish"),
            *("Softplus", "Softsign", "Hardswish", "LogSigmoid", "Sigmoid", "Tanh"),
            *("Softmax", "LogSoftmax"),
        )
    },
}

OPTIMIZERS = {
    "SGD": lambda: optim.SGD(0.1),
    "SGD_with_momentum": lambda: optim.SGD(
        0.1, momentum=0.9, weight_decay=0.01, dampening=0.1
    ),
    "SGD_nesterov": lambda: optim.SGD(0.1, momentum=0.9, nesterov=True),
    "Adam": lambda: optim.Adam(0.01, bias_correction=True),
    "Adam_without_correction": lambda: optim.Adam(0.01, betas=[0.8, 0.999]),
    "AdamW": lambda: optim.AdamW(0.01, weight_decay=0.1, bias_correction=True),
    "Adam_with_schedule": lambda: optim.Adam(
        optim.cosine_decay(0.1, 10), bias_correction=True
    ),
}

SCHEDULES = {
    "exponential_decay": lambda: optim.exponential_decay(0.1, 0.9),
    "step_decay": lambda: optim.step_decay(0.1, 0.5, 3),
    "cosine_decay": lambda: optim.cosine_decay(0.1, 10, 0.01),
    "linear_schedule": lambda: optim.linear_schedule(0, 0.1, 7),
    "join_schedules": lambda: optim.join_schedules(
        [optim.linear_schedule(0, 0.1, 4), optim.cosine_decay(0.1, 6)], [4]
    ),
}


def with_weights(module, weights):
    """Names and shapes of parameters are the same on both sides."""
    flat = dict(tree_flatten(module.parameters()))
    assert {k: v.shape for k, v in flat.items()} == {k: v.shape for k, v in weights.items()}
    module.update(tree_unflatten(list(weights.items())))
    return module


@pytest.mark.parametrize("name", LAYERS)
def test_layers(files, name):
    arrays = files[name]
    layer = with_weights(LAYERS[name](), below(arrays, "weights/"))
    x = arrays["x"]
    lz.random.seed(3)
    expect_equal(layer(x), arrays["trained"], "in training")
    expect_all(dict(tree_flatten(layer.parameters())), below(arrays, "after/"), "changed")
    layer.eval()
    expect_equal(layer(x), arrays["evaluated"], "in evaluation")
    layer.train()
    lz.random.seed(3)
    gradient = lz.grad(lambda x: lz.sin(layer(x)).sum())(x)
    expect_equal(gradient, arrays["gradient"], "gradient by the input")
    if not tree_flatten(layer.trainable_parameters()):
        return
    lz.random.seed(3)
    _, gradients = nn.value_and_grad(layer, lambda x: lz.sin(layer(x)).sum())(x)
    expect_all(dict(tree_flatten(gradients)), below(arrays, "gradients/"), "gradient by")


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_losses(files, reduction):
    a = files["losses"]
    results = {
        "cross_entropy_of_classes": nn.losses.cross_entropy(
            a["logits"], a["classes"], reduction=reduction
        ),
        "cross_entropy_of_shares": nn.losses.cross_entropy(
            a["logits"], a["shares"], reduction=reduction
        ),
        "nll_loss": nn.losses.nll_loss(a["logarithms"], a["classes"], reduction=reduction),
        "mse_loss": nn.losses.mse_loss(a["logits"], a["other"], reduction=reduction),
    }
    for name, loss in results.items():
        expect_equal(loss, a[f"{name}/{reduction}"], name)


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(files, name, compiled):
    arrays = files[f"optimizer_{name}"]
    net = with_weights(small_network(), below(arrays, "weights/"))
    optimizer = OPTIMIZERS[name]()
    loss = nn.value_and_grad(net, lambda x: lz.sin(net(x)).sum())

    def step(x):
        value, gradients = loss(x)
        optimizer.update(net, gradients)
        return value

    step = lz.compile(step) if compiled else step
    for i in range(3):
        expect_equal(step(arrays["x"]), arrays[f"loss/{i}"], f"loss {i}")
    expect_all(dict(tree_flatten(net.parameters())), below(arrays, "after/"), "changed")


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(files, name):
    schedule = SCHEDULES[name]()
    rates = lz.stack([lz.array(schedule(lz.array(i, lz.uint64))) for i in range(12)])
    expect_equal(rates, files["schedules"][name], name)


def test_every_layer_of_cpp_is_compared(files):
    compared = {*LAYERS, *(f"optimizer_{name}" for name in OPTIMIZERS), "losses", "schedules"}
    assert compared == files.keys()
