"""Arguments of layers that make no sense are refused when the layer is made."""

import math

import lazulite.core as mx
import lazulite.nn as nn
import lazulite.optimizers as optim
import pytest
from lazulite.utils import tree_flatten, tree_map


@pytest.mark.parametrize("eps", [0, -1e-5])
def test_norms_need_a_positive_eps(eps):
    for make in (
        lambda: nn.LayerNorm(4, eps=eps),
        lambda: nn.RMSNorm(4, eps=eps),
        lambda: nn.InstanceNorm(4, eps=eps),
        lambda: nn.GroupNorm(2, 4, eps=eps),
        lambda: nn.BatchNorm(4, eps=eps),
    ):
        with pytest.raises(ValueError, match=f"Norm: eps must be positive, not {eps}"):
            make()


@pytest.mark.parametrize("groups, dims", [(0, 4), (-1, 4), (2, 0), (2, -4)])
def test_groups_are_counted_from_one(groups, dims):
    with pytest.raises(ValueError, match="must be positive"):
        nn.GroupNorm(groups, dims)


def test_filters_have_a_size_for_each_axis():
    for make in (
        lambda: nn.Conv2d(2, 3, (1,)),
        lambda: nn.Conv2d(2, 3, (1, 2, 3)),
        lambda: nn.Conv3d(2, 3, (1, 2)),
        lambda: nn.ConvTranspose2d(2, 3, (3,)),
        lambda: nn.ConvTranspose3d(2, 3, [1, 2]),
    ):
        with pytest.raises(ValueError, match="kernel_size is an integer or [23] of them"):
            make()
    assert nn.Conv3d(2, 3, [1, 2, 3]).weight.shape == (3, 1, 2, 3, 2)


def test_approximations_have_names():
    for approx in ("x", None, [2], {}):
        with pytest.raises(ValueError, match="approximation"):
            nn.GELU(approx)


def test_gradients_are_not_clipped_to_less_than_nothing():
    with pytest.raises(ValueError, match="max_norm must be at least 0, not -1"):
        optim.clip_grad_norm({}, -1.0)


RATED = {
    "SGD": lambda rate: optim.SGD(rate),
    "RMSprop": lambda rate: optim.RMSprop(rate),
    "Adagrad": lambda rate: optim.Adagrad(rate),
    "AdaDelta": lambda rate: optim.AdaDelta(rate),
    "Adam": lambda rate: optim.Adam(rate),
    "AdamW": lambda rate: optim.AdamW(rate),
    "Adamax": lambda rate: optim.Adamax(rate),
    "Lion": lambda rate: optim.Lion(rate),
    "Adafactor": lambda rate: optim.Adafactor(rate),
    "Muon": lambda rate: optim.Muon(rate),
}


@pytest.mark.parametrize("name", RATED)
def test_learning_rates_are_finite_and_not_negative(name):
    for rate in (math.nan, math.inf, -1, -0.5, 1e300):
        with pytest.raises(ValueError, match=f"{name}: the learning rate is finite"):
            RATED[name](rate)
    optimizer = RATED[name](0)
    for rate in (math.nan, -1.0):
        with pytest.raises(ValueError, match=f"{name}: the learning rate is finite"):
            optimizer.learning_rate = rate
    assert optimizer.learning_rate.item() == 0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_other_numbers_of_optimizers_are_finite(value):
    for make in (
        lambda: optim.SGD(0.1, momentum=value),
        lambda: optim.SGD(0.1, weight_decay=value),
        lambda: optim.SGD(0.1, momentum=0.9, dampening=value),
        lambda: optim.AdamW(0.1, weight_decay=value),
        lambda: optim.Lion(0.1, weight_decay=value),
        lambda: optim.Muon(0.1, momentum=value),
        lambda: optim.Adafactor(weight_decay=value),
    ):
        with pytest.raises(ValueError, match="should be finite"):
            make()


def test_frozen_parameters_stay_as_they_are():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    model.layers[0].freeze(keys="bias")
    model.layers[2].freeze()
    before = dict(tree_flatten(model.parameters()))
    gradients = tree_map(mx.ones_like, model.parameters())
    optim.SGD(1.0).update(model, gradients)
    after = dict(tree_flatten(model.parameters()))
    for path, value in before.items():
        moved = 1.0 if path == "layers.0.weight" else 0.0
        assert mx.array_equal(after[path], value - moved), path


@pytest.mark.parametrize("channels, given", [(1, 3), (3, 1), (4, 5)])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_has_its_own_channels(channels, given, training):
    norm = nn.BatchNorm(channels)
    norm.train(training)
    with pytest.raises(ValueError, match=f"has {given} channels, {channels} are expected"):
        norm(mx.ones((4, given)))
    assert norm.running_mean.shape == (channels,)
