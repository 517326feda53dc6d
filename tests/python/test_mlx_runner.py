"""`python -m lazulite.mlx`: MLX's name is Lazulite's, in the program and in its children."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import multiprocessing, subprocess, sys
import importlib.metadata

import mlx
import mlx.core as mx
import mlx.core.random
def facts():
    import mlx.core as mx
    import lazulite.core
    assert mx is lazulite.core
    return [mx.__version__, importlib.metadata.version("mlx"), mx.__name__, mx.array.__module__,
            repr(mx.array([1.5])), repr(mx.float32), sys.modules["mlx.core"] is mx]

def put(queue):
    queue.put(facts())

EXPECTED = ["0.32.4", "0.32.4", "mlx.core", "mlx.core", "array([1.5], dtype=float32)",
            "mlx.core.float32", True]

if __name__ == "__main__":
    assert facts() == EXPECTED, facts()
    assert repr(mx.array) == "<class 'mlx.core.array'>"
    assert sys.argv[1:] == ["a", "--b"], sys.argv
    for method in ["spawn", "forkserver"]:
        context = multiprocessing.get_context(method)
        queue = context.Queue()
        process = context.Process(target=put, args=(queue,))
        process.start()
        assert queue.get(timeout=60) == EXPECTED, method
        process.join()
    child = "import mlx.core as mx; print(mx.__version__, mx.array([1, 2]).sum().item())"
    out = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, cwd="/")
    assert out.stdout == "0.32.4 3\\n", out
    print("all of it")
"""


def run(*arguments: str, cwd=None, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "lazulite.mlx", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
        timeout=120,
    )


@pytest.mark.parametrize("form", ["file", "module"])
def test_program_and_children(tmp_path, form):
    (tmp_path / "program.py").write_text(PROGRAM)
    head = ["program.py"] if form == "file" else ["-m", "program"]
    out = run(*head, "a", "--b", cwd=tmp_path)
    assert (out.returncode, out.stdout) == (0, "all of it\n"), out.stderr


def test_modules_of_layers():
    pytest.importorskip("lazulite.optimizers")
    code = (
        "from mlx.nn.layers.base import Module\n"
        "import mlx.nn as nn, mlx.optimizers as optim\n"
        "from mlx.utils import tree_map\n"
        "import lazulite.nn\n"
        "assert nn is lazulite.nn and nn.Module is Module\n"
        "print(Module.__module__, nn.Linear(2, 3), optim.Adam.__module__)\n"
    )
    out = run("-c", code)
    linear = "Linear(input_dims=2, output_dims=3, bias=True)"
    assert out.stdout == (f"mlx.nn.layers.base {linear} mlx.optimizers.optimizers\n"), out.stderr


def test_code():
    code = "import sys, mlx.core as mx; print(mx.exp(mx.array(0.0)).item(), sys.argv)"
    assert run("-c", code, "x").stdout == "1.0 ['-c', 'x']\n"


def test_exit_status_and_errors():
    assert run("-c", "raise SystemExit(7)").returncode == 7
    out = run("no_such_program.py")
    assert out.returncode == 2 and "no_such_program.py" in out.stderr
    assert run().returncode == 2


def test_module_pytest(tmp_path):
    (tmp_path / "test_one.py").write_text(
        "import mlx.core as mx\n\ndef test_one():\n    assert mx.__version__ == '0.32.4'\n"
    )
    out = run("-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path), cwd=tmp_path)
    assert out.returncode == 0 and "1 passed" in out.stdout, out.stdout


def test_what_mlx_lacks_is_missing():
    out = run("-c", "import mlx.nn.layers.no_such_layers")
    assert "No module named 'mlx.nn.layers.no_such_layers'" in out.stderr


def test_an_installed_mlx_is_not_seen(tmp_path):
    package = tmp_path / "mlx"
    package.mkdir()
    (package / "core.py").write_text("__version__ = 'another'\n")
    (package / "data.py").write_text("name = 'a package that shares the name'\n")
    code = "import mlx.core as mx, mlx.data; print(mx.__version__, mlx.data.name)"
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    out = run("-c", code, PYTHONPATH=path)
    assert out.stdout == "0.32.4 a package that shares the name\n", out.stderr


def test_without_the_runner_nothing_is_renamed():
    code = "import lazulite.core as lz; print(repr(lz.float32), lz.array.__module__)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert out.stdout == "lazulite.core.float32 lazulite.core\n", out.stderr


def test_modules_have_mlx_names():
    names = ["mlx.nn", "mlx.nn.layers", "mlx.nn.layers.linear", "mlx.optimizers.schedulers"]
    program = "import importlib\n" + "".join(
        f"assert importlib.import_module({name!r}).__name__ == {name!r}\n" for name in names
    )
    program += "from mlx.core import distributed, fft, linalg, random\n"
    program += "from mlx.nn.layers.distributed import shard_linear\n"
    program += "from mlx.nn.layers.quantized import QuantizedLinear\n"
    program += "assert QuantizedLinear.__module__ == 'mlx.nn.layers.quantized'\n"
    result = run("-c", program)
    assert result.returncode == 0, result.stderr


def test_the_source_of_a_layer_is_found():
    program = (
        "import inspect, typing, mlx.nn as nn, mlx.optimizers as optim\n"
        "for one in (nn.Linear, nn.Module, nn.relu, nn.value_and_grad, optim.Adam):\n"
        "    assert inspect.getsource(one).strip(), one\n"
        "    assert inspect.getmodule(one).__name__ == one.__module__, one\n"
        "typing.get_type_hints(nn.Linear)\n"
    )
    result = run("-c", program)
    assert result.returncode == 0, result.stderr


def test_without_standard_streams(tmp_path):
    code = f"import mlx.core as mx; open({str(tmp_path / 'out')!r}, 'w').write(mx.__version__)"
    command = f'"{sys.executable}" -m lazulite.mlx -c "{code}" <&- >&- 2>&-'
    result = subprocess.run(["sh", "-c", command], check=False)
    assert result.returncode == 0
    assert (tmp_path / "out").read_text() == "0.32.4"


def test_in_a_folder_that_is_gone(tmp_path):
    code = "import mlx.core as mx; print(mx.ones(1).item())"
    here = tmp_path / "gone"
    here.mkdir()
    command = f'rmdir "{here}" && "{sys.executable}" -m lazulite.mlx -c "{code}"'
    result = subprocess.run(
        ["sh", "-c", command], check=False, cwd=here, capture_output=True, text=True
    )
    assert result.stdout == "1.0\n", result.stderr


LOADERS = """
import sys

import mlx.core as mx
import numpy as np
from {module} import DataLoader, Dataset


class Squares(Dataset):
    def __len__(self):
        return 6

    def __getitem__(self, index):
        assert (mx.__version__, mx.array.__module__) == ("0.32.4", "mlx.core")
        return (mx.full((50, 50), index) @ mx.ones((50, 50)))[0, 0].item(), np.full(3, index)


if __name__ == "__main__":
    mx.eval(mx.ones((300, 300)) @ mx.ones((300, 300)))  # the parent's threads have worked
    for start in sys.argv[1:]:
        loader = DataLoader(Squares(), batch_size=2, num_workers=2, multiprocessing_context=start)
        for products, rows in loader:
            print(start, [float(x) for x in products], [int(row[0]) for row in rows])
"""


@pytest.mark.parametrize("module", ["lazulite.data", "torch.utils.data"])
def test_workers_of_loaders_compute(tmp_path, module):
    pytest.importorskip(module)
    (tmp_path / "program.py").write_text(LOADERS.format(module=module))
    starts = ["fork", "spawn", "forkserver"]
    out = run("program.py", *starts, cwd=tmp_path)
    batches = [[0, 1], [2, 3], [4, 5]]
    expected = [f"{s} {[50.0 * i for i in b]} {b}" for s in starts for b in batches]
    assert out.stdout.splitlines() == expected, out.stderr
