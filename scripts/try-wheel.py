"""What a freshly installed wheel must do, and hold; its path is no checkout's.

usage: python - < scripts/try-wheel.py
"""

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import lazulite as lz
import lazulite.nn as nn
import lazulite.optimizers as optim
from lazulite import data

site = Path(sysconfig.get_paths()["platlib"]).resolve()
assert Path(lz.__file__).resolve().is_relative_to(site), lz.__file__

# A step of training, with a compiled function.
x, y = lz.random.normal((64, 8, 8, 1)), lz.random.randint(0, 3, (64,))
net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), lambda x: x.flatten(1), nn.Linear(144, 3))
adam = optim.Adam(1e-2)
loss = nn.value_and_grad(net, lambda x, y: nn.losses.cross_entropy(net(x), y, reduction="mean"))


@lz.compile
def step(x, y):
    value, gradients = loss(x, y)
    adam.update(net, gradients)
    return value


losses = [step(x, y).item() for _ in range(30)]
assert losses[-1] < 0.7 * losses[0] < 2, losses

# LAPACK, files, workers of a loader.
assert abs(lz.linalg.inv(lz.array([[2.0, 0.0], [0.0, 4.0]]))[1, 1].item() - 0.25) < 1e-6
lz.save_safetensors("kept.safetensors", {"x": x})
assert lz.array_equal(lz.load("kept.safetensors")["x"], x).item()
loader = data.DataLoader(list(range(6)), batch_size=2, num_workers=2)
assert [batch.tolist() for batch in loader] == [[0, 1], [2, 3], [4, 5]]

# MLX's name.
code = "import mlx.core as mx; print(mx.__version__, mx.arange(4).sum().item())"
done = subprocess.run(
    [sys.executable, "-m", "lazulite.mlx", "-c", code], capture_output=True, text=True, check=True
)
assert done.stdout == "0.32.4 6\n", done.stdout

# Each library once, by name and by content, and the backends among them.
libraries = {}
for path in site.rglob("*.so*"):
    if "lazulite" in path.relative_to(site).parts[0]:
        name = re.sub(r"(-[0-9a-f]{8})?\.so.*", "", path.name)
        libraries.setdefault(name, []).append(path.read_bytes())
contents = [content for several in libraries.values() for content in several]
assert len(contents) == len(set(contents)) == len(libraries), sorted(libraries)
wanted = ["lazulite", "lazulite_cpu", "lazulite_cuda", "lazulite_reference", "lazulite_lapack"]
assert all(f"lib{name}" in libraries for name in wanted), sorted(libraries)

version = ".".join(map(str, sys.version_info[:3]))
names = ", ".join(sorted(libraries))
print(f"lazulite {lz.__version__} works with Python {version}; it holds {names}")
