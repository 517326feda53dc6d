"""`lazulite.core.compile` follows what a function reaches."""

import copy
import functools
import gc
import itertools
import weakref

import numpy as np
import pytest

import lazulite.core as lz

SCALE = lz.array(2.0)
FACTOR = 3.0


def value(x):
    return np.asarray(x).tolist()


def traced(function):
    """The compiled function, and one that says how often it was traced."""
    # An object of C is not followed: what it counts is not part of the state.
    counter = itertools.count()

    @functools.wraps(function)
    def counted(*args, **kwargs):
        next(counter)
        return function(*args, **kwargs)

    return lz.compile(counted), lambda: counter.__reduce__()[1][0]


def test_arguments_and_results_are_trees():
    @lz.compile
    def f(x, *, pair):
        return {"sum": x + pair[0], "rest": [pair[1] * x, "text", None]}

    for k in (1.0, 2.0):
        out = f(lz.array(k), pair=(lz.array(10.0), lz.array(5.0)))
        assert value(out["sum"]) == k + 10
        assert value(out["rest"][0]) == 5 * k
        assert out["rest"][1:] == ["text", None]


def test_arrays_of_closures_are_inputs():
    weight = lz.array([1.0, 2.0])

    @lz.compile
    def f(x):
        return x * weight

    assert value(f(lz.array(2.0))) == [2, 4]
    weight = lz.array([3.0, 5.0])
    assert value(f(lz.array(2.0))) == [6, 10]
    weight += 1
    assert value(f(lz.array(1.0))) == [4, 6]


def test_globals_are_followed(monkeypatch):
    @lz.compile
    def f(x):
        return x * SCALE + FACTOR

    assert value(f(lz.array(1.0))) == 5
    monkeypatch.setitem(globals(), "SCALE", lz.array(10.0))
    assert value(f(lz.array(1.0))) == 13
    monkeypatch.setitem(globals(), "FACTOR", -1.0)
    assert value(f(lz.array(1.0))) == 9


def helper(x):
    return x * SCALE


def test_functions_that_are_called_are_followed(monkeypatch):
    f = lz.compile(lambda x: helper(x) + 1)
    assert value(f(lz.array(1.0))) == 3
    monkeypatch.setitem(globals(), "SCALE", lz.array(5.0))
    assert value(f(lz.array(1.0))) == 6


class Model:
    def __init__(self):
        self.weight = lz.array(1.0)
        self.layers = [{"bias": lz.array(0.5)}]
        self.mode = "train"
        self.steps = lz.array(0)

    def __call__(self, x):
        self.steps = self.steps + 1
        y = x * self.weight + self.layers[0]["bias"]
        return y if self.mode == "train" else -y

    def update(self, x):
        self.weight -= 0.5 * x


def test_instances_are_followed_and_changed():
    model = Model()
    f = lz.compile(model)
    assert value(f(lz.array(2.0))) == 2.5
    assert value(model.steps) == 1
    model.layers[0]["bias"] = lz.array(1.0)
    assert value(f(lz.array(2.0))) == 3
    model.mode = "eval"
    assert value(f(lz.array(2.0))) == -3
    assert value(model.steps) == 3


def test_methods_change_their_object_in_place():
    model = Model()
    alias = model.weight
    step = lz.compile(model.update)
    for _ in range(3):
        step(lz.array(2.0))
    assert value(model.weight) == -2
    assert alias is model.weight


def test_partial_is_followed():
    weight = [lz.array(2.0)]
    f = lz.compile(functools.partial(lambda w, x, k: w[0] * x + k, weight, k=lz.array(1.0)))
    assert value(f(lz.array(3.0))) == 7
    weight[0] = lz.array(4.0)
    assert value(f(lz.array(3.0))) == 13


def test_a_plan_is_used_again_until_something_but_an_array_changes():
    state = {"w": lz.array(1.0), "name": "a"}
    f, traces = traced(lambda x: x * state["w"])
    for k in range(4):
        state["w"] = lz.array(float(k))
        assert value(f(lz.array(2.0))) == 2 * k
    assert traces() == 1
    state["name"] = "b"
    f(lz.array(1.0))
    assert traces() == 2
    state["more"] = lz.array(0.0)
    f(lz.array(1.0))
    assert traces() == 3


def test_structure_that_the_function_makes():
    state = {}

    @lz.compile
    def f(x):
        if "sum" not in state:
            state["sum"] = {"total": lz.zeros(()), "parts": [x]}
        state["sum"]["total"] = state["sum"]["total"] + x
        return state["sum"]["total"]

    assert [value(f(lz.array(k))) for k in (1.0, 2.0, 3.0)] == [1, 3, 6]
    assert value(state["sum"]["total"]) == 6
    assert value(state["sum"]["parts"][0]) == 1


def test_random_state_is_followed():
    lz.random.seed(5)
    expected = [lz.random.uniform().item() for _ in range(3)]
    lz.random.seed(5)
    draw = lz.compile(lambda: lz.random.uniform())
    assert [draw().item() for _ in range(3)] == expected


def test_arguments_are_changed_as_without_compile():
    def f(x, items):
        x += 1
        items.append(x * 2)
        return x

    for function in (f, lz.compile(f)):
        x, items = lz.array(1.0), []
        function(x, items)
        assert value(x) == 2
        assert [value(item) for item in items] == [4]


def test_an_exception_puts_everything_back():
    model = Model()
    weight = model.weight

    @lz.compile
    def f(x):
        model.weight = model.weight * x
        model.layers[0]["bias"] += x
        lz.random.uniform()
        raise KeyError("no")

    lz.random.seed(3)
    key = value(lz.random.state[0])
    with pytest.raises(KeyError):
        f(lz.array(2.0))
    assert model.weight is weight and value(weight) == 1
    assert value(model.layers[0]["bias"]) == 0.5
    assert value(lz.random.state[0]) == key


def test_values_cannot_be_read_inside():
    reads = (lz.array.item, lz.array.tolist, lz.eval, bool, float, np.asarray, memoryview)
    for read in reads:
        with pytest.raises(ValueError, match="traced"):
            lz.compile(lambda x: read(x * 2))(lz.array(1.0))


def test_printing_inside_shows_a_placeholder():
    texts = []
    show = texts.append

    @lz.compile
    def f(x):
        show(str(x * 1))
        return x

    f(lz.array([1.0, 2.0]))
    assert "shape=(2,)" in texts[0] and "float32" in texts[0]


def test_gradients_inside():
    weights = {"w": lz.array([1.0, 2.0])}

    def loss(parameters, x):
        return (parameters["w"] * x).sum() ** 2

    @lz.compile
    def step(x):
        value_, gradient = lz.value_and_grad(loss)(weights, x)
        weights["w"] = weights["w"] - 0.1 * gradient["w"]
        return value_

    reference = np.array([1.0, 2.0])
    x = np.array([0.5, -1.0])
    for _ in range(4):
        got = step(lz.array(x.astype(np.float32))).item()
        assert got == pytest.approx((reference @ x) ** 2, rel=1e-5)
        reference = reference - 0.1 * 2 * (reference @ x) * x
    np.testing.assert_allclose(np.asarray(weights["w"]), reference, rtol=1e-5)


def test_compiled_functions_are_collected():
    class Owner:
        pass

    owner = Owner()
    owner.function = lz.compile(lambda x: x * 2 if owner else x)
    owner.function(lz.array(1.0))
    gone = weakref.ref(owner)
    del owner
    gc.collect()
    assert gone() is None


def training_step():
    weights = {"w": lz.ones((10, 4)), "steps": lz.array(0)}

    def step(x, labels):
        def loss(w):
            return lz.take_along_axis(x @ w, labels[:, None], axis=1).sum()

        value_, gradient = lz.value_and_grad(loss)(weights["w"])
        weights["w"] = weights["w"] - 0.5 * gradient
        weights["steps"] = weights["steps"] + 1
        return value_

    return weights, step


def test_a_failed_step_changes_nothing():
    x, good, bad = lz.ones((3, 10)), lz.array([0, 1, 2]), lz.array([0, 9, 2])
    expected_weights, plain = training_step()
    weights, step = training_step()
    step = lz.compile(step)
    for labels in (good, good, good):
        step(x, labels).item()
        plain(x, labels).item()
    for _ in range(3):
        with pytest.raises(IndexError):
            step(x, bad).item()
        assert value(weights["w"]) == value(expected_weights["w"])
        assert value(weights["steps"]) == value(expected_weights["steps"])
    # Nobody reads the failed ones' results: the next call tells.
    with pytest.raises(IndexError):
        for _ in range(50):
            step(x, bad)
    step(x, good).item()
    plain(x, good).item()
    assert value(weights["w"]) == value(expected_weights["w"])
    assert value(weights["steps"]) == value(expected_weights["steps"])


def test_what_others_hold_keeps_its_value():
    weights, step = training_step()
    step = lz.compile(step)
    x, labels = lz.ones((3, 10)), lz.array([0, 1, 2])
    kept, views = [], []
    for _ in range(4):
        kept.append(weights["w"])
        views.append((np.asarray(weights["w"]), value(weights["w"])))
        step(x, labels)
    for array, (view, then) in zip(kept, views):
        assert value(array) == then
        assert view.tolist() == then


def test_a_step_takes_the_memory_of_what_it_replaces():
    state = {"w": lz.zeros((1 << 20,))}

    @lz.compile
    def step():
        state["w"] = state["w"] + 1

    for _ in range(3):
        step()
    lz.eval(state)
    before = lz.get_active_memory()
    lz.reset_peak_memory()
    for _ in range(5):
        step()
        lz.eval(state)
    assert lz.get_peak_memory() < before + (1 << 20)
    assert value(state["w"][0]) == 8


def test_classes_that_it_has_followed_can_go():
    def make():
        class Scale:
            def __init__(self):
                self.factor = lz.array(3.0)

            def __call__(self, x):
                return self.factor * x

        scale = Scale()
        compiled = lz.compile(lambda x: scale(x))
        assert compiled(lz.array(2.0)).item() == 6.0
        return weakref.ref(Scale)

    scale = make()
    gc.collect()
    assert scale() is None


def test_a_bad_first_step_leaves_the_parameters():
    import lazulite.nn as nn
    import lazulite.optimizers as optim

    net, adam = nn.Linear(2, 3), optim.Adam(0.1)
    loss = nn.value_and_grad(
        net, lambda x, y: nn.losses.cross_entropy(net(x), y, reduction="mean")
    )

    @lz.compile
    def step(x, y):
        value, gradients = loss(x, y)
        adam.update(net, gradients)
        return value

    before = net.weight.tolist()
    with pytest.raises(IndexError):
        step(lz.ones((2, 2)), lz.array([0, 7])).item()
    assert net.weight.tolist() == before


WRAPPERS = {
    "grad": lambda f: lz.grad(lambda x: f(x).sum()),
    "vmap": lambda f: lz.vmap(f),
    "checkpoint": lz.checkpoint,
    "custom_function": lz.custom_function,
    "compile": lz.compile,
    "partial": functools.partial,
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_wrapped_functions_are_followed(name):
    state = {"weight": lz.array([1.0, 2.0])}
    wrapped = WRAPPERS[name](lambda x: x * state["weight"])
    step = lz.compile(lambda x: wrapped(x))
    x = lz.ones((2, 2))
    step(x)
    state["weight"] = lz.array([5.0, 7.0])
    assert value(step(x)) == value(wrapped(x)) == [[5, 7], [5, 7]]


def test_rules_of_custom_functions_are_followed():
    state = {"factor": lz.array(2.0)}
    square = lz.custom_function(lambda x: x * x)
    square.vjp(lambda x, cotangent, output: cotangent * state["factor"])
    step = lz.compile(lambda x: lz.grad(square)(x))
    assert value(step(lz.array(1.0))) == 2
    state["factor"] = lz.array(9.0)
    assert value(step(lz.array(1.0))) == 9


SAME = {
    "astype": lambda x: x.astype(x.dtype),
    "index": lambda x: x[...],
    "copy": copy.copy,
    "reshape": lambda x: x.reshape(x.shape),
}


@pytest.mark.parametrize("name", SAME)
def test_another_object_of_the_same_array_may_take_its_place(name):
    state = {"x": lz.array([1.0, 2.0])}
    before = state["x"]

    @lz.compile
    def step(y):
        state["x"] = SAME[name](state["x"])
        return y + state["x"]

    for _ in range(3):
        assert value(step(lz.array(1.0))) == [2, 3]
        assert value(state["x"]) == [1, 2]
    assert state["x"] is not before
    assert value(before) == [1, 2]


def test_a_step_that_cannot_run_loses_nothing():
    state = {"w": lz.ones(4)}
    lz.eval(state)

    @lz.compile
    def step(i):
        state["w"] = state["w"] + lz.take(lz.arange(4.0), i)
        return state["w"].sum()

    good = state["w"]
    state["w"] = state["w"] + lz.take(lz.arange(4.0), lz.array([9]))
    for _ in range(2):
        with pytest.raises(IndexError):
            step(lz.array([1])).item()
        with pytest.raises(IndexError):
            state["w"].tolist()
    state["w"] = good
    assert step(lz.array([1])).item() == 8


def test_an_exception_takes_new_entries_back():
    state = {"a": lz.ones(3)}
    fails = True

    @lz.compile
    def step(x):
        state["a"] = state["a"] + x
        state["b"] = x * 2
        if fails:
            raise KeyError("boom")
        return state["a"].sum()

    with pytest.raises(KeyError, match="boom"):
        step(lz.ones(3))
    assert list(state) == ["a"]
    fails = False
    assert [step(lz.ones(3)).item() for _ in range(2)] == [6, 9]
    assert state["b"].tolist() == [2, 2, 2]
