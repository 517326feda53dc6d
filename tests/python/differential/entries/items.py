"""Indexing with everything that brackets take."""

from __future__ import annotations

from calls import Call, Program
from compare import exact, relative
from drawing import REAL, Draw

from .entry import ENTRIES, Entry
from .indexing import indices


def _index(d: Draw, shape) -> tuple:
    """One index of an array of the shape, any mixture of kinds."""
    index: list = []
    arrays = 0
    gathered = d.broadcast(1)[0][-2:]
    gathered = tuple(max(s, 1) for s in gathered)
    for i, size in enumerate(shape):
        kind = d.integer(0, 7)
        if kind == 0:
            index.append(None)
        if kind <= 2:
            steps = d.choice(None, 1, 2, -1, -2, 3)
            limits = [d.choice(None, d.integer(-size - 2, size + 2)) for _ in range(2)]
            index.append(slice(*limits, steps))
        elif kind <= 4:
            index.append(d.integer(-size, size - 1))
        elif kind == 5:
            index.append(indices(d, gathered, size))
            arrays += 1
        elif kind == 6 and not any(e is Ellipsis for e in index):
            index.append(Ellipsis)
            break
        else:
            index.append(slice(None))
        if d.rarely():
            break
    return index[0] if len(index) == 1 and d.bool() else tuple(index)


ENTRIES["core.array.__getitem__"] = Entry(
    "core.array.__getitem__",
    lambda d: Call(
        "core.array.__getitem__", (x := d.array(least=1, smallest=1, most=4), _index(d, x.shape))
    ),
    exact,
)


def _assigned(d: Draw, statement: str):
    x = d.array(least=1, smallest=1, most=3, dtypes=REAL, special=False)
    index = _index(d, x.shape)
    value = d.choice(1, 2, d.array((), dtype=x.dtype, special=False, low=0, high=3))
    return Program(
        f"y = mx.array(x)\nz = y\n{statement}\nresult = [y, z, x]",
        {"x": x, "i": index, "v": value},
    )


ENTRIES["core.array.__setitem__"] = Entry(
    "core.array.__setitem__", lambda d: _assigned(d, "y[i] = v"), exact
)
ENTRIES["core.array.at"] = Entry(
    "core.array.at",
    lambda d: _assigned(
        d, f"y = y.at[i].{d.choice('add', 'subtract', 'multiply', 'maximum', 'minimum')}(v)"
    ),
    relative(8),
)
