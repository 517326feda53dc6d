"""Functions in files. What MLX does as well is in tests/python/conformance/export.txt."""

import gc
import pathlib
import threading
import weakref

import numpy as np
import pytest

import lazulite.core as lz
import lazulite.nn as nn
import lazulite.optimizers as optim
from lazulite.utils import tree_flatten


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "function.lzf")


def same(a, b):
    np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def test_paths_may_be_objects(tmp_path):
    path = pathlib.Path(tmp_path) / "f"
    lz.export_function(path, lambda x: x + 1, lz.array(1))
    assert lz.import_function(path)(lz.array(2))[0].item() == 3
    with pytest.raises(TypeError, match="bytes"):
        lz.export_function(b"f", lambda x: x, lz.array(1))
    with pytest.raises(TypeError):
        lz.import_function(3)


def test_the_file_is_one_of_safetensors(path):
    weight = lz.array([[1.0, 2.0], [3.0, 4.0]])
    lz.export_function(path, lambda x: x @ weight, lz.ones((1, 2)), metadata="text")
    arrays, metadata = lz.load(path, format="safetensors", return_metadata=True)
    same(arrays["0"], weight)
    assert metadata["lazulite.metadata"] == "text"
    assert '"Matmul"' in metadata["lazulite.functions"]


def test_a_file_is_written_whole_or_not_at_all(path, tmp_path):
    lz.export_function(path, lambda x: x + 1, lz.array(1))

    def fails(x):
        raise KeyError("no")

    with pytest.raises(KeyError):
        lz.export_function(path, fails, lz.array(1))
    assert lz.import_function(path)(lz.array(1))[0].item() == 2
    assert [p.name for p in tmp_path.iterdir()] == ["function.lzf"]


def test_an_export_leaves_a_module_as_it_was(path):
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm(4), nn.ReLU())
    x = lz.random.normal((2, 6, 6, 1))
    before = {k: np.array(v) for k, v in tree_flatten(model.parameters())}
    lz.export_function(path, model, x)
    for name, value in tree_flatten(model.parameters()):
        same(value, before[name])
    same(lz.import_function(path)(x)[0], model(x))


def test_attributes_that_a_function_makes_are_taken_away(path):
    class Model(nn.Module):
        def __call__(self, x):
            self.last = x * 2
            self.count = getattr(self, "count", 0) + 1
            return self.last

    model = Model()
    lz.export_function(path, model, lz.ones(2))
    assert "last" not in model
    same(lz.import_function(path)(lz.ones(2))[0], [2, 2])


def test_a_training_step_is_exported(path):
    model = nn.Linear(3, 1)
    loss = nn.value_and_grad(model, lambda x, y: nn.losses.mse_loss(model(x), y))

    def step(x, y):
        value, gradients = loss(x, y)
        return value, gradients["weight"], gradients["bias"]

    x, y = lz.random.normal((5, 3)), lz.random.normal((5, 1))
    lz.export_function(path, step, x, y)
    for got, expected in zip(lz.import_function(path)(x, y), step(x, y), strict=True):
        same(got, expected)


def test_a_step_of_an_optimizer_is_exported(path):
    adam = optim.Adam(0.1)
    w = {"w": lz.array([1.0, -2.0])}
    adam.init(w)
    lz.eval(adam.state)

    def step(g, w):
        return adam.apply_gradients({"w": g}, {"w": w})["w"]

    g = lz.array([2.0, -0.5])
    lz.export_function(path, step, g, w["w"])
    got = lz.import_function(path)(g, w["w"])[0]
    same(adam.state["step"], 0)  # as it was
    np.testing.assert_allclose(np.asarray(got), np.asarray(step(g, w["w"])), rtol=1e-6)


def test_captured_arrays_are_as_they_were(path):
    weight = lz.array([1.0, 2.0])
    lz.export_function(path, lambda x: x * weight, lz.ones(2))
    weight += 10
    same(lz.import_function(path)(lz.ones(2))[0], [1, 2])


def test_many_calls_from_many_threads(path):
    lz.export_function(path, lambda x: lz.softmax(x @ x.T, axis=-1), lz.ones((8, 8)))
    function = lz.import_function(path)
    x = lz.random.normal((8, 8))
    lz.eval(x)
    expected = np.asarray(function(x)[0])
    results = []

    def work():
        results.append([np.asarray(function(x)[0]) for _ in range(20)])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for result in results:
        for one in result:
            np.testing.assert_array_equal(one, expected)


def test_an_exporter_takes_part_in_garbage_collection(path):
    class Function:
        def __call__(self, x):
            return x

    function = Function()
    function.exporter = lz.exporter(path, function)
    function.exporter(lz.array(1))
    gone = weakref.ref(function)
    del function
    gc.collect()
    assert gone() is None


def test_custom_functions_are_named(path):
    @lz.custom_function
    def own(x):
        return lz.exp(x)

    lz.export_function(path, own, lz.ones(2))  # without rules it is a function as any other
    own.vjp(lambda primals, cotangent, output: cotangent * 100)
    with pytest.raises(ValueError, match="CustomTransforms"):
        lz.export_function(path, own, lz.ones(2))
    lz.export_function(path, lz.checkpoint(lambda x: lz.exp(x)), lz.ones(2))


def test_shapes_are_said_where_none_fits(path):
    with lz.exporter(path, lambda x, y=None: x) as exporter:
        exporter(lz.ones((2, 3)))
        exporter(lz.ones(4), y=lz.array(1))
    with pytest.raises(ValueError, match=r'(?s)\(2, 3\) float32.*"y": \(\) int32.*called with'):
        lz.import_function(path)(lz.ones((5, 5)))


def test_mlx_files_are_refused_in_words(path):
    pathlib.Path(path).write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x000.32.4" + bytes(100))
    with pytest.raises(RuntimeError, match="function.lzf"):
        lz.import_function(path)


def test_gather_qqmm_is_qqmm_of_pairs():
    x, w = lz.random.normal((3, 4, 64)), lz.random.normal((5, 8, 64))
    lhs, rhs = [0, 2, 1], [4, 0, 2]
    for mode in ("nvfp4", "mxfp8"):
        codes, scales = lz.quantize(w, mode=mode)
        for weights in ((w, None), (codes, scales)):
            out = lz.gather_qqmm(x, *weights, lz.array(lhs), lz.array(rhs), mode=mode)
            assert out.shape == (3, 4, 8)
            for i, (a, b) in enumerate(zip(lhs, rhs, strict=True)):
                pair = lz.qqmm(x[a], w[b], mode=mode)
                np.testing.assert_allclose(np.asarray(out[i]), np.asarray(pair), rtol=1e-5, atol=1e-5)
    with pytest.raises(ValueError, match="modes"):
        lz.gather_qqmm(x, w, mode="affine")


def delta_rule(q, k, v, gamma, beta, state, mask):
    """The gated delta rule in NumPy."""
    q, k = (np.repeat(a, v.shape[2] // k.shape[2], 2) for a in (q, k))
    outputs = np.zeros(v.shape)
    for b in range(v.shape[0]):
        for h in range(v.shape[2]):
            for t in range(v.shape[1]):
                if mask is not None and not mask[b, t]:
                    continue
                s = state[b, h] * gamma[b, t, h]
                s = s + beta[b, t, h] * np.outer(v[b, t, h] - s @ k[b, t, h], k[b, t, h])
                outputs[b, t, h] = s @ q[b, t, h]
                state[b, h] = s
    return outputs, state


@pytest.mark.parametrize("masked", [False, True])
def test_gated_delta_update(masked):
    random = np.random.default_rng(0)
    q, k = (random.normal(size=(2, 5, 2, 4)) * 0.5 for _ in range(2))
    v, state = random.normal(size=(2, 5, 4, 3)), random.normal(size=(2, 4, 3, 4))
    gamma, beta = (random.uniform(size=(2, 5, 4)) for _ in range(2))
    mask = random.uniform(size=(2, 5)) > 0.5 if masked else None
    given = [lz.array(a.astype(np.float32)) for a in (q, k, v, gamma, beta, state)]
    outputs, last = lz.fast.gated_delta_update(*given, mask=None if mask is None else lz.array(mask))
    expected, expected_last = delta_rule(q, k, v, gamma, beta, state.copy(), mask)
    np.testing.assert_allclose(np.asarray(outputs), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(np.asarray(last), expected_last, rtol=1e-5, atol=1e-5)
    for place, bad in enumerate([given[0][0], given[1][:, :2], given[2][..., :1, :], given[3][0]]):
        arguments = [*given]
        arguments[place] = bad
        with pytest.raises(ValueError, match="gated_delta_update"):
            lz.fast.gated_delta_update(*arguments)


def test_a_fully_sharded_module_of_one_process():
    inner = nn.FullyShardedModule(nn.Linear(4, 2), compute_dtype=lz.float16)
    model = nn.FullyShardedModule(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), inner))
    assert "num_sharded_params=6" in repr(model)
    assert "num_sharded_params=2" in repr(inner)
    x = lz.random.normal((5, 3))
    first, norm = model.module.layers[0], model.module.layers[1]
    out = model(x)
    assert inner.module.weight.dtype == lz.float32  # converted for the call alone
    hidden = x @ first.weight.T + first.bias
    hidden = (hidden - hidden.mean(0)) / lz.sqrt(hidden.var(0) + 1e-5)
    expected = hidden @ inner.module.weight.T + inner.module.bias
    np.testing.assert_allclose(np.asarray(out), np.asarray(expected), atol=2e-2)
    assert not lz.array_equal(norm.running_mean, lz.zeros(4)).item()  # what a call replaces stays
    gradients = nn.value_and_grad(model, lambda x: model(x).sum())(x)[1]
    assert gradients["module"]["layers"][2]["module"]["weight"].dtype == lz.float32
    assert nn.fully_shard(model) is model
    embedding = nn.FullyShardedModule(nn.Embedding(4, 2))
    assert embedding.as_linear(lz.ones((1, 2))).shape == (1, 4)
