"""One check of a name: draws calls, performs them on both packages, and compares."""

from __future__ import annotations

from dataclasses import dataclass

from calls import Call, Package, Raised
from compare import difference
from departures import excused
from drawing import Draw
from entries import Entry
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from oracle import Crashed, Oracle


@dataclass
class Outcome:
    """What a check of a name has found."""

    compared: int = 0
    departed: int = 0
    refused: int = 0  # both raised the same exception
    message: str = ""


class Differs(AssertionError):
    """The packages differ."""


def exists(package: Package, name: str) -> bool:
    """Whether the package has what an entry is about."""
    try:
        package.find(name)
    except (AttributeError, ImportError):
        return "(" in name
    return True


def check(entry: Entry, package: Package, oracle: Oracle, examples: int) -> Outcome:
    """Compares a name on so many examples. Raises Differs with the smallest example found."""
    outcome = Outcome()

    @seed(0)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(st.data())
    def run(data):
        request = entry.request(Draw(data.draw))
        try:
            theirs = oracle.perform(request)
        except Crashed:
            outcome.departed += 1  # whatever we do is better
            package.perform(request)
            return
        ours = package.perform(request)
        left, right = excused(request, ours, theirs)
        if left is None and right is None and not (ours is None and theirs is None):
            outcome.departed += 1
            return
        found = difference(request, left, right, entry.bound, oracle)
        if found:
            raise Differs(f"{found}\n  of {described(request)}")
        outcome.compared += 1
        outcome.refused += isinstance(theirs, Raised)

    run()
    return outcome


def described(request) -> str:
    if isinstance(request, Call):
        options = "".join(f", {k}={v!r}" for k, v in request.kwargs.items())
        return f"{request.name}({', '.join(map(repr, request.args))}{options})"
    return f"{request.source!r} with {request.names!r}"
