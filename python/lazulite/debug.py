"""What the framework did, and why.

Every tool here watches while it is open and costs nothing otherwise::

    with lz.debug.trace_evaluations() as trace:
        train()
    print(trace)
"""

from __future__ import annotations

import os

from lazulite import core as _core
from lazulite.core import export_to_dot as export_to_dot

__all__ = [
    "export_to_dot",
    "log_recompiles",
    "monitor",
    "nan_guard",
    "plan_svg",
    "profile",
    "trace_evaluations",
]


def trace_evaluations(log: bool = False) -> _core._EvaluationTrace:
    """Notes every evaluation: the line that asked, how (`eval`, `print`, `item`, a truth value, a
    conversion, ...), how many operations it computed, and for how long the line was held up.

    Args:
        log: whether each is also written to the standard error output when it happens.

    Returns:
        A context that begins at once; its `records` have `cause`, `explicit`, `place`,
        `operations`, `seconds`, `planning_seconds` and `plans_built`.

    Example:
        >>> with lz.debug.trace_evaluations() as evaluations:
        ...     x = lz.ones(3) + 1
        ...     x.tolist()
        [2.0, 2.0, 2.0]
        >>> len(evaluations.records)
        1
    """
    return _core._EvaluationTrace(log)


def log_recompiles(log: bool = False) -> _core._RecompileLog:
    """Notes every trace of a compiled function, and what differed from the trace before: a shape, a
    dtype, the value of a constant, a global, a flag.

    Args:
        log: whether each is also written to the standard error output when it happens.

    Returns:
        A context that begins at once; its `records` have `function`, `place`, `first`, `reasons`
        and `seconds`.

    Example:
        >>> double = lz.compile(lambda x: x * 2)
        >>> with lz.debug.log_recompiles() as traces:
        ...     results = double(lz.ones(2)), double(lz.ones(2)), double(lz.ones(3))
        >>> len(traces.records)
        2
    """
    return _core._RecompileLog(log)


def profile() -> _core._Profile:
    """Measures what really runs: kernels, with the line and the function that they compute, their
    bytes, operations and share of what the machine can do; evaluations, traces and plans, with what
    caused them; memory by line; and how the time that passed was used.

    Returns:
        A context that begins at once; its repr is a table. `rows`, `memory`, `evaluations`,
        `traces` and `time_line` are its parts; `save_json`, `save_trace` (for chrome://tracing and
        ui.perfetto.dev) and `save_flame_graph` write files.

    Example:
        >>> with lz.debug.profile() as p:
        ...     lz.eval(lz.exp(lz.ones((100, 100))))
        >>> len(p.rows) > 0
        True
    """
    return _core._Profile()


def monitor(interval: float = 0.5, most_samples: int = 7200) -> _core._Monitor:
    """Samples what the machine does: the load of each core, frequencies, memory, the processor's
    power (RAPL), and NVIDIA's GPUs (NVML, where the driver is installed).

    Args:
        interval: seconds between two samples.
        most_samples: how many are kept; the oldest are forgotten.

    Returns:
        A context that begins at once. `history` holds samples with `time`, `load`, `megahertz`,
        `memory_used`, `memory_total`, `watts` and `gpus`; `missing` says in sentences what this
        machine does not tell. `python -m lazulite.top` shows it in a terminal.

    Example:
        >>> with lz.debug.monitor(interval=0.01) as m:
        ...     m.sample()
        >>> len(m.history) > 0
        True
    """
    return _core._Monitor(interval, most_samples)


class nan_guard:
    """Looks at every operation's result, also inside compiled functions and in gradients: the
    evaluation in which the first NaN appears, or the first infinity that is made of finite
    numbers, raises a `FloatingPointError` that names the operation, its line and the ranges of its
    inputs. Operations run one by one meanwhile, so it is slow.

    Args:
        infinities: whether infinities are looked for, too.

    Example:
        >>> with lz.debug.nan_guard():
        ...     lz.eval(lz.log(lz.array([-1.0])))
        Traceback (most recent call last):
            ...
        FloatingPointError: ...
    """

    def __init__(self, infinities: bool = True) -> None:
        self._before = _core._finite_guard()
        _core._set_finite_guard(2 if infinities else 1)

    def __enter__(self) -> nan_guard:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends it."""
        _core._set_finite_guard(self._before)


def plan_svg(file: object, *what: object) -> None:
    """Writes a picture of a plan: what is fused, what kernels there are, what they hand on.

    Args:
        file: a path, or an object with `write`.
        what: arrays that have not been computed, or one compiled function that has been called.

    Example:
        >>> lz.debug.plan_svg("plan.svg", lz.ones(3) + 1)
    """
    picture = getattr(what[0], "_plan_svg", None) if len(what) == 1 else None
    text = picture() if picture else _core._plan_svg(*what)
    if hasattr(file, "write"):
        file.write(text)
        return
    with open(os.fspath(file), "w", encoding="utf-8") as opened:
        opened.write(text)
