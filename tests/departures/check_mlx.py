#!/usr/bin/env python3
"""Measures the `mlx` column of departures.txt again.

    python3 -m venv peers && peers/bin/pip install mlx==0.32.4 mlx-cpu==0.32.4 numpy
    peers/bin/python tests/departures/check_mlx.py

Prints what differs, and fails then.
"""
import math
import os
import sys
import tempfile

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np

inf, nan = math.inf, math.nan


def refused(function):
    """Whether MLX raises an error."""
    try:
        mx.eval(function())
    except Exception:
        return "not supported"
    return "nothing is raised"


def gradient_of_overwritten():
    def loss(values):
        x = mx.zeros((1,))
        x[mx.array([0, 0])] = values
        return x.sum()

    return mx.grad(loss)(mx.array([1.0, 2.0])).tolist()


def written_apart():
    x, a = mx.zeros((2, 2, 2)), mx.array([0, 1])
    x[0, :, a] = mx.array([[1.0, 2.0], [3.0, 4.0]])
    return x[0, :, a].tolist()


def batch_norm_of_nothing():
    layer = nn.BatchNorm(2)
    layer.train()
    layer(mx.zeros((0, 2)))
    return layer.running_mean.tolist()


def step_of_halves(optimizer):
    zero = {"w": mx.array([[0.0]], mx.float16)}
    return optimizer.apply_gradients(zero, {"w": mx.array([[1.0]], mx.float16)})["w"].item()


def state_of_halves(optimizer):
    """The dtypes of what is kept of a float16 parameter."""
    step_of_halves(optimizer)
    return ", ".join(sorted({str(value.dtype) for value in optimizer.state["w"].values()}))


def bool_of_two():
    header = b'{"x":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}'
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
        file.write(len(header).to_bytes(8, "little") + header + b"\x02")
        file.flush()
        return refused(lambda: mx.load(file.name)["x"])


def records():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "departures.txt")
    record = {}
    for line in [*open(path), "\n"]:
        if line.startswith("#"):
            continue
        if line.strip():
            field, text = line.rstrip("\n").split(None, 1)
            record[field] = text
        elif record:
            yield record
            record = {}


def function_named(name):
    if name.endswith("_of_pair"):
        return lambda x, y: getattr(mx, name[: -len("_of_pair")])(mx.stack([x, y]))
    return getattr(nn, name, None) or getattr(mx, name)


def measured(record):
    if "measure" in record:
        return str(eval(record["measure"])).replace("-nan", "nan")
    kind, *words = record["at"].split()
    which = int(words.pop(0)) if kind == "gradient" else None
    inputs = [mx.array(float(x), getattr(mx, words[0])) for x in words[1:]]
    function = function_named(record["function"])
    return (function if which is None else mx.grad(function, argnums=which))(*inputs).item()


def same(got, expected):
    if isinstance(got, str):
        return got == expected
    expected = float(expected)
    return got == expected or math.isnan(got) and math.isnan(expected) or (
        math.isfinite(got) and abs(got - expected) <= 1e-6 * abs(expected))


differ = [(r, got) for r in records() if not same(got := measured(r), r["mlx"])]
for record, got in differ:
    print(f"{record['function']}, {record['domain']}: MLX gives {got}, the list says {record['mlx']}")
sys.exit(bool(differ))
