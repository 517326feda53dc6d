"""Elementwise operations, whose entries come from their table, and what is composed element by element."""

from __future__ import annotations

from calls import Array, Call
from compare import exact, ulp
from drawing import ALL, BOOL, FLOATS, INTEGERS, REAL, Draw
from rows import rows

from .entry import ENTRIES, Entry, entry

_DOMAINS = {
    "arcsin": (-1, 1),
    "arccos": (-1, 1),
    "arctanh": (-1, 1),
    "erfinv": (-1, 1),
    "arccosh": (1, 5),
    "left_shift": (0, 7),
    "right_shift": (0, 7),
}
_INPUTS = {"shift": INTEGERS, "bitwise": INTEGERS + BOOL}
# MLX does these as methods of arrays, too.
_METHODS = "abs conj cos exp log log10 log1p log2 reciprocal round rsqrt sin sqrt square"
# Rows that MLX has not, or under another name only.
_OWN = "hypot relu relu_grad"
_OPERATORS = {
    "add": "__add__ __radd__ __iadd__",
    "subtract": "__sub__ __rsub__ __isub__",
    "multiply": "__mul__ __rmul__ __imul__",
    "divide": "__truediv__ __rtruediv__ __itruediv__ __div__ __rdiv__",
    "floor_divide": "__floordiv__ __rfloordiv__ __ifloordiv__",
    "remainder": "__mod__ __rmod__ __imod__",
    "power": "__pow__ __rpow__ __ipow__",
    "bitwise_and": "__and__ __iand__",
    "bitwise_or": "__or__ __ior__",
    "bitwise_xor": "__xor__ __ixor__",
    "left_shift": "__lshift__ __ilshift__",
    "right_shift": "__rshift__ __irshift__",
    "negative": "__neg__",
    "positive": "__pos__",
    "bitwise_invert": "__invert__",
    "abs": "__abs__",
}


def _enter_row(row) -> None:
    low, high = _DOMAINS.get(row.name, (-4, 4))
    dtypes = _INPUTS.get(row.types, ALL)
    # MLX's float16 and bfloat16 round once more.
    bound = ulp(max(row.accuracy, 1)) if row.accuracy or row.types == "floating" else exact

    def operands(d: Draw, count: int) -> list:
        rare = d.rarely()  # dtypes that the operation may refuse
        kinds = ALL if rare else dtypes
        return d.operands(count, kinds, special=row.types != "shift", low=low, high=high)

    names = f"core.{row.name}"
    if row.name in _METHODS.split():
        names += f" core.array.{row.name}"
    if row.name == "where":
        entry(names, bound)(
            lambda d: (
                [d.array(shape := d.broadcast(1)[0], BOOL), *d.operands(2, ALL)]
                if d.bool()
                else [d.array(shape := d.shape(), BOOL), d.array(shape), d.array(shape)]
            )
        )
        return
    entry(names, bound)(lambda d: operands(d, row.arity))
    special = " ".join(f"core.array.{name}" for name in _OPERATORS.get(row.name, "").split())
    if special:

        def with_array_first(d: Draw) -> list:
            found = operands(d, row.arity)
            if not isinstance(found[0], Array):
                found = [d.array(()), *found[1:]]
            return found

        entry(special, bound)(with_array_first)


for row in rows():
    if row.name not in _OWN.split() and not row.name.startswith("activation_"):
        _enter_row(row)

ALIASES = {
    "acos": "arccos",
    "acosh": "arccosh",
    "asin": "arcsin",
    "asinh": "arcsinh",
    "atan": "arctan",
    "atan2": "arctan2",
    "atanh": "arctanh",
    "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift",
    "conj": "conjugate",
    "pow": "power",
}
for alias, name in ALIASES.items():
    source = ENTRIES[f"core.{name}"]
    for full in [f"core.{alias}"] + ([f"core.array.{alias}"] if alias == "conj" else []):
        ENTRIES[full] = Entry(
            full,
            lambda d, full=full, source=source: Call(full, source.request(d).args),
            source.bound,
        )


# Comparisons of whole arrays, and what is composed element by element.


@entry("core.round core.array.round", ulp(1))
def _(d):
    return [d.array()], d.options(decimals=d.integer(-2, 3))


@entry("core.divmod", ulp(1))
def _(d):
    return d.operands(2, INTEGERS + FLOATS)


@entry("core.clip", exact)
def _(d):
    x, low, high = d.operands(3, INTEGERS + FLOATS)
    if not isinstance(x, Array):
        x = d.array(())
    return [x, None if d.rarely() else low, None if d.rarely() else high]


@entry("core.nan_to_num", exact)
def _(d):
    return [d.array()], d.options(nan=d.number(), posinf=d.number(), neginf=d.number())


def _almost_equal(d: Draw):
    x = d.array(dtypes=REAL)
    if x.dtype in FLOATS and x.values.size:
        change = x.values * d.choice(0.0, 1e-7, 1e-4, 1.0)
        y = Array(x.dtype, (x.values + change).astype(x.values.dtype))
        if x.dtype == "bfloat16":
            y = x
    else:
        y = x
    if d.rarely():
        y = d.array(x.shape, REAL)
    return x, y


@entry("core.isclose core.allclose")
def _(d):
    return _almost_equal(d), d.options(
        rtol=d.choice(1e-5, 1e-2), atol=d.choice(1e-8, 1e-1), equal_nan=d.bool()
    )


@entry("core.array_equal")
def _(d):
    return _almost_equal(d), d.options(equal_nan=d.bool())


entry("core.degrees core.radians", ulp(2))(lambda d: [d.array(dtypes=REAL)])
