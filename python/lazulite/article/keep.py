"""The part of a report that is worth keeping: without what a run goes on from, and without traces,
which are large."""

from __future__ import annotations

import json
import re
from pathlib import Path

from . import html, markdown
from .files import write_atomically, write_json
from .report import document

KEPT = ["results.json", "*.cnn.bench.out", "profile-*.flame.html"]


def without_folders(text: str) -> str:
    """Names the files of this package from its own folder on: where that lies, others do not have
    to know."""
    for here in (Path(__file__), Path(__file__).resolve()):
        text = text.replace(f"{here.parents[2]}/", "")
    return text


def last_names(sentence: str) -> str:
    """With the last name of each path alone, as of interpreters and environments."""
    return re.sub(r"(?<![\w/])/(?:[^\s/'\"]+/)+", "", sentence)


def keep(folder: Path, to: Path, results: dict) -> None:
    """Makes the pages anew, which then name nothing that is not beside them."""
    to.mkdir(parents=True, exist_ok=True)
    for pattern in (*KEPT, "*.svg"):
        for old in to.glob(pattern):
            old.unlink()
    for pattern in KEPT:
        for file in sorted(folder.glob(pattern)):
            write_atomically(to / file.name, without_folders(file.read_text(encoding="utf-8")))
    left_out = [last_names(sentence) for sentence in results["left_out"]]
    results = {**results, "left_out": left_out}
    kept = json.loads((to / "results.json").read_text(encoding="utf-8"))
    write_json(to / "results.json", {**kept, "left_out": left_out})
    report = document(results, traces=False)
    write_atomically(to / "index.html", html.page(report))
    markdown.write(report, to / "report.md")
