"""Every function that Lazulite has does what MLX's does, on drawn arguments.

Needs the environment variable LAZULITE_MLX_PYTHON: a Python that has MLX 0.32.4.
"""

from __future__ import annotations

import pytest
from entries import ENTRIES
from harness import check, exists


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_as_mlx(name, package, oracle, examples):
    if not exists(package, name):
        pytest.skip(f"Lazulite has no {name} yet")
    outcome = check(ENTRIES[name], package, oracle, examples)
    assert outcome.compared > outcome.refused, f"no call of {name} succeeded"
