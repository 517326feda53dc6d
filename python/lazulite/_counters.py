"""Finds the variables that a function does nothing with but count, as in ``calls += 1``.

Their numbers cannot reach what the function computes, so that a compiled function does not depend
on them.
"""

from __future__ import annotations

import dis
import opcode
from types import CodeType
from typing import FrozenSet

_STORES = {"STORE_GLOBAL": "LOAD_GLOBAL", "STORE_DEREF": "LOAD_DEREF"}
_STORE_CODES = {opcode.opmap[name] for name in _STORES}
_CONSTANTS = ("LOAD_CONST", "LOAD_SMALL_INT")
_SILENT = ("CACHE", "COPY_FREE_VARS", "EXTENDED_ARG", "NOP")


def counters(code: CodeType) -> FrozenSet[str]:
    """The globals and the variables of enclosing functions that this code, not looking at the
    functions inside of it, only changes by numbers that it holds."""
    if _STORE_CODES.isdisjoint(code.co_code[::2]):
        return frozenset()
    steps = [step for step in dis.get_instructions(code) if step.opname not in _SILENT]
    counted = set()  # places in `steps` of loads and stores that count
    stored = set()
    for i, step in enumerate(steps):
        load = _STORES.get(step.opname)
        if load is None:
            continue
        stored.add(step.argval)
        if (
            i >= 3
            and steps[i - 1].opname == "BINARY_OP"
            and steps[i - 2].opname in _CONSTANTS
            and isinstance(steps[i - 2].argval, (int, float))
            and steps[i - 3].opname == load
            and steps[i - 3].argval == step.argval
        ):
            counted.update((i, i - 3))
    constants = [i for i, step in enumerate(steps) if step.opname in _CONSTANTS]
    elsewhere = {
        step.argval
        for i, step in enumerate(steps)
        if i not in counted and i not in constants and isinstance(step.argval, str)
    }
    return frozenset(stored - elsewhere)
