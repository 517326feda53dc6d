"""Programs with the results that MLX 0.32.4 gave.

A family is a file of programs separated by empty lines, each ending with an expression, where
`attempt` gives what a function returns or the exception; beside it lies what MLX made of them. `LAZULITE_MLX_PYTHON tests/python/conformance/golden.py` records it again.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "differential"))

from calls import Array, Dtype, Object, Package, Program, Raised  # noqa: E402


def programs(family: str) -> list[str]:
    """The programs of a family."""
    return [p.strip("\n") for p in (HERE / f"{family}.txt").read_text().split("\n\n") if p.strip()]


def families() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.txt"))


def request(source: str) -> Program:
    """A program that leaves the value of its last expression."""
    last = ast.parse(source).body[-1]
    if not isinstance(last, ast.Expr):
        return Program(source + "\nresult = None")
    lines = source.split("\n")
    first = last.lineno - 1
    return Program("\n".join([*lines[:first], "result = (", *lines[first:], ")"]))


def to_json(value):
    """A result as JSON: what JSON has not becomes a dict with the key of its kind."""
    if isinstance(value, Array):
        numbers = value.values
        if np.iscomplexobj(numbers):
            numbers = np.stack([numbers.real, numbers.imag], -1)
        return {
            "array": value.dtype,
            "shape": list(value.shape),
            "values": numbers.ravel().tolist(),
        }
    if isinstance(value, Dtype):
        return {"dtype": value.name}
    if isinstance(value, Object):
        return {"object": value.text}
    if isinstance(value, Raised):
        return {"raised": value.type}
    if isinstance(value, tuple):
        return {"tuple": [to_json(item) for item in value]}
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[to_json(key), to_json(item)] for key, item in value.items()]}
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, bytes):
        return {"bytes": list(value)}
    return value


def from_json(value):
    """The result again."""
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "array" in value:
        name = value["array"]
        kind = np.dtype({"bfloat16": "float32"}.get(name, name))
        if kind.kind == "c":
            parts = np.array(value["values"], np.float64).reshape(*value["shape"], 2)
            numbers = np.empty(value["shape"], kind)
            numbers.real, numbers.imag = parts[..., 0], parts[..., 1]
            return Array(name, numbers)
        return Array(name, np.array(value["values"], kind).reshape(value["shape"]))
    if "dtype" in value:
        return Dtype(value["dtype"])
    if "object" in value:
        return Object(value["object"])
    if "raised" in value:
        return Raised(value["raised"], "", (value["raised"],))
    if "tuple" in value:
        return tuple(from_json(item) for item in value["tuple"])
    if "complex" in value:
        return complex(*value["complex"])
    if "bytes" in value:
        return bytes(value["bytes"])
    return {from_json(key): from_json(item) for key, item in value["dict"]}


def recorded(family: str) -> dict[str, object]:
    """What MLX made of a family's programs, by their source."""
    entries = json.loads((HERE / f"{family}.json").read_text())
    return {entry["program"]: from_json(entry["result"]) for entry in entries}


def record() -> None:
    mlx = Package("mlx")
    for family in families():
        entries = []
        for source in programs(family):
            entries.append({"program": source, "result": to_json(mlx.perform(request(source)))})
        lines = ",\n".join(json.dumps(entry) for entry in entries)
        (HERE / f"{family}.json").write_text(f"[\n{lines}\n]\n")
        raised = [e for e in entries if isinstance(e["result"], dict) and "raised" in e["result"]]
        print(family, len(entries), "programs,", len(raised), "raise")


if __name__ == "__main__":
    record()
