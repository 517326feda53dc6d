"""What importing costs, and the examples of the docstrings."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

from lazulite import data

MODULES = [m.name for m in pkgutil.iter_modules(data.__path__)]


def test_importing_brings_nothing_that_is_not_needed_yet():
    program = (
        "import sys, lazulite.data; "
        "print([m for m in ('numpy', 'multiprocessing', 'torch', 'tqdm') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert out.stdout == "[]\n"


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(f"lazulite.data.{name}")
    result = doctest.testmod(module, extraglobs=vars(data))
    assert result.failed == 0


def test_everything_public_has_documentation():
    for name in data.__all__:
        assert getattr(data, name).__doc__, name
    assert doctest.testmod(data).attempted > 0
