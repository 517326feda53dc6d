"""The command as a process, on planted images that take no time to learn."""

from __future__ import annotations

import json
import os
import random
import re
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
BUILT = ROOT / "build" / "bin" / "lazulite-cnn"


def write_idx(path, magic, shape, content):
    header = struct.pack(f">{1 + len(shape)}I", magic, *shape)
    path.write_bytes(header + bytes(content))


def plant(folder, training=200, test=40, side=8):
    """Images by turns dark with label 0 and bright with label 1; no two pixels are alike for long,
    so that nothing hangs on which of equal ones a maximum is."""
    folder.mkdir()
    draw = random.Random(0)
    for part, count in (("train", training), ("t10k", test)):
        pixels = bytes(
            155 * (i % 2) + draw.randrange(101) for i in range(count) for _ in range(side * side)
        )
        shape = (count, side, side)
        write_idx(folder / f"{part}-images-idx3-ubyte", 0x803, shape, pixels)
        labels = [i % 2 for i in range(count)]
        write_idx(folder / f"{part}-labels-idx1-ubyte", 0x801, (count,), labels)
    return folder


def command(data, output, *options):
    words = ["--mnist", data, "--output", output, "--quick", "--batch", "16", "--threads", "1"]
    if BUILT.exists() and "--program" not in options:
        words += ["--program", BUILT]
    return [sys.executable, "-P", "-m", "lazulite.article", *map(str, [*words, *options])]


def run(data, output, *options, environment=None):
    return subprocess.run(
        command(data, output, *options),
        capture_output=True, text=True, timeout=300, env={**os.environ, **(environment or {})},
    )  # fmt: skip


def results_of(output):
    return json.loads((output / "results.json").read_text())


def record_of(output, name="lazulite-python", seed=0):
    return json.loads((output / "state" / f"{name}.seed{seed}.json").read_text())["values"]


def figures_of(page):
    """(text, pointer, scale) of every figure that a page shows."""
    found = re.findall(r'data-path="([^"]+)" data-scale="([^"]+)">(?:<i [^>]*></i>)?([^<]*)<', page)
    return [(text, path, float(scale)) for path, scale, text in found]


def value_at(results, path):
    at = results
    for part in path.strip("/").split("/"):
        at = at[int(part)] if isinstance(at, list) else at[part]
    return at


def shown_number(text):
    """The number, and half of a unit of its last place."""
    digits = re.match(r"[+-]?[\d\u202f]*\.?\d+(?:e[+-]\d+)?", text).group().replace("\u202f", "")
    mantissa, _, exponent = digits.partition("e")
    places = len(mantissa.partition(".")[2])
    return float(digits), 0.5 * 10.0 ** (int(exponent or 0) - places)
