"""Optimizers and schedules against MLX's: the same text, the same results and states."""

import pytest

pytest.importorskip("mlx")
from nn_both import assert_same  # noqa: E402

SETUP = """
filters = mx.random.normal((2, 3, 3, 4))
p = {"a": mx.random.normal((3, 4)), "b": [mx.random.normal((5,)), {"c": filters}]}
g = [tree_map(lambda x: mx.random.normal(x.shape), p) for _ in range(3)]
def train(optimizer, dtype=mx.float32, keep=()):
    w = tree_map(lambda x: x.astype(dtype), p)
    for gradients in g:
        w = optimizer.apply_gradients(tree_map(lambda x: x.astype(dtype), gradients), w)
    parameters = tree_map(lambda x: (str(x.dtype)[-8:], x.astype(mx.float32)), w)
    # The state of half-precision parameters is float32 here.
    return parameters, tree_map(lambda x: x.astype(mx.float32), optimizer.state)
def states(optimizer):
    return sorted(tree_flatten(optimizer.state, destination={})), sorted(vars(optimizer))
def started(optimizer):
    optimizer.init(p)
    return optimizer.state
def attempt(function):
    try:
        return function()
    except Exception as error:
        return type(error).__name__
def assigned(optimizer, name, value):
    setattr(optimizer, name, value)
    now = [attempt(lambda: optimizer.learning_rate), attempt(lambda: optimizer.step)]
    return optimizer.state, now
def at(schedule):
    kinds = (int, mx.array, lambda s: mx.array(s, mx.uint64))
    return [mx.array(schedule(kind(s))) for s in (0, 3, 7, 15) for kind in kinds]
def multi():
    return optim.MultiOptimizer(
        [optim.Adam(0.1), optim.SGD(0.2, momentum=0.9)], [lambda path, w: path.startswith("b")])
def stepped(optimizer, steps=2):
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    for _ in range(steps):
        optimizer.update(model, tree_map(mx.ones_like, model.trainable_parameters()))
    return model.parameters(), optimizer.state, optimizer.learning_rate
def resumed(optimizer, again):
    w = p
    w = optimizer.apply_gradients(g[0], w)
    again.state = optimizer.state
    return again.apply_gradients(g[1], w), again.state
def reinitialised(optimizer):
    w = optimizer.apply_gradients(g[0], p)
    optimizer.init({**p, "new": mx.zeros(2)})
    return optimizer.state
class Bare(optim.Optimizer):
    pass
"""

OPTIMIZERS = """
SGD(0.1)
SGD(0.1, momentum=0.9)
SGD(0.1, 0.9, 0.01, 0.2)
SGD(0.1, momentum=0.9, weight_decay=0.1, nesterov=True)
SGD(0.1, weight_decay=0.1)
SGD(lambda step: 0.1 / (1 + step))
RMSprop(0.1)
RMSprop(0.1, alpha=0.5, eps=0.1)
Adagrad(0.1)
Adagrad(0.1, 0.1)
AdaDelta(0.1)
AdaDelta(1.0, 0.5, 0.1)
Adam(0.1)
Adam(0.1, (0.5, 0.7), 0.1)
Adam(0.1, bias_correction=True)
Adam(optim.cosine_decay(0.1, 2), bias_correction=True)
AdamW(0.1)
AdamW(0.1, weight_decay=0.5, bias_correction=True)
Adamax(0.1)
Adamax(0.1, (0.5, 0.5), 0.1)
Lion(0.1)
Lion(0.1, [0.5, 0.7], 0.3)
Muon(0.1)
Muon(0.1, 0.5, 0.0, False, 3)
Adafactor()
Adafactor(0.1, relative_step=False)
Adafactor(0.1, relative_step=False, scale_parameter=False, weight_decay=0.1)
Adafactor(beta_1=0.9, clip_threshold=0.5)
Adafactor(warmup_init=True, decay_rate=-0.5, eps=(1e-8, 0.1))
"""

EXPRESSIONS = """
started(optim.Adam(0.1))
started(multi())
states(optim.Optimizer())
states(optim.SGD(0.1))
states(optim.Optimizer({"learning_rate": lambda step: step}))
states(multi())
optim.Optimizer().init_single(1, 2)
optim.Optimizer().apply_single(1, 2, 3)
optim.Optimizer().learning_rate
Bare().apply_gradients(g[0], p)
optim.SGD(1).learning_rate
optim.SGD(mx.array(0.5)).learning_rate
optim.SGD("x")
optim.SGD()
optim.SGD(1, nesterov=True)
optim.SGD(1, momentum=0.9, dampening=0.1, nesterov=True)
optim.Adam(0.1, eps=-1)
optim.Adam(0.1, betas=(2, 0.5))
optim.Adam(0.1, betas=(0.5, -1))
optim.RMSprop(0.1, alpha=-1)
optim.RMSprop(0.1, eps=-1)
optim.Adagrad(0.1, eps=-1)
optim.AdaDelta(0.1, rho=-1)
optim.AdaDelta(0.1, eps=-1)
optim.Adamax(0.1, eps=-1)
optim.Lion(0.1, betas=(2, 2))
assigned(optim.SGD(0.1), "learning_rate", 0.5)
assigned(optim.SGD(0.1), "step", 3)
assigned(optim.SGD(0.1), "state", {})
assigned(optim.SGD(lambda step: step), "learning_rate", 0.5)
assigned(multi(), "learning_rate", 0.5)
assigned(multi(), "state", {"states": [{}, {}]})
assigned(multi(), "state", {"states": [{}]})
assigned(multi(), "state", {})
stepped(optim.Adam(optim.cosine_decay(0.1, 10)))
stepped(optim.SGD(optim.join_schedules([lambda s: 1.0 * s, lambda s: 2.0 * s], [1])), 3)
stepped(multi())
stepped(optim.MultiOptimizer([optim.SGD(0.1)]))
resumed(optim.Adam(0.1), optim.Adam(0.5))
resumed(optim.SGD(0.1, momentum=0.9), optim.SGD(0.5, momentum=0.9))
resumed(multi(), multi())
reinitialised(optim.Adam(0.1))
optim.Adam(0.1).apply_gradients({"z": g[0]["a"]}, p)
(lambda o: (o.apply_gradients({"a": g[0]["a"]}, p), o.apply_gradients(g[1], p)))(optim.Adam(0.1))
(lambda o: (o.apply_gradients({"a": g[0]["a"]}, p), o.state))(optim.Adam(0.1))
(lambda o: (o.update(nn.Linear(1, 1), {}), o.state))(optim.Adam(0.1))
optim.Adam(0.1).update({}, g[0])
optim.MultiOptimizer([optim.Adam(0.1), optim.SGD(0.2)])
optim.MultiOptimizer([optim.Adam(0.1)], [lambda p, w: True])
optim.MultiOptimizer([])
multi().step
optim.clip_grad_norm(g[0], 2.0)
optim.clip_grad_norm(g[0], 100.0)
optim.clip_grad_norm({"a": mx.array([3, 4])}, 2.0)
optim.clip_grad_norm([mx.array([3.0, 4.0], dtype=mx.float16)], 2.0)
optim.clip_grad_norm([mx.array([300.0, 400.0], dtype=mx.float16)], 2.0)
optim.clip_grad_norm([mx.array([3.0, 4.0], dtype=mx.bfloat16).astype(mx.float32)], 2.0)
optim.clip_grad_norm([mx.array([3.0]), mx.array([4.0], dtype=mx.float16), mx.array([1])], 2.0)
optim.clip_grad_norm({}, 2.0)
at(optim.exponential_decay(0.1, 0.9))
at(optim.step_decay(0.1, 0.9, 10))
at(optim.cosine_decay(0.1, 1000))
at(optim.cosine_decay(0.1, 5, 0.05))
at(optim.linear_schedule(0, 0.1, 100))
at(optim.linear_schedule(1, 0.1, 5))
at(optim.join_schedules([optim.linear_schedule(0, 0.1, 10), optim.cosine_decay(0.1, 200)], [10]))
at(optim.join_schedules([lambda s: 1.0 * s, lambda s: 2.0 * s, lambda s: 3.0 * s], [4, 10]))
optim.join_schedules([lambda s: s], [])(4)
optim.join_schedules([lambda s: s], [1])
optim.join_schedules([], [])
optim.join_schedules([lambda s: s, lambda s: s], [])
optim.linear_schedule(0, 1, 0)
optim.linear_schedule(0, 1, -1)
optim.cosine_decay(1, 0)
optim.step_decay(1, 0.5, 0)
"""


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("text", OPTIMIZERS.strip().splitlines())
def test_steps_and_state(text, dtype):
    if dtype != "float32" and text.startswith("Muon"):
        pytest.skip("an iteration that amplifies rounding")
    if dtype == "float16" and text.startswith(("Adam(", "AdamW(")):
        pytest.skip("MLX divides by zero where a gradient's square vanishes in half precision")
    tolerance = {"float32": 5e-5, "float16": 2e-2, "bfloat16": 1e-1}[dtype]
    assert_same(f"train(optim.{text}, mx.{dtype})", SETUP, tolerance)


@pytest.mark.parametrize("text", EXPRESSIONS.strip().splitlines())
def test_expression(text):
    assert_same(text, SETUP)
