"""The programs in examples/mlx say the same under MLX and under Lazulite."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "mlx"
PROGRAMS = {p.stem: p.read_text() for p in EXAMPLES.glob("*.py") if p.stem != "datasets"}
MLX = os.environ.get("LAZULITE_MLX_PYTHON")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")

# Rounding grows from step to step; the numbers of different words may differ by so much.
TOLERANCES = {"accuracy": (0, 0.005), "norm": (2e-2, 0), "levels": (0, 0), "": (2e-3, 2e-4)}


def printed(command: list[str]) -> list[str]:
    out = subprocess.run(
        command, cwd=EXAMPLES, capture_output=True, text=True, timeout=300, check=False
    )
    assert out.returncode == 0, out.stderr
    return [line for line in out.stdout.splitlines() if not line.startswith("(")]


def labelled(line: str) -> list[tuple[str, float]]:
    """The numbers of a line, each with the word before it."""
    out, start = [], 0
    for match in NUMBER.finditer(line):
        words = re.findall(r"[a-z]+", line[start : match.start()])
        out.append((words[-1] if words else out[-1][0] if out else "", float(match[0])))
        start = match.end()
    return out


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_same_under_both(name):
    if not MLX:
        pytest.skip("LAZULITE_MLX_PYTHON names no Python that has MLX")
    ours = printed([sys.executable, "-m", "lazulite.mlx", f"{name}.py"])
    theirs = printed([MLX, f"{name}.py"])
    assert len(ours) == len(theirs) > 1
    for mine, other in zip(ours, theirs, strict=True):
        assert NUMBER.sub("#", mine) == NUMBER.sub("#", other)
        for (word, a), (_, b) in zip(labelled(mine), labelled(other), strict=True):
            relative, absolute = TOLERANCES.get(word, TOLERANCES[""])
            np.testing.assert_allclose(a, b, relative, absolute, err_msg=f"{mine}\n{other}")


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_runs_and_learns(name):
    lines = printed([sys.executable, "-m", "lazulite.mlx", f"{name}.py"])
    losses = [float(x) for line in lines for x in re.findall(r"\bloss ([\d.]+)", line)]
    assert np.isfinite(losses).all() and len(losses) > 1
    if name != "cnn":  # with dropout after its last layer, which takes longer
        assert losses[-1] < 0.98 * losses[0]
    assert lines == printed([sys.executable, "-m", "lazulite.mlx", f"{name}.py"]), "not the same"


def test_index_out_of_range_is_an_index_error():
    """As with a network of 10 classes and labels of 100: no crash, and the line is named."""
    program = (
        "import mlx.core as mx\n"
        "scores = mx.zeros((4, 10))\n"
        "labels = mx.array([1, 2, 99, 3])\n"
        "picked = mx.take_along_axis(scores, labels[:, None], axis=1)\n"
        "try:\n"
        "    mx.eval(picked)\n"
        "except IndexError as error:\n"
        "    print(error)\n"
    )
    out = subprocess.run(
        [sys.executable, "-m", "lazulite.mlx", "-c", program],
        capture_output=True,
        text=True,
        check=False,
    )
    assert out.returncode == 0, out.stderr
    for fact in ["99", "10", "line 4"]:
        assert fact in out.stdout
