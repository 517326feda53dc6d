"""Products of matrices."""

from __future__ import annotations

from calls import Array
from compare import sums, ulp
from drawing import COMPLEX, FLOATS, Draw

from .entry import entry


def _factors(d: Draw) -> list[Array]:
    n = d.integer(1, 6)
    batch = d.choice((), (2,), (3, 1))
    a = (n,) if d.rarely() else (*batch, d.integer(1, 5), n)
    b = (n,) if d.rarely() else (*d.choice((), batch, (2,)), n, d.integer(1, 5))
    kind = d.dtype(FLOATS + COMPLEX if d.rarely() else FLOATS)
    return [d.array(a, dtype=kind, special=False), d.array(b, dtype=kind, special=False)]


entry("core.matmul core.array.__matmul__ core.array.__imatmul__", sums)(_factors)


@entry("core.addmm", sums)
def _(d):
    a, b = (d.array(s, FLOATS[:1], special=False) for s in [(3, 4), (4, 2)])
    c = d.array(d.choice((2,), (3, 2), (1, 2), (3, 1)), FLOATS[:1], special=False)
    return [c, a, b], d.options(alpha=2.0, beta=0.5)


@entry("core.inner", sums)
def _(d):
    n = d.integer(1, 5)
    shapes = [d.choice((n,), (3, n)), d.choice((n,), (2, n))]
    return [d.array(s, FLOATS, special=False) for s in shapes]


@entry("core.outer", ulp(1))
def _(d):
    return [d.array(most=2, dtypes=FLOATS, special=False) for _ in range(2)]


@entry("core.vecdot", sums)
def _(d):
    shape = d.shape(least=1, smallest=1)
    return [d.array(shape, FLOATS, special=False) for _ in range(2)]


@entry("core.kron", ulp(1))
def _(d):
    return [d.array(most=2, dtypes=FLOATS, special=False, smallest=1) for _ in range(2)]


@entry("core.tensordot", sums)
def _(d):
    a, b = (d.array(s, ["float32"], special=False) for s in [(2, 3, 4), (4, 3, 5)])
    return [a, b, d.choice([[1], [1]], [[2, 1], [0, 1]], [[2], [0]])]


@entry("core.einsum", sums)
def _(d):
    form, shapes = d.choice(
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij->ji", [(2, 3)]),
        ("ii->i", [(3, 3)]),
        ("bij,bjk->bik", [(2, 3, 4), (2, 4, 2)]),
        ("i,i->", [(4,), (4,)]),
    )
    return [form, *(d.array(s, ["float32"], special=False) for s in shapes)]
