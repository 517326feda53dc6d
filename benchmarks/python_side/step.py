"""The article's training step and other small things through Python, as JSON.

usage: step.py [--mlx]   (--mlx: with MLX in the place of Lazulite)
"""

import json
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

# The network is that of `lazulite.article`.
sys.path.append(str(Path(__file__).resolve().parents[2] / "python/lazulite/article/workers"))
from mlx_network import network_class  # noqa: E402

MLX = "--mlx" in sys.argv
if MLX:
    import mlx.core as mx
    import mlx.nn as nn
    import mlx.optimizers as optim
else:
    import lazulite.core as mx
    import lazulite.nn as nn
    import lazulite.optimizers as optim


def median_us(function, rounds, warm=10):
    for _ in range(warm):
        function()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2] * 1e6


def training_step(listed):
    net = network_class(nn)()
    adam = optim.Adam(1e-4)
    mx.eval(net.parameters())
    adam.init(net.trainable_parameters())
    loss = nn.value_and_grad(net, lambda x, y: nn.losses.nll_loss(net(x), y, reduction="mean"))

    def step(x, y):
        value, gradients = loss(x, y)
        adam.update(net, gradients)
        return value

    state = [net.state, adam.state, mx.random.state]
    run = partial(mx.compile, inputs=state, outputs=state)(step) if listed else mx.compile(step)
    x = mx.random.uniform(shape=(64, 28, 28, 1))
    y = mx.random.randint(0, 10, (64,))

    def once():
        value = run(x, y)
        mx.eval(value, state)

    return once


def chain():
    x = mx.ones((8, 8))

    def once():
        y = x
        for _ in range(50):
            y = y * 2
            y = y + 1
        mx.eval(y)

    return once


def import_ms():
    name = "mlx.core" if MLX else "lazulite.core"
    program = f"import time; t = time.perf_counter(); import {name}; print(time.perf_counter() - t)"
    times = [
        float(
            subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout
        )
        for _ in range(7)
    ]
    return sorted(times)[3] * 1e3


results = {"chain_100_us": median_us(chain(), 300), "import_ms": import_ms()}
rounds = 5 if MLX else 300
results["step_listed_ms"] = median_us(training_step(True), rounds, 3 if MLX else 20) / 1e3
if not MLX:
    results["step_ms"] = median_us(training_step(False), rounds, 20) / 1e3
print(json.dumps(results))
