"""What has been measured so far, one file for each configuration and seed."""

from __future__ import annotations

import json
from pathlib import Path

from .files import write_json


class Record:
    """The results of a configuration with a seed, in `folder`, with the conditions they hold for.

    What an earlier run has left is taken over if its conditions were the same; otherwise it is
    removed, with its checkpoint, and `renewed` says what differed.
    """

    def __init__(self, folder: Path, name: str, seed: int, conditions: dict, suffix: str = ""):
        self.path = folder / f"{name}.seed{seed}.json"
        self.checkpoint = folder / f"{name}.seed{seed}{suffix}"
        self.conditions = conditions
        self.values: dict = {}
        self.renewed: str | None = None
        before = self.read()
        if before is not None and before.get("conditions") == conditions and "values" in before:
            self.values = before["values"]
            return
        if before is not None:
            known = before.get("conditions")
            self.renewed = differences(known, conditions) if known else "what was kept is damaged"
        self.checkpoint.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def read(self) -> dict | None:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def get(self, what: str, default=None):
        return self.values.get(what, default)

    def set(self, what: str, value) -> None:
        self.values[what] = value
        write_json(self.path, {"conditions": self.conditions, "values": self.values})


def differences(before: dict, now: dict) -> str:
    """'the processor was A and is B, ...'"""
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    parts = []
    for name in names:
        if name in ("program", "data"):
            parts.append(f"the {name} is another one")
        else:
            parts.append(f"the {name} was {before.get(name)} and is {now.get(name)}")
    return ", ".join(parts)
