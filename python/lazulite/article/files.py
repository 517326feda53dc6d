"""Files that are there whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    with open(part, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def write_json(path: Path, value: object) -> None:
    write_atomically(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


def append_line(path: Path, value: object) -> None:
    """A line of JSON; one that was cut off by a kill is ended first."""
    with open(path, "a+b") as file:
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(json.dumps(value, allow_nan=False).encode() + b"\n")


def read_lines(path: Path) -> list:
    """The lines of JSON that are whole."""
    if not path.exists():
        return []
    out = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            out.append(json.loads(line))
        except ValueError:
            continue  # cut off by a kill
    return out
