"""Arguments of layers that make no sense are refused when the layer is made."""

import lazulite.nn as nn
import lazulite.optimizers as optim
import pytest


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
