"""NumPy and PyTorch may be imported before or after, and may have used their threads."""

import importlib.util
import os
import subprocess
import sys

import pytest

STEP = """
import hashlib
import lazulite as lz
import lazulite.nn as nn
import lazulite.optimizers as optim

lz.random.seed(5)
net = nn.Sequential(nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                    lambda x: x.flatten(1), nn.Linear(8 * 14 * 14, 10))
adam = optim.Adam(1e-2)
loss = nn.value_and_grad(net, lambda x, y: nn.losses.cross_entropy(net(x), y, reduction="mean"))

@lz.compile
def step(x, y):
    value, gradients = loss(x, y)
    adam.update(net, gradients)
    return value

x, y = lz.random.normal((64, 28, 28, 1)), lz.random.randint(0, 10, (64,))
"""
RESULT = """
for _ in range(5):
    value = step(x, y)
product = lz.random.normal((300, 300)) @ lz.random.normal((300, 300))
digest = hashlib.sha256()
for array in (value, product, *(a for layer in net.layers if isinstance(layer, nn.Module)
                                for a in layer.values() if isinstance(a, lz.array))):
    digest.update(bytes(memoryview(array)))
print(digest.hexdigest())
"""
USE = """
if "torch" in sys.modules:
    import torch
    a = torch.randn(500, 500)
    (a @ a).relu().sum().item()
if "numpy" in sys.modules:
    import numpy
    b = numpy.ones((500, 500)) @ numpy.ones((500, 500))
"""


def digest(program):
    run = subprocess.run(
        [sys.executable, "-c", "import sys\n" + program],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return run.stdout


@pytest.fixture(scope="module")
def alone():
    return digest(STEP + RESULT)


@pytest.mark.parametrize("used", [False, True], ids=["imported", "used"])
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_results_are_the_same_in_every_order(alone, library, used):
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    load = f"import {library}\n" + (USE if used else "")
    assert digest(load + STEP + RESULT) == alone
    assert digest(STEP + load + RESULT) == alone
    # Between steps, when our threads are there.
    between = STEP + "step(x, y).item()\n" + load + RESULT.replace("range(5)", "range(4)")
    assert digest(between) == alone


def test_every_part_is_there_without_docstrings():
    run = subprocess.run(
        [sys.executable, "-OO", "-c", "import lazulite.nn as nn\nprint(nn.Tanh.__doc__)"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "None\n", "")
