"""The report as headings, sentences, tables and pictures, for the page and for Markdown alike."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """A field of a table. One that shows a figure says where results.json has it (`path`, a JSON
    pointer) and what it was multiplied by."""

    text: str
    path: str = ""
    scale: float = 1


@dataclass
class Heading:
    text: str


@dataclass
class Sentences:
    text: str
    quiet: bool = False
    links: list[tuple[str, str]] = field(default_factory=list)  #: at the end: words, and where to


@dataclass
class Table:
    columns: list[str]
    rows: list[list[Cell | str]]
    names: list[str] = field(default_factory=list)  #: of the rows' configurations, for colours
    words: int = 1  #: columns from the left that hold words


@dataclass
class Picture:
    name: str  #: of its file
    title: str
    svg: str
    table: Table | None = None
    note: str = ""


@dataclass
class Pictures:
    """Beside each other where there is room."""

    pictures: list[Picture]


@dataclass
class Figure:
    """A number to see first."""

    value: Cell
    words: str


@dataclass
class Figures:
    figures: list[Figure]


Block = Heading | Sentences | Table | Pictures | Figures


@dataclass
class Document:
    title: str
    subtitle: str
    blocks: list[Block]


class Numbers:
    """Makes cells of what lies at a pointer of the results."""

    def __init__(self, results: dict):
        self.results = results

    def value(self, path: str):
        at = self.results
        for part in path.strip("/").split("/"):
            if at is None:
                return None
            at = at[int(part)] if isinstance(at, list) else at.get(part)
        return at

    def cell(self, path: str, form: str = "{:.3g}", scale: float = 1) -> Cell:
        value = self.value(path)
        if value is None:
            return Cell("–")
        return Cell(form.format(value * scale), path, scale)
