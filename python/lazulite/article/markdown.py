"""A document as Markdown, with its pictures as files beside it."""

from __future__ import annotations

from pathlib import Path

from .document import Cell, Document, Figures, Heading, Pictures, Sentences, Table
from .files import write_atomically


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def table(block: Table) -> str:
    def row(values):
        texts = [value.text if isinstance(value, Cell) else value for value in values]
        return "| " + " | ".join(escaped(t) for t in texts) + " |"

    marks = ["---" if i < block.words else "---:" for i in range(len(block.columns))]
    rule = "|" + "|".join(marks) + "|"
    return "\n".join([row(block.columns), rule, *(row(r) for r in block.rows)])


def markdown_of(block, folder: Path) -> str:
    match block:
        case Heading():
            return f"## {escaped(block.text)}"
        case Sentences():
            links = [f"[{escaped(words)}]({to})" for words, to in block.links]
            return escaped(block.text) + (f" {', '.join(links)}." if links else "")
        case Table():
            return table(block)
        case Figures():
            return "\n".join(
                f"- **{escaped(f.value.text)}** {escaped(f.words)}" for f in block.figures
            )
        case Pictures():
            parts = []
            for one in filter(None, block.pictures):
                write_atomically(folder / f"{one.name}.svg", one.svg + "\n")
                parts.append(f"### {escaped(one.title)}\n\n![{escaped(one.title)}]({one.name}.svg)")
                if one.table:
                    parts.append(table(one.table))
            return "\n\n".join(parts)
    raise TypeError(f"{type(block).__name__} is no block of a document")


def write(document: Document, path: Path) -> None:
    """Writes the file, and the pictures beside it."""
    head = [f"# {escaped(document.title)}", escaped(document.subtitle)]
    blocks = [markdown_of(block, path.parent) for block in document.blocks]
    write_atomically(path, "\n\n".join([*head, *blocks]) + "\n")
