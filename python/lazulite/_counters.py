"""Finds the variables that a function does nothing with but count or keep records in, as in
``calls += 1``, ``shapes.append(x.shape)`` and ``counts["step"] += 1``.

What they hold cannot reach what the function computes, so that a compiled function does not depend
on it.
"""

from __future__ import annotations

import dis
import opcode
from types import CodeType
from typing import FrozenSet, List, Set

_STORES = {"STORE_GLOBAL": "LOAD_GLOBAL", "STORE_DEREF": "LOAD_DEREF"}
_LOADS = tuple(_STORES.values())
_CONSTANTS = ("LOAD_CONST", "LOAD_SMALL_INT")
_SILENT = ("CACHE", "COPY_FREE_VARS", "EXTENDED_ARG", "NOP", "NOT_TAKEN", "RESUME")
#: Methods of lists and dicts that give None, whatever is in there.
_RECORDS = ("append", "extend", "insert", "update", "clear")
_STORE_CODES = {opcode.opmap[name] for name in (*_STORES, "STORE_SUBSCR")}

Steps = List[dis.Instruction]


def _names(steps: Steps, at: int) -> List[str]:
    return [step.opname for step in steps[at : at + 10]]


def _is_number(step: dis.Instruction) -> bool:
    return step.opname in _CONSTANTS and isinstance(step.argval, (int, float))


def _is_in_place(step: dis.Instruction) -> bool:
    return step.opname == "BINARY_OP" and step.argrepr.endswith("=")


def _counts(steps: Steps, i: int) -> bool:
    """Whether a variable is loaded at i for ``name += 1``."""
    return (
        len(steps) > i + 3
        and _is_number(steps[i + 1])
        and steps[i + 2].opname == "BINARY_OP"
        and _STORES.get(steps[i + 3].opname) == steps[i].opname
        and steps[i + 3].argval == steps[i].argval
    )


def _end_of_key(steps: Steps, i: int) -> int:
    """Where the value of an expression whose steps begin at i lies on top of the variable loaded
    before, and is used with it; -1 if that is not to be seen."""
    depth = 0
    for j in range(i, len(steps)):
        step = steps[j]
        if depth == 1 and step.opname in ("COPY", "STORE_SUBSCR"):
            return j
        if step.opcode in dis.hasjrel or step.opcode in dis.hasjabs:
            return -1
        if step.opname in ("COPY", "SWAP") and step.arg > depth:
            return -1
        depth += dis.stack_effect(step.opcode, step.arg, jump=False)
        if depth < 0:
            return -1
    return -1


def _counts_item(steps: Steps, i: int) -> bool:
    """Whether a variable is loaded at i for ``name[key] += 1``."""
    j = _end_of_key(steps, i + 1)
    return (
        len(steps) > j + 7
        and j >= 0
        and _names(steps, j)[:2] == ["COPY", "COPY"]
        and (steps[j + 2].opname == "BINARY_SUBSCR" or steps[j + 2].argrepr == "[]")
        and _is_number(steps[j + 3])
        and _is_in_place(steps[j + 4])
        and _names(steps, j + 5)[:3] == ["SWAP", "SWAP", "STORE_SUBSCR"]
    )


def _sets_item(steps: Steps, i: int) -> bool:
    """Whether a variable is loaded at i for ``name[key] = …``."""
    j = _end_of_key(steps, i + 1)
    return j >= 0 and steps[j].opname == "STORE_SUBSCR"


def _calls_method(steps: Steps, i: int) -> bool:
    """Whether a variable is loaded at i for ``name.append(…)`` or its like. An attribute that is
    not called at once is loaded in another way, and could be asked for its object."""
    if len(steps) <= i + 1 or steps[i + 1].argval not in _RECORDS:
        return False
    step = steps[i + 1]
    return step.opname == "LOAD_METHOD" or (step.opname == "LOAD_ATTR" and bool(step.arg & 1))


def counters(code: CodeType) -> FrozenSet[str]:
    """The globals and the variables of enclosing functions that this code, not looking at the
    functions inside of it, only changes by numbers that it holds, or puts something into."""
    if _STORE_CODES.isdisjoint(code.co_code[::2]) and not set(_RECORDS) & set(code.co_names):
        return frozenset()
    steps = [step for step in dis.get_instructions(code) if step.opname not in _SILENT]
    counted: Set[str] = set()
    silent: Set[int] = set()  # places in `steps` that name a counter without reading it
    for i, step in enumerate(steps):
        if step.opname in _STORES:
            counted.add(step.argval)
        if step.opname not in _LOADS:
            continue
        if _counts(steps, i):
            silent.update((i, i + 3))
        elif _counts_item(steps, i) or _sets_item(steps, i) or _calls_method(steps, i):
            counted.add(step.argval)
            silent.add(i)
    elsewhere = {
        step.argval
        for i, step in enumerate(steps)
        if i not in silent and step.opname not in _CONSTANTS and isinstance(step.argval, str)
    }
    return frozenset(counted - elsewhere)
