#!/usr/bin/env python3
"""Measures a training step alone, with PyTorch imported and used before, and with it after.

The three processes take turns, so that what else the machine does meets all of them alike.

usage: benchmarks/import_orders.py [ROUNDS]   (with a Python that has lazulite and torch)
"""

import statistics
import subprocess
import sys

ORDERS = ("alone", "before", "after")

CHILD = """
import sys, time

def load():
    import torch
    a = torch.randn(500, 500)
    (a @ a).relu().sum().item()

order = sys.argv[1]
if order == "before": load()
import lazulite as lz
import lazulite.nn as nn
import lazulite.optimizers as optim

net = nn.Sequential(
    nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    lambda x: x.flatten(1), nn.Linear(1568, 128), nn.ReLU(), nn.Linear(128, 10))
adam = optim.Adam(1e-3)
loss = nn.value_and_grad(net, lambda x, y: nn.losses.cross_entropy(net(x), y, reduction="mean"))

@lz.compile
def step(x, y):
    value, gradients = loss(x, y)
    adam.update(net, gradients)
    return value

x, y = lz.random.normal((64, 28, 28, 1)), lz.random.randint(0, 10, (64,))
for _ in range(10): lz.eval(step(x, y))
if order == "after": load()
for _ in range(10): lz.eval(step(x, y))
for _ in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(5): lz.eval(step(x, y))
    print((time.perf_counter() - wall) / 5, (time.process_time() - cpu) / 5, flush=True)
"""


def main(rounds: int) -> None:
    children = {
        order: subprocess.Popen(
            [sys.executable, "-c", CHILD, order],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for order in ORDERS
    }
    times = {order: [] for order in ORDERS}
    for _ in range(rounds):
        for order, child in children.items():
            child.stdin.write("\n")
            child.stdin.flush()
            times[order].append([float(word) for word in child.stdout.readline().split()])
    for child in children.values():
        child.stdin.close()
        child.wait()
    for part, name in enumerate(("wall", "processors")):
        alone = [time[part] for time in times["alone"]]
        for order in ORDERS:
            own = [time[part] for time in times[order]]
            ratio = statistics.median(a / b for a, b in zip(own, alone, strict=True))
            print(
                f"{name:10} {order:7} median {statistics.median(own) * 1e3:.3f} ms, "
                f"least {min(own) * 1e3:.3f} ms, median ratio to alone {ratio:.3f}"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
