"""The interface of Module, nn.value_and_grad, and layers against results written down here."""

import copy
import os
import pickle
import subprocess
import sys

import lazulite.core as lz
import lazulite.nn as nn
import numpy as np
import pytest
from nn_compare import assert_close, normal, numpy_of
from lazulite.nn.layers.base import Module
from lazulite.utils import tree_flatten, tree_map


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = lz.ones(2)
        self.layers = [nn.Linear(3, 2), {"inner": nn.Linear(2, 2)}]
        self._hidden = lz.zeros(1)
        self.name = "model"

    def __call__(self, x):
        return self.layers[1]["inner"](nn.relu(self.layers[0](x))) * self.scale


NAMES = [
    "scale",
    "layers.0.weight",
    "layers.0.bias",
    "layers.1.inner.weight",
    "layers.1.inner.bias",
]


def names(tree):
    return list(tree_flatten(tree, destination={}))


def test_contents():
    model = Model()
    assert isinstance(model, dict) and Module is nn.Module
    assert list(model) == ["scale", "layers", "_hidden"] and model.name == "model"
    assert names(model.parameters()) == NAMES
    assert model.state is model
    assert [name for name, _ in model.named_modules()] == ["", "layers.1.inner", "layers.0"]
    assert model.scale is model["scale"]
    with pytest.raises(AttributeError, match="'Model' object has no attribute 'missing'"):
        model.missing
    model.scale = 3
    assert "scale" not in model and model.scale == 3
    model.scale = lz.ones(1)
    assert "scale" in model and "scale" not in vars(model)
    del model.scale
    assert not hasattr(model, "scale")


def test_a_property_that_fails_says_why():
    class Failing(nn.Module):
        @property
        def size(self):
            raise AttributeError("the reason")

    with pytest.raises(AttributeError, match="the reason"):
        Failing().size


def test_what_is_frozen_has_no_gradient():
    model = Model()
    model.layers[0].freeze(keys="bias", strict=True)
    assert names(model.trainable_parameters()) == [n for n in NAMES if n != "layers.0.bias"]
    _, gradients = nn.value_and_grad(model, lambda x: model(x).sum())(lz.ones((4, 3)))
    assert names(gradients) == names(model.trainable_parameters())
    assert names(model.freeze().trainable_parameters()) == []
    assert names(model.unfreeze().trainable_parameters()) == NAMES


def test_running_statistics_stay_frozen():
    model = nn.Sequential(nn.BatchNorm(3))
    for unfreeze in (
        lambda: model.unfreeze(),
        lambda: model.layers[0].unfreeze(),
        lambda: model.layers[0].unfreeze(keys=["running_mean"]),
        lambda: model.freeze().unfreeze(),
    ):
        unfreeze()
        assert names(model.trainable_parameters()) == ["layers.0.weight", "layers.0.bias"]
    assert "layers.0.running_var" in names(model.parameters())


def test_value_and_grad_is_that_of_mathematics():
    model = nn.Linear(3, 2)
    x, y = normal(0, 5, 3), normal(1, 5, 2)
    step = nn.value_and_grad(model, lambda x, y, scale=1.0: scale * nn.losses.mse_loss(model(x), y))
    before = model.parameters()
    value, gradients = step(lz.array(x), lz.array(y), scale=2.0)
    w, b = (np.array(before[k], dtype=np.float64) for k in ("weight", "bias"))
    error = x @ w.T + b - y
    assert value.item() == pytest.approx(2 * (error**2).mean(), rel=1e-5)
    np.testing.assert_allclose(np.array(gradients["weight"]), 4 * error.T @ x / 10, rtol=1e-4)
    np.testing.assert_allclose(np.array(gradients["bias"]), 4 * error.sum(0) / 10, rtol=1e-4)
    # The model has its own arrays again.
    assert model.weight is before["weight"] and model.bias is before["bias"]


def test_value_and_grad_returns_what_else_the_function_returns():
    model = nn.Linear(3, 2)
    (loss, outputs), _ = nn.value_and_grad(model, lambda x: (model(x).sum(), model(x)))(
        lz.ones((1, 3))
    )
    assert outputs.shape == (1, 2) and loss.item() == pytest.approx(outputs.sum().item(), rel=1e-5)


def test_parameters_are_put_back_after_an_exception():
    model = nn.Linear(3, 2)
    weight = model.weight

    def fails(x):
        model(x)
        raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        nn.value_and_grad(model, fails)(lz.ones((1, 3)))
    assert model.weight is weight
    assert model(lz.ones((1, 3))).shape == (1, 2)


def test_what_the_function_assigns_stays():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = lz.ones(2)
            self.count = lz.array(0)
            self.freeze(keys="count")

        def __call__(self, x):
            self.count = self.count + 1
            return self.weight * x

    model = Counting()
    step = nn.value_and_grad(model, lambda x: model(x).sum())
    for _ in range(3):
        step(lz.ones(2))
    assert model.count.item() == 3


@pytest.mark.parametrize("whole", [True, False], ids=["module", "function"])
def test_checkpoint_has_the_same_gradients(whole):
    model = Model()
    x = lz.array(normal(0, 4, 3))
    plain = model if whole else lambda x: model(x) * 2
    checked = nn.utils.checkpoint(model) if whole else nn.utils.checkpoint(model, plain)
    expected = nn.value_and_grad(model, lambda x: (plain(x) ** 2).sum())(x)
    got = nn.value_and_grad(model, lambda x: (checked(x) ** 2).sum())(x)
    assert_close(numpy_of(got), numpy_of(expected))
    assert names(model.parameters()) == NAMES


def test_copies():
    model = Model().freeze(keys="scale").eval()
    shallow, deep = copy.copy(model), copy.deepcopy(model)
    pickled = pickle.loads(pickle.dumps(model))
    assert shallow.layers is model.layers
    for other in (deep, pickled):
        assert type(other) is Model and not other.training and other.name == "model"
        assert other.layers[0] is not model.layers[0] and other._no_grad is not model._no_grad
        assert_close(numpy_of(other.parameters()), numpy_of(model.parameters()))
        assert names(other.trainable_parameters()) == names(model.trainable_parameters())
    deep.scale = deep.scale * 2
    np.testing.assert_array_equal(np.array(model.scale), [1, 1])


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_weights_in_files(ending, tmp_path):
    path = str(tmp_path / f"weights.{ending}")
    model, other = Model(), Model()
    model.save_weights(path)
    assert other.load_weights(path) is other
    assert_close(numpy_of(other.parameters()), numpy_of(model.parameters()))
    with pytest.raises(ValueError, match="not in model"):
        nn.Linear(2, 2).load_weights(path)
    assert nn.Linear(2, 2).load_weights(path, strict=False)
    with pytest.raises(ValueError, match="Unsupported file extension"):
        model.save_weights(str(tmp_path / "weights.txt"))


def test_dtypes_of_parameters():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    model.count = lz.array([1])
    model.set_dtype(lz.float16)
    assert model.layers[1].bias.dtype == lz.float16 and model.count.dtype == lz.int32
    model.set_dtype(lz.float32, None)
    assert model.count.dtype == lz.float32


def test_modules_are_replaced():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    halves = tree_map(
        lambda m: nn.Identity() if isinstance(m, nn.ReLU) else m,
        model.leaf_modules(),
        is_leaf=nn.Module.is_module,
    )
    model.update_modules(halves)
    assert isinstance(model.layers[1], nn.Identity) and isinstance(model.layers[0], nn.Linear)


def test_dropout_keeps_the_mean():
    lz.random.seed(0)
    x = lz.ones((200, 300))
    y = np.array(nn.Dropout(0.25)(x))
    np.testing.assert_allclose(np.unique(y), [0, 4 / 3], rtol=1e-6)
    assert y.mean() == pytest.approx(1, abs=0.02)
    channels = np.array(nn.Dropout2d(0.5)(lz.ones((8, 4, 4, 16))))
    assert (channels == channels[:, :1, :1]).all() and set(np.unique(channels)) == {0, 2}
    assert nn.Dropout(0.5).eval()(x) is x and nn.Dropout(0.0)(x) is x


def test_batch_norm_follows_the_batches():
    model = nn.BatchNorm(3, momentum=0.2)
    mean, variance = np.zeros(3), np.ones(3)
    for seed in range(3):
        x = normal(seed, 6, 5, 3) * 3 + 1
        y = np.array(model(lz.array(x)))
        np.testing.assert_allclose(y.mean((0, 1)), 0, atol=1e-5)
        np.testing.assert_allclose(y.var((0, 1)), 1, rtol=1e-4)
        mean = 0.8 * mean + 0.2 * x.mean((0, 1))
        variance = 0.8 * variance + 0.2 * x.var((0, 1), ddof=1)
    np.testing.assert_allclose(np.array(model.running_mean), mean, rtol=1e-4)
    np.testing.assert_allclose(np.array(model.running_var), variance, rtol=1e-4)
    x = normal(9, 4, 3)
    expected = (x - mean) / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(np.array(model.eval()(lz.array(x))), expected, rtol=1e-4, atol=1e-5)


def test_batch_norm_of_equal_large_values_is_zero():
    x = lz.full((7, 3), 16777.3)
    for layer in (nn.BatchNorm(3), nn.GroupNorm(1, 3), nn.LayerNorm(3)):
        np.testing.assert_array_equal(np.array(layer(x)), np.zeros((7, 3)))
    np.testing.assert_array_equal(np.array(nn.InstanceNorm(3)(x[None])), np.zeros((1, 7, 3)))


def test_batch_norm_of_nothing_changes_nothing():
    layer = nn.BatchNorm(2)
    assert layer(lz.zeros((0, 2))).shape == (0, 2)
    assert np.array(layer.running_mean).tolist() == [0, 0]
    with pytest.raises(ValueError, match="more than one value"):
        layer(lz.zeros((1, 2)))


def test_gradient_of_a_transposed_convolution_with_output_padding():
    layer = nn.ConvTranspose1d(1, 1, 2, stride=2, output_padding=1, bias=False)
    layer.weight = lz.array([[[2.0], [3.0]]])
    gradient = lz.grad(lambda x: (layer(x) * lz.arange(1, 8).reshape(1, 7, 1)).sum())(
        lz.ones((1, 3, 1))
    )
    # The element i goes to 2 i and 2 i + 1, whose weights are 2 i + 1 and 2 i + 2.
    np.testing.assert_allclose(np.array(gradient).ravel(), [2 + 6, 6 + 12, 10 + 18])


def test_a_transposed_convolution_padded_beyond_its_kernel():
    x, w = np.arange(1.0, 7, dtype=np.float32), np.array([2.0, 3.0], np.float32)
    for stride in (1, 2, 3):
        whole = np.zeros(5 * stride + 2, np.float32)
        for i, number in enumerate(x):
            whole[i * stride : i * stride + 2] += number * w
        for padding in (0, 1, 2, 3):
            for behind in (0, 1, 2, 3):
                images, kernel = lz.array(x).reshape(1, 6, 1), lz.array(w).reshape(1, 2, 1)
                out = lz.conv_transpose1d(images, kernel, stride, padding, 1, behind)
                end = len(whole) - padding + behind
                wanted = np.pad(whole, (0, behind))[padding:end]
                np.testing.assert_allclose(np.array(out).ravel(), wanted)


def test_importing_is_cheap():
    code = "import sys, lazulite.nn, lazulite.optimizers; print('numpy' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    out = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert out.stdout.strip() == "False", out.stderr


def test_every_public_name_is_documented():
    import lazulite.optimizers as optim
    import lazulite.utils as utils

    for module in (nn, nn.losses, nn.init, nn.utils, optim, utils):
        for name in dir(module):
            value = getattr(module, name)
            if name[0] != "_" and getattr(value, "__module__", "").startswith("lazulite."):
                assert value.__doc__, f"{module.__name__}.{name}"
    for name, value in vars(nn.Module).items():
        if name[0] != "_":
            assert getattr(nn.Module, name).__doc__, name
