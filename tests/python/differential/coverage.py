#!/usr/bin/env python3
"""Says of every public name of MLX how Lazulite has it, as a table in Markdown.

    LAZULITE_MLX_PYTHON=... python tests/python/differential/coverage.py --examples 200 > table.md

It takes minutes, on `--jobs` processes at once. With `--notes FILE` what is found is noted there
name by name, and a run that was broken off goes on where it was.

A name is equal to MLX's on so many drawn examples, or in so many recorded programs; or it differs,
or is missing. What departs on purpose is said with its reason, from tests/departures.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "conformance")]

from calls import Package  # noqa: E402
from compare import absolute, difference  # noqa: E402
from departures import recorded as departures  # noqa: E402
from entries import ENTRIES  # noqa: E402
from golden import families, programs, recorded, request  # noqa: E402
from harness import Differs, check, exists  # noqa: E402
from oracle import PYTHON, Oracle  # noqa: E402
from test_conformance import DEPARTURES  # noqa: E402

_NAMES = HERE / "mlx-names.txt"
# Names of the typing module and the like, which MLX's modules show by accident.
_ACCIDENTS = {"nn.losses.Literal", "nn.losses.Optional", "nn.losses.get_args"}
_ACCIDENTS |= {"nn.init.Callable", "nn.init.Literal"}


@dataclass(frozen=True)
class Name:
    """A name: its section in the list, and its path within the package."""

    section: str
    path: str


def names() -> list[Name]:
    """All names of the list."""
    out, section = [], ""
    for line in _NAMES.read_text().splitlines():
        if line.startswith("["):
            section = line[1 : line.index("]")]
        elif line and not line.startswith("#"):
            prefix = section.split(" (")[0].removeprefix("mlx.")
            out += [Name(section, f"{prefix}.{name}") for name in line.split()]
    return out


def in_programs(package: Package) -> tuple[Counter, Counter]:
    """In how many recorded programs each word occurs that give what MLX gave, and in how many of
    those that do not."""
    equal, different = Counter(), Counter()
    package.core._set_module_name("mlx.core")
    for family in families():
        results = recorded(family)
        for source in dict.fromkeys(programs(family)):
            if any(source.startswith(beginning) for beginning in DEPARTURES):
                continue
            ours = package.perform(request(source))
            found = difference(request(source), ours, results[source], absolute(64), None)
            for word in set(re.findall(r"[A-Za-z_]\w*", source)):
                (different if found else equal)[word] += 1
    package.core._set_module_name("lazulite.core")
    return equal, different


_OPERATORS = {
    "__array__": "asarray",
    "__bool__": "bool",
    "__bytes__": "bytes",
    "__copy__": "copy",
    "__setstate__": "pickle",
    "__dlpack__": "from_dlpack",
    "__module__": "__module__",
}


class Judge:
    """Finds out how Lazulite has a name."""

    def __init__(self, examples: int) -> None:
        self.examples = examples
        self.package = Package("lazulite")
        self.oracle = Oracle(PYTHON)
        self.equal, self.different = in_programs(self.package)
        self.departures = departures()

    def found(self, name: Name) -> tuple[str, str]:
        """Its kind, and the state."""
        last = name.path.rpartition(".")[2]
        if name.path in _ACCIDENTS:
            return "equal", "a name of Python's"
        if not exists(self.package, name.path):
            return "missing", "missing"
        reasons = "; ".join(
            f"departs: {record['domain']} ({record['reason']})"
            for record in self.departures.get(last, [])
        )
        kind, said = self.compared(name.path, _OPERATORS.get(last, last))
        return kind, f"{said}; {reasons}" if reasons else said

    def compared(self, path: str, word: str) -> tuple[str, str]:
        if path in ENTRIES:
            try:
                outcome = check(ENTRIES[path], self.package, self.oracle, self.examples)
            except Differs as error:
                return "differs", "differs: " + str(error).split("\n")[0][:160]
            return "equal", f"equal on {outcome.compared} examples"
        if self.equal[word]:
            return "equal", f"equal in {self.equal[word]} programs"
        if self.different[word]:
            return "differs", "differs in a recorded program"
        return "untested", "there, not compared"


def begin(examples: int) -> None:
    """What a process of the pool needs: its own judge, with its own MLX."""
    global judge
    judge = Judge(examples)


def judged(name: Name) -> tuple[str, str]:
    """What the process's judge says of a name."""
    return judge.found(name)


def found_in_parallel(
    wanted: Iterable[Name], examples: int, jobs: int
) -> Iterable[tuple[Name, tuple[str, str]]]:
    """Names with what is found of them, in the order in which that is known."""
    with ProcessPoolExecutor(jobs, get_context("spawn"), begin, (examples,)) as pool:
        running = {pool.submit(judged, name): name for name in wanted}
        for future in as_completed(running):
            yield running[future], future.result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1, help="names compared at once")
    parser.add_argument("--notes", type=Path, help="what is found, to go on with")
    arguments = parser.parse_args()
    if not PYTHON:
        raise SystemExit("coverage: LAZULITE_MLX_PYTHON must name a Python that has MLX")
    known: dict[str, tuple[str, str]] = {}
    if arguments.notes and arguments.notes.exists():
        lines = (json.loads(line) for line in arguments.notes.read_text().splitlines())
        known = {path: (kind, text) for path, kind, text in lines}
    wanted = [name for name in names() if name.path not in known]
    for name, (kind, text) in found_in_parallel(wanted, arguments.examples, arguments.jobs):
        known[name.path] = kind, text
        if arguments.notes:
            with arguments.notes.open("a") as file:
                file.write(json.dumps([name.path, kind, text]) + "\n")
    table, section, counts = [], "", Counter()
    for name in names():
        if name.section != section:
            section = name.section
            table += ["", f"## {section}", "", "| name | state |", "|---|---|"]
        kind, text = known[name.path]
        counts[kind] += 1
        table.append(f"| `{name.path.rpartition('.')[2]}` | {text} |".replace("\n", " "))
    print("# Coverage of MLX's names\n")
    print(
        f"Of the {sum(counts.values())} public names of MLX 0.32.4 (CPU), {counts['equal']} are "
        f"equal, {counts['differs']} differ somewhere, {counts['untested']} are there and not "
        f"compared, {counts['missing']} are missing. Made by "
        f"`tests/python/differential/coverage.py --examples {arguments.examples}`."
    )
    print("\n".join(table))


if __name__ == "__main__":
    main()
