"""The part of a report that is worth keeping: without what a run goes on from, and without traces,
which are large."""

from __future__ import annotations

from pathlib import Path

from . import html, markdown
from .files import write_atomically
from .report import document

KEPT = ["results.json", "*.cnn.bench.out", "profile-*.flame.html"]


def without_folders(text: str) -> str:
    """Names the files of this package from its own folder on: where that lies, others do not have
    to know."""
    for here in (Path(__file__), Path(__file__).resolve()):
        text = text.replace(f"{here.parents[2]}/", "")
    return text


def keep(folder: Path, to: Path, results: dict) -> None:
    """Makes the pages anew, which then name nothing that is not beside them."""
    to.mkdir(parents=True, exist_ok=True)
    for pattern in (*KEPT, "*.svg"):
        for old in to.glob(pattern):
            old.unlink()
    for pattern in KEPT:
        for file in sorted(folder.glob(pattern)):
            write_atomically(to / file.name, without_folders(file.read_text(encoding="utf-8")))
    report = document(results, traces=False)
    write_atomically(to / "index.html", html.page(report))
    markdown.write(report, to / "report.md")
