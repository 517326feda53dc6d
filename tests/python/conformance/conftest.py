"""The package under test, and the harness of the differential tests."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "differential")]


@pytest.fixture
def package():
    from calls import Package

    package = Package("lazulite")
    # `compile` is MLX's under MLX's name.
    package.core._set_module_name("mlx.core")
    yield package
    package.core._set_module_name("lazulite.core")
