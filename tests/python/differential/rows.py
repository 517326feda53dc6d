"""Entries of the elementwise operations, generated from their table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

_TABLE = Path(__file__).parents[3] / "lazulite" / "ops" / "elementwise.def"


@dataclass(frozen=True)
class Row:
    """A row: its name, the number of its inputs, the rule of its types, its accuracy in ULP."""

    name: str
    arity: int
    types: str
    accuracy: float


def rows() -> Iterator[Row]:
    """The rows of the table, aliases too."""
    text = "\n".join(line for line in _TABLE.read_text().splitlines() if not line.startswith("//"))
    found = {}
    for name, arity, types, ulp in re.findall(
        r"^ELEMENTWISE\(\s*(\w+),\s*(\d),\s*(\w+),\s*([\d.]+),", text, re.M
    ):
        found[name] = Row(name, int(arity), types, float(ulp))
    for alias, name in re.findall(r"^ALIAS\((\w+),\s*(\w+)\)", text, re.M):
        found[alias] = replace(found[name], name=alias)
    yield from found.values()
