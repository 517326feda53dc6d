"""What an entry is, and how functions are entered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import compare
from calls import Call, Program
from compare import exact
from drawing import Draw


@dataclass(frozen=True)
class Entry:
    """A name, a function that draws a request, the bound of the results."""

    name: str
    request: Callable[[Draw], Call | Program]
    bound: compare.Bound


ENTRIES: dict[str, Entry] = {}


def entry(names: str, bound: compare.Bound = exact):
    """Enters a function of a Draw that returns arguments, (args, options), or a Program, under each
    of the names."""

    def enter(draw_arguments):
        for name in names.split():

            def request(d: Draw, name=name):
                drawn = draw_arguments(d)
                if isinstance(drawn, Program):
                    return drawn
                if isinstance(drawn, tuple) and len(drawn) == 2 and isinstance(drawn[1], dict):
                    return Call(name, tuple(drawn[0]), drawn[1])
                return Call(name, tuple(drawn))

            ENTRIES[name] = Entry(name, request, bound)
        return draw_arguments

    return enter


def of_array(names: str, bound: compare.Bound = exact, **given):
    """Functions of one array."""
    entry(names, bound)(lambda d: [d.array(**given)])


def methods(*names: str) -> str:
    """The names as functions and as methods of arrays."""
    return " ".join(f"core.{name} core.array.{name}" for name in names)
