"""The two packages: Lazulite in this process, MLX in one of its own."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def examples(request):
    return request.config.getoption("--examples", default=20)


@pytest.fixture(scope="session")
def package():
    from calls import Package

    return Package("lazulite")


@pytest.fixture(scope="session")
def oracle():
    from oracle import PYTHON, Oracle

    if not PYTHON:
        pytest.skip("LAZULITE_MLX_PYTHON names no Python that has MLX")
    oracle = Oracle(PYTHON)
    yield oracle
    oracle.close()
