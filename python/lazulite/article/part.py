"""What the parts of a report share: words, and cells that know where their numbers are from."""

from __future__ import annotations

from .document import Cell, Numbers

THIN = "\u202f"


def number(value: float) -> str:
    """Three figures, and no exponents."""
    if abs(value) >= 10_000:
        return f"{value:,.0f}".replace(",", THIN)
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    if abs(value) >= 1:
        return f"{value:.2f}"
    return f"{value:.3f}"


def several(count: int, one: str, many: str = "") -> str:
    """'one epoch', '3 epochs'"""
    return f"one {one}" if count == 1 else f"{count:,} ".replace(",", THIN) + (many or one + "s")


def list_of(words: list[str]) -> str:
    return words[0] if len(words) < 2 else ", ".join(words[:-1]) + " and " + words[-1]


class Part:
    """A part of the report of results."""

    def __init__(self, results: dict):
        self.results = results
        self.numbers = Numbers(results)
        self.configurations = results["configurations"]
        self.titles = {c["name"]: c["title"] for c in self.configurations}

    def cell(self, path: str, scale: float = 1, form=number) -> Cell:
        value = self.numbers.value(path)
        return Cell("–") if value is None else Cell(form(value * scale), path, scale)

    def with_unit(self, path: str, scale: float, unit: str, form=number) -> Cell:
        cell = self.cell(path, scale, form)
        return Cell(f"{cell.text}{THIN}{unit}", cell.path, cell.scale)
