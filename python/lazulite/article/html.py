"""A document as a page that needs nothing beside itself."""

from __future__ import annotations

from html import escape
from pathlib import Path

from .charts import colour
from .document import Cell, Document, Figures, Heading, Picture, Pictures, Sentences, Table


def figure_attributes(cell: Cell) -> str:
    return f' data-path="{escape(cell.path)}" data-scale="{cell.scale!r}"' if cell.path else ""


def field(value: Cell | str, tag: str, words: bool, dot: str = "") -> str:
    cell = value if isinstance(value, Cell) else Cell(value)
    kind = ' class="words"' if words else ""
    mark = f'<i class="dot" style="background: {dot}"></i>' if dot else ""
    return f"<{tag}{kind}{figure_attributes(cell)}>{mark}{escape(cell.text)}</{tag}>"


def table(block: Table) -> str:
    def row(values, tag, dot=""):
        cells = [
            field(value, tag, i < block.words, dot if i == 0 else "")
            for i, value in enumerate(values)
        ]
        return "<tr>" + "".join(cells) + "</tr>"

    dots = [colour(name) for name in block.names] or [""] * len(block.rows)
    body = "\n".join(row(r, "td", dot) for r, dot in zip(block.rows, dots, strict=True))
    head = f"<thead>{row(block.columns, 'th')}</thead>\n" if any(block.columns) else ""
    return f'<div class="table"><table>\n{head}<tbody>\n{body}\n</tbody></table></div>'


def picture(block: Picture) -> str:
    note = f"<small>{escape(block.note)}</small>" if block.note else ""
    below = table(block.table) if block.table else ""
    return (
        f'<figure id="{block.name}"><figcaption>{escape(block.title)}{note}</figcaption>\n'
        f"{block.svg}\n{below}</figure>"
    )


def html_of(block) -> str:
    match block:
        case Heading():
            return f"<h2>{escape(block.text)}</h2>"
        case Sentences():
            kind = ' class="quiet"' if block.quiet else ""
            links = [f'<a href="{escape(to)}">{escape(words)}</a>' for words, to in block.links]
            after = f" {', '.join(links)}." if links else ""
            return f"<p{kind}>{escape(block.text)}{after}</p>"
        case Table():
            return table(block)
        case Pictures():
            shown = "\n".join(picture(p) for p in block.pictures if p)
            return f'<div class="pictures">\n{shown}\n</div>'
        case Figures():
            shown = "\n".join(
                f"<div><b{figure_attributes(f.value)}>{escape(f.value.text)}</b> "
                f"<span>{escape(f.words)}</span></div>"
                for f in block.figures
            )
            return f'<div class="figures">\n{shown}\n</div>'
    raise TypeError(f"{type(block).__name__} is no block of a document")


def page(document: Document) -> str:
    style = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
    blocks = "\n".join(html_of(block) for block in document.blocks)
    # Names with hyphens stay on one line.
    heading = escape(document.title).replace("-", "\u2011")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(document.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header><div><h1>{heading}</h1>\n<p>{escape(document.subtitle)}</p>"
        f"</div></header>\n<main>\n{blocks}\n</main>\n</body>\n</html>\n"
    )
