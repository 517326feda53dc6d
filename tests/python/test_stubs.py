"""Stubs and documentation: every public name has both, and a type checker can use them."""

import ast
import builtins
import importlib.util
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import lazulite
import lazulite.core

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))
import reference

PACKAGE = Path(lazulite.__file__).parent
STUBS = PACKAGE / "core"
MODULES = dict(reference.modules())

PROGRAM = '''
from collections.abc import Callable

import lazulite as lz
import lazulite.core as mx
import lazulite.nn as nn
import lazulite.optimizers as optim
from lazulite.utils import tree_flatten


class Net(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(4, width)
        self.out = nn.Linear(width, 2)

    def __call__(self, x: mx.array) -> mx.array:
        return self.out(nn.relu(self.hidden(x)))


def loss(model: Net, x: mx.array, y: mx.array) -> mx.array:
    return nn.losses.cross_entropy(model(x), y, reduction="mean")


net = Net(8)
adam = optim.Adam(learning_rate=1e-3)
step = nn.value_and_grad(net, loss)
x: mx.array = mx.random.normal((16, 4))
y = mx.random.randint(0, 2, (16,))
value, gradients = step(net, x, y)
adam.update(net, gradients)
mx.eval(net.parameters(), adam.state)
total: float = value.item()
x += 1
z = (x @ x.T)[0, :3].sum(axis=-1, keepdims=True) * 2 - 1 / x.mean()
shape: tuple[int, ...] = z.shape
same: mx.array = x == x
slope: Callable[..., mx.array] = mx.grad(lambda a: (a * a).sum())
compiled = mx.compile(lambda a: a + 1)(x)
first: mx.array = mx.split(x, 2)[0]
with mx.stream(mx.cpu):
    w = mx.exp(1.0) + mx.maximum(x, 0)
dtype: mx.Dtype = w.dtype
names = [name for name, _ in tree_flatten(net.parameters())]
half = mx.concatenate([x, x], axis=0).astype(mx.float16).reshape(-1, 2).at[0].add(1)
pi: float = lz.pi
'''

# What a checker must object to, and in which line.
WRONG = '''
import lazulite.core as mx

mx.reshape(3)
mx.arange("a")
x: int = mx.ones(3)
mx.no_such_name
'''


def stub_of(name):
    """The names in the stub of a module, or skip where none was made."""
    if not (STUBS / "__init__.pyi").exists():
        assert "site-packages" not in str(PACKAGE), "the installed package has no stubs"
        pytest.skip("the stubs were not built (target lazulite_stubs)")
    file = STUBS / (name.removeprefix("lazulite.core").removeprefix(".") or "__init__")
    names = {}
    for node in ast.parse(file.with_suffix(".pyi").read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names[node.name] = node
        elif isinstance(node, ast.AnnAssign):
            names[node.target.id] = node
        elif isinstance(node, ast.Assign):
            names[node.targets[0].id] = node
        elif isinstance(node, (ast.ImportFrom, ast.Import)):
            names |= {alias.asname or alias.name: node for alias in node.names}
    return names


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("lazulite.core")])
def test_every_name_has_a_stub(name):
    stub = stub_of(name)
    public = [n for n in dir(MODULES[name]) if not n.startswith("_")]
    assert [n for n in public if n not in stub] == []


def test_members_of_array_have_stubs():
    stub = {node.name for node in stub_of("lazulite.core")["array"].body if hasattr(node, "name")}
    own = {n for n, value in vars(lazulite.core.array).items() if callable(value)}
    own |= {n for n, value in vars(lazulite.core.array).items() if isinstance(value, property)}
    # What every object has, and the buffer protocol, which is older than its names.
    own -= {*vars(object), "__buffer__", "__release_buffer__"}
    assert sorted(own - stub) == []


def test_stubs_know_their_types():
    """No argument or result of an operation is of a type that the stub does not have."""
    names = stub_of("lazulite.core")
    known = names.keys() | set(dir(builtins))
    for node in ast.walk(ast.parse((STUBS / "__init__.pyi").read_text())):
        if isinstance(node, ast.FunctionDef):
            annotations = [a.annotation for a in (*node.args.args, *node.args.kwonlyargs)]
            for annotation in (*annotations, node.returns):
                for part in ast.walk(annotation or ast.Constant(0)):
                    if isinstance(part, ast.Name):
                        assert part.id in known, node.name


@pytest.mark.parametrize("name", MODULES)
def test_every_name_has_an_example(name):
    """The examples run in test_documentation."""
    module = MODULES[name]
    without = [
        n
        for n in reference.public(module)
        if callable(getattr(module, n)) and ">>>" not in (inspect.getdoc(getattr(module, n)) or "")
    ]
    assert without == [], "the docstring needs an example; of a binding, in bindings/examples/"


def test_the_package_says_that_it_is_typed():
    stub_of("lazulite.core")
    assert (PACKAGE / "py.typed").exists()


def checked(program, tmp_path):
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    stub_of("lazulite.core")
    file = tmp_path / "program.py"
    file.write_text(program)
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--follow-imports=silent", "--no-color-output", file],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_type_checker_accepts_a_program(tmp_path):
    run = checked(PROGRAM, tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_type_checker_finds_mistakes(tmp_path):
    run = checked(WRONG, tmp_path)
    lines = {int(line.split(":")[1]) for line in run.stdout.splitlines() if ": error:" in line}
    assert lines == {4, 5, 6, 7}, run.stdout
