"""What the differential tests know of each function: how its arguments are drawn, and how close the
results must be. An entry is a line or a few; the elementwise operations' come from their table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import compare
from calls import Array, Call, Program
from compare import absolute, exact, relative, sums, ulp
from drawing import ALL, BOOL, COMPLEX, FLOATS, INTEGERS, REAL, Draw
from rows import rows


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


# Elementwise operations.

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


# Reductions.


def _reduced(d: Draw, **given):
    x = d.array(**given)
    return [x], {**d.options(axis=d.axes(len(x.shape))), **d.options(keepdims=d.bool())}


entry(methods("sum", "mean"), sums)(lambda d: _reduced(d, special=False))
entry(methods("prod"), sums)(
    lambda d: _reduced(d, dtypes=REAL, special=False, low=-2, high=2, most=3, largest=4)
)
entry(methods("max", "min"))(lambda d: _reduced(d, dtypes=REAL, smallest=1))
entry(methods("all", "any"))(lambda d: _reduced(d, dtypes=REAL))
entry("core.count_nonzero")(lambda d: _reduced(d, dtypes=REAL))
entry("core.logsumexp core.array.logsumexp", relative(16))(lambda d: _reduced(d, dtypes=REAL))


@entry(methods("var", "std"), relative(32))
def _(d):
    args, options = _reduced(d, dtypes=REAL, special=False, smallest=1)
    return args, {**options, **d.options(ddof=d.integer(0, 2))}


@entry(methods("argmax", "argmin"))
def _(d):
    x = d.array(dtypes=REAL, special=False, smallest=1)
    return [x], {**d.options(axis=d.axis(len(x.shape))), **d.options(keepdims=d.bool())}


@entry("core.softmax", relative(8))
def _(d):
    x = d.array(dtypes=REAL, special=False, least=1)
    return [x], {**d.options(axis=d.axes(len(x.shape))), **d.options(precise=d.bool())}


def _scanned(d: Draw, **given):
    x = d.array(**given)
    return [x], {
        **d.options(axis=d.axis(len(x.shape))),
        **d.options(reverse=d.bool(), inclusive=d.bool()),
    }


entry("core.cumsum core.array.cumsum core.cumulative_sum", sums)(
    lambda d: _scanned(d, special=False, least=1)
)
entry("core.cumprod core.array.cumprod core.cumulative_prod", sums)(
    # Few elements: MLX rounds each product, which tells where they become denormal.
    lambda d: _scanned(d, dtypes=REAL, special=False, low=-2, high=2, least=1, most=2)
)
entry(methods("cummax", "cummin"))(lambda d: _scanned(d, dtypes=REAL, special=False, least=1))
entry(methods("logcumsumexp"), relative(16))(
    lambda d: _scanned(d, dtypes=FLOATS, special=False, least=1)
)


@entry("core.median", relative(2))
def _(d):
    return _reduced(d, dtypes=FLOATS, special=False, smallest=1)


# Sorting.


def _sorted(d: Draw):
    x = d.array(dtypes=REAL, special=False, least=1)
    return [x], d.options(axis=d.axis(len(x.shape)))


entry("core.sort core.argsort")(_sorted)


@entry("core.partition core.argpartition")
def _(d):
    x = d.array((d.integer(1, 6),), dtypes=["float32", "int32"], special=False)
    # What lies on either side of the place is in no order.
    k = d.integer(0, x.values.size - 1)
    f = "mx.take(x, mx.argpartition(x, k))" if d.bool() else "mx.partition(x, k)"
    return Program(f"y = {f}\nresult = y[k], mx.max(y[: k + 1]), mx.min(y[k:])", {"x": x, "k": k})


@entry("core.diff")
def _(d):
    x = d.array(special=False, least=1, most=3)
    return [x], d.options(n=d.integer(0, 3), axis=d.axis(len(x.shape)))


@entry("core.unique")
def _(d):
    x = d.array(dtypes=REAL, special=False, smallest=1, low=-2, high=2, most=2)
    parts = d.options(return_index=True, return_inverse=True, return_counts=True)
    return [x, d.integer(0, 8)], {**parts, **d.options(fill_value=d.choice(0, 1))}


@entry("core.topk")
def _(d):
    x = d.array(dtypes=REAL, special=False, least=1, most=1, smallest=1)
    return [x, 1]


@entry("core.searchsorted")
def _(d):
    a = d.array(dtypes=["float32", "int32"], special=False, least=1, most=1)
    ordered = Array(a.dtype, a.values.copy())
    ordered.values.sort()
    return [ordered, d.array(dtype=a.dtype, special=False)]


# Shapes.

of_array("core.stop_gradient core.contiguous core.array.T core.zeros_like core.ones_like")
of_array("core.atleast_1d core.atleast_2d core.atleast_3d")
ENTRIES["core.array.T"] = Entry(
    "core.array.T", lambda d: Program("result = x.T", {"x": d.array()}), exact
)
for part in ("real", "imag"):
    ENTRIES[f"core.array.{part}"] = Entry(
        f"core.array.{part}",
        lambda d, part=part: Program(f"result = x.{part}", {"x": d.array()}),
        exact,
    )
ENTRIES["core.array.mT"] = Entry(
    "core.array.mT", lambda d: Program("result = x.mT", {"x": d.array()}), exact
)


@entry("core.reshape core.array.reshape")
def _(d):
    x = d.array()
    sizes = d.permutation(len(x.shape))
    shape = [x.shape[i] for i in sizes]
    if shape and d.bool():
        shape[d.integer(0, len(shape) - 1)] = -1
    if d.rarely():
        shape = [*shape, d.integer(-2, 3)]
    return [x, shape]


@entry("core.flatten core.array.flatten")
def _(d):
    x = d.array()
    n = len(x.shape)
    return [x], d.options(start_axis=d.axis(n), end_axis=d.axis(n))


@entry("core.unflatten")
def _(d):
    x = d.array(least=1)
    axis = d.axis(len(x.shape))
    shape = [d.choice(1, 2, -1), d.choice(1, -1, 2)]
    return [x, axis, shape]


@entry("core.squeeze core.array.squeeze")
def _(d):
    shape = tuple(d.choice(1, s) for s in d.shape())
    x = d.array(shape)
    ones = [i for i, s in enumerate(shape) if s == 1]
    if not ones or d.rarely():
        return [x], d.options(axis=d.axes(len(shape)))
    return [x], d.options(axis=d.choice(ones, ones[0]))


@entry("core.expand_dims")
def _(d):
    x = d.array()
    return [x, d.axis(len(x.shape) + 1) if d.bool() else [0, d.axis(len(x.shape) + 2)]]


@entry("core.transpose core.array.transpose core.permute_dims")
def _(d):
    x = d.array()
    n = len(x.shape)
    if d.bool():
        return [x]
    axes = d.permutation(n)
    return [x, [a - n if d.bool() else a for a in axes] if not d.rarely() else axes[:-1]]


@entry("core.swapaxes core.array.swapaxes core.moveaxis core.array.moveaxis")
def _(d):
    x = d.array(least=1)
    return [x, d.axis(len(x.shape)), d.axis(len(x.shape))]


of_array("core.matrix_transpose")


@entry("core.flip")
def _(d):
    x = d.array()
    return [x], d.options(axis=d.axes(len(x.shape)))


@entry("core.roll")
def _(d):
    x = d.array()
    n = len(x.shape)
    if n and d.bool():
        axes = d.permutation(n)[: d.integer(1, n)]
        return [x, [d.integer(-7, 7) for _ in axes], axes]
    return [x, d.integer(-7, 7)], d.options(axis=d.axis(n))


@entry("core.broadcast_to")
def _(d):
    small, large = d.broadcast(2)
    return [d.array(small), list(large)]


@entry("core.broadcast_arrays")
def _(d):
    return [d.array(s) for s in d.broadcast(3)]


@entry("core.broadcast_shapes")
def _(d):
    shapes = list(d.broadcast(3))
    if d.rarely():
        shapes.append((7, 3))
    return shapes


def _joined(d: Draw) -> list[Array]:
    shape = d.shape(least=1)
    return [d.array(shape) for _ in range(d.integer(1, 3))]


@entry("core.concatenate core.concat")
def _(d):
    arrays = _joined(d)
    return [arrays], d.options(axis=d.axis(len(arrays[0].shape)))


@entry("core.stack")
def _(d):
    arrays = _joined(d)
    return [arrays], d.options(axis=d.axis(len(arrays[0].shape) + 1))


@entry("core.unstack")
def _(d):
    x = d.array(least=1)
    return [x], d.options(axis=d.axis(len(x.shape)))


@entry("core.split core.array.split")
def _(d):
    x = d.array(least=1)
    axis = d.integer(0, len(x.shape) - 1)
    size = x.shape[axis]
    parts = d.choice(1, size or 1, sorted([d.integer(0, size), d.integer(0, size)]), 2)
    return [x, parts], {"axis": axis} if axis or d.bool() else {}


@entry("core.repeat")
def _(d):
    x = d.array()
    return [x, d.integer(0, 3)], d.options(axis=d.axis(len(x.shape)))


@entry("core.tile")
def _(d):
    times = [d.integer(0, 3) for _ in range(d.integer(0, 3))]
    return [d.array(most=3), d.choice(times, 2)]


@entry("core.pad")
def _(d):
    x = d.array(most=3, smallest=1)
    n = len(x.shape)
    width = d.choice(
        d.integer(0, 3),
        (d.integer(0, 2), d.integer(0, 2)),
        [(d.integer(0, 2), d.integer(0, 2)) for _ in range(n)],
    )
    if d.bool():
        return [x, width], {"mode": "edge"}
    return [x, width], d.options(constant_values=d.choice(0, 1, 2.5))


@entry("core.as_strided")
def _(d):
    x = d.array((12,))
    return [x, [d.integer(1, 3), d.integer(1, 3)], [d.integer(0, 3), d.integer(0, 2)]], d.options(
        offset=d.integer(0, 3)
    )


@entry("core.view core.array.view")
def _(d):
    return [d.array(least=1), d.dtype_option()]


@entry("core.astype core.array.astype")
def _(d):
    return [d.array(special=False, low=0), d.dtype_option()]


# Indexing with arrays.


def _indices(d: Draw, shape, size: int) -> Array:
    kind = d.choice("int32", "uint32", "int64", "int16")
    low = 0 if kind.startswith("u") else -size
    return d.array(shape, dtype=kind, special=False, low=low, high=max(size - 1, 0))


@entry("core.take")
def _(d):
    x = d.array(least=1, smallest=1)
    if d.bool():
        return [x, _indices(d, d.shape(most=2, smallest=1), x.values.size)]
    axis = d.integer(-len(x.shape), len(x.shape) - 1)
    indices = _indices(d, d.shape(most=2, smallest=1), x.shape[axis])
    return [x, indices if d.bool() else 0], {"axis": axis}


@entry("core.take_along_axis")
def _(d):
    x = d.array(least=1, smallest=1)
    axis = d.integer(-len(x.shape), len(x.shape) - 1)
    shape = list(x.shape)
    shape[axis] = d.integer(1, 4)
    return [x, _indices(d, tuple(shape), x.shape[axis])], {"axis": axis}


@entry("core.put_along_axis")
def _(d):
    x = d.array(least=1, smallest=1)
    axis = d.integer(0, len(x.shape) - 1)
    index = d.array(x.shape, dtype="int32", special=False, low=0, high=0)
    return [x, index, d.array((), dtype=x.dtype)], {"axis": axis}


@entry("core.slice")
def _(d):
    x = d.array((4, 5))
    start = d.array((1,), dtype="int32", special=False, low=0, high=2)
    return [x, start, [1], [4, 2]]


@entry("core.slice_update")
def _(d):
    x = d.array((4, 5))
    start = d.array((1,), dtype="int32", special=False, low=0, high=2)
    return [x, d.array((4, 2), dtype=x.dtype), start, [1]]


# Creation.


@entry("core.zeros core.ones core.empty")
def _(d):
    return [d.choice(d.integer(0, 4), list(d.shape()))], d.options(dtype=d.dtype_option())


ENTRIES["core.empty"] = Entry(
    "core.empty",
    lambda d: Program(
        "x = mx.empty(shape, dtype)\nresult = list(x.shape), x.dtype",
        {"shape": list(d.shape()), "dtype": d.dtype_option()},
    ),
    exact,
)
ENTRIES["core.empty_like"] = Entry(
    "core.empty_like",
    lambda d: Program("y = mx.empty_like(x)\nresult = list(y.shape), y.dtype", {"x": d.array()}),
    exact,
)


@entry("core.full")
def _(d):
    value = d.choice(0, 1, 2.5, True, d.array((), REAL, special=False, low=0))
    return [list(d.shape()), value], d.options(dtype=d.dtype_option(REAL))


@entry("core.full_like")
def _(d):
    return [d.array(), d.choice(0, 1, 2.5, True)], d.options(dtype=d.dtype_option(REAL))


@entry("core.arange")
def _(d):
    kinds = d.dtype_option(["int32", "float32", "int64", "float16", "uint32"])
    if d.bool():
        return [d.integer(0, 20)], d.options(dtype=kinds)
    start, stop = d.integer(-5, 5), d.integer(-5, 10)
    step = d.choice(1, 2, -1, 3, 0.5)
    if d.bool():
        start = start + 0.5
    return [start, stop, step], d.options(dtype=d.dtype_option(["float32", "int32"]))


@entry("core.linspace", ulp(2))
def _(d):
    return [d.number(), d.number()], d.options(
        num=d.integer(0, 9), dtype=d.dtype_option(["float32", "float16", "int32"])
    )


@entry("core.eye")
def _(d):
    return [d.integer(1, 5)], d.options(
        m=d.integer(1, 5), k=d.integer(-3, 3), dtype=d.dtype_option()
    )


@entry("core.identity")
def _(d):
    return [d.integer(1, 5)], d.options(dtype=d.dtype_option())


@entry("core.tri")
def _(d):
    return [d.integer(1, 5), d.integer(1, 5), d.integer(-3, 3)], d.options(dtype=d.dtype_option())


@entry("core.tril core.triu")
def _(d):
    return [d.array(least=2)], d.options(k=d.integer(-3, 3))


@entry("core.diag core.array.diag")
def _(d):
    return [d.array(least=1, most=2)], d.options(k=d.integer(-3, 3))


@entry("core.diagonal core.array.diagonal")
def _(d):
    x = d.array(least=2)
    return [x], d.options(offset=d.integer(-2, 2))


@entry("core.trace", sums)
def _(d):
    return [d.array(least=2, smallest=1, special=False)], d.options(offset=d.integer(-1, 1))


@entry("core.meshgrid")
def _(d):
    vectors = [d.array((d.integer(1, 4),)) for _ in range(d.integer(1, 3))]
    return vectors, d.options(sparse=d.bool(), indexing=d.choice("xy", "ij"))


entry("core.hamming core.hanning core.blackman core.bartlett", absolute(8))(
    lambda d: [d.integer(0, 12)]
)


# Products.


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


# Convolutions.


def _convolution(dimensions: int):
    def arguments(d: Draw):
        groups = d.choice(1, 1, 2)
        inputs, outputs = groups * d.integer(1, 3), groups * d.integer(1, 3)
        sides = tuple(d.integer(3, 7) for _ in range(dimensions))
        kernel = tuple(d.integer(1, 3) for _ in range(dimensions))
        x = d.array((d.integer(1, 2), *sides, inputs), ["float32"], special=False)
        w = d.array((outputs, *kernel, inputs // groups), ["float32"], special=False)
        return [x, w], {
            **d.options(stride=d.integer(1, 2), padding=d.integer(0, 2), dilation=d.choice(1, 2)),
            **({"groups": groups} if groups > 1 else {}),
        }

    return arguments


entry("core.conv1d", sums)(_convolution(1))
entry("core.conv2d", sums)(_convolution(2))
entry("core.conv3d", sums)(_convolution(3))


def _transposed(dimensions: int):
    def arguments(d: Draw):
        inputs, outputs = d.integer(1, 3), d.integer(1, 3)
        sides = tuple(d.integer(2, 5) for _ in range(dimensions))
        kernel = tuple(d.integer(1, 3) for _ in range(dimensions))
        x = d.array((d.integer(1, 2), *sides, inputs), ["float32"], special=False)
        w = d.array((outputs, *kernel, inputs), ["float32"], special=False)
        options = d.options(stride=d.integer(1, 2), padding=0)
        if options.get("stride") == 2 and d.bool():
            options["output_padding"] = 1
        return [x, w], options

    return arguments


entry("core.conv_transpose1d", sums)(_transposed(1))
entry("core.conv_transpose2d", sums)(_transposed(2))
entry("core.conv_transpose3d", sums)(_transposed(3))


@entry("core.conv_general", sums)
def _(d):
    args, options = _convolution(2)(d)
    options.pop("dilation", None)
    return args, {
        **options,
        **d.options(kernel_dilation=d.choice(1, 2), input_dilation=d.choice(1, 2), flip=d.bool()),
    }


@entry("core.convolve", sums)
def _(d):
    vectors = [d.array((d.integer(1, 6),), ["float32"], special=False) for _ in range(2)]
    return vectors, d.options(mode=d.choice("full", "same", "valid"))


@entry("core.gather_mm", sums)
def _(d):
    m, k, n = (d.integer(1, 4) for _ in range(3))
    count, other = d.integer(1, 3), d.integer(1, 3)
    shape = d.choice((), (2,), (2, 1))
    picks = {
        "lhs_indices": d.array(shape, ["int32", "uint32"], low=0, high=count - 1, special=False),
        "rhs_indices": d.array(shape, ["int32", "uint32"], low=0, high=other - 1, special=False),
    }
    matrices = [  # MLX computes no others on its CPU
        d.array((count, m, k), ["float32"], special=False),
        d.array((other, k, n), ["float32"], special=False),
    ]
    return matrices, picks


@entry("core.segmented_mm", sums)
def _(d):
    m, k, n = (d.integer(1, 5) for _ in range(3))
    ends = sorted(d.integer(0, k) for _ in range(4))
    import numpy as np

    segments = Array("uint32", np.array(ends, np.uint32).reshape(2, 2))
    return [  # MLX's sums of half precision go on from segment to segment
        d.array((m, k), ["float32"], special=False),
        d.array((k, n), ["float32"], special=False),
        segments,
    ]


@entry("core.block_masked_mm", sums)
def _(d):
    import numpy as np

    size = d.choice(32, 64)
    m, k, n = (d.integer(1, 3) * size - d.choice(0, 0, 5) for _ in range(3))
    blocks = {"mask_out": (m, n), "mask_lhs": (m, k), "mask_rhs": (k, n)}
    masks = {}
    for name, shape in blocks.items():
        if d.bool():
            shape = tuple(-(-side // size) for side in shape)
            masks[name] = d.array(shape, ["bool"])
    given = [d.array(shape, ["float32"], special=False) for shape in ((m, k), (k, n))]
    return given, {"block_size": size, **masks}


@entry("core.hadamard_transform", absolute(16))
def _(d):
    size = d.choice(1, 2, 4, 8, 12, 20, 24, 28, 64, 128)
    kinds = ["float32", "float16", "bfloat16"]
    return [d.array((d.integer(1, 2), size), kinds, special=False)], d.options(scale=d.number())


@entry("core.einsum_path")
def _(d):
    letters = "ijkl"
    sizes = {letter: d.integer(1, 5) for letter in letters}
    terms = [
        "".join(letters[i] for i in sorted(d.permutation(4)[: d.integer(1, 3)]))
        for _ in range(d.integer(1, 3))
    ]
    arrays = [d.array(tuple(sizes[x] for x in term), ["float32"]) for term in terms]
    return [",".join(terms) + "->", *arrays]


# Random numbers.


def _key(d: Draw) -> Array:
    import numpy as np

    return Array("uint32", np.array([d.integer(0, 2**32 - 1) for _ in range(2)], np.uint32))


def _keyed(d: Draw, **options) -> dict:
    return {**options, "key": _key(d)}


entry("core.random.key")(lambda d: [d.integer(0, 2**64 - 1)])
entry("core.random.split")(lambda d: ([_key(d)], d.options(num=d.integer(1, 5))))
entry("core.random.uniform", ulp(2))(
    lambda d: ([], _keyed(d, shape=list(d.shape()), **d.options(low=d.number(-2, 0), high=3.0)))
)
entry("core.random.normal", relative(8))(
    lambda d: ([list(d.shape())], _keyed(d, **d.options(loc=d.number(), scale=2.0)))
)
entry("core.random.randint")(
    lambda d: ([d.integer(-10, 0), d.integer(1, 100), list(d.shape())], _keyed(d))
)
entry("core.random.bernoulli")(
    lambda d: ([d.choice(0.5, 0.1, 1.0)], _keyed(d, shape=list(d.shape())))
)
entry("core.random.gumbel", relative(8))(lambda d: ([list(d.shape())], _keyed(d)))
entry("core.random.laplace", relative(8))(lambda d: ([list(d.shape())], _keyed(d)))
entry("core.random.truncated_normal", absolute(8))(
    lambda d: ([-1.0, d.number(0, 2)], _keyed(d, shape=list(d.shape())))
)
entry("core.random.categorical")(
    lambda d: (
        [d.array((d.integer(1, 3), d.integer(1, 5)), ["float32"], special=False)],
        _keyed(d, **d.options(num_samples=d.integer(1, 4))),
    )
)
entry("core.random.permutation")(lambda d: ([d.integer(1, 9)], _keyed(d)))


# Dtypes.

entry("core.can_cast core.issubdtype")(lambda d: [d.dtype_option(), d.dtype_option()])
entry("core.result_type")(lambda d: [d.dtype_option(), d.array((2,)), d.dtype_option()])
entry("core.to_fp8", exact)(lambda d: [d.array(dtypes=FLOATS, special=False)])
entry("core.from_fp8", exact)(
    lambda d: ([d.array(dtypes=["uint8"])], d.options(dtype=d.dtype_option(FLOATS)))
)
entry("core.finfo")(lambda d: [d.dtype_option(FLOATS)])
entry("core.iinfo")(lambda d: [d.dtype_option(INTEGERS)])
entry("core.isdtype")(lambda d: [d.dtype_option(), d.choice("bool", "integral", "real floating")])


# Conversions of arrays to Python's numbers.

of_array("core.array.tolist")
entry("core.array.item core.array.__bool__")(lambda d: [d.array(d.choice((), (1,), (1, 1), (2,)))])
entry("core.array.__int__ core.array.__float__ core.array.__complex__ core.array.__index__")(
    lambda d: [d.array(d.choice((), (1,), (2,)), REAL, special=False)]
)
of_array("core.array.__len__")
of_array("core.array.__copy__ core.array.__iter__")
ENTRIES["core.array.__iter__"] = Entry(
    "core.array.__iter__", lambda d: Program("result = list(x)", {"x": d.array()}), exact
)
for text in "ndim size nbytes itemsize shape dtype".split():
    ENTRIES[f"core.array.{text}"] = Entry(
        f"core.array.{text}",
        lambda d, text=text: Program(f"result = x.{text}", {"x": d.array()}),
        exact,
    )
for text in "repr str hash".split()[:2]:
    ENTRIES[f"{text}(array)"] = Entry(
        f"{text}(array)",
        lambda d, text=text: Program(f"result = {text}(x)", {"x": d.array(largest=9)}),
        exact,
    )


@entry("core.array.__deepcopy__")
def _(d):
    return [d.array(), {}]


# Losses, activations.

_PAIR = relative(64)


def _loss(d: Draw, low: float = -3, high: float = 3) -> tuple[list, dict]:
    shape = d.shape(least=1, smallest=1, most=3)
    pair = [d.array(shape, ["float32"], special=False, low=low, high=high) for _ in range(2)]
    return pair, d.options(reduction=d.choice("none", "mean", "sum"))


_LOSSES = "mse_loss l1_loss smooth_l1_loss huber_loss log_cosh_loss hinge_loss kl_div_loss"
entry(" ".join(f"nn.losses.{name}" for name in _LOSSES.split()), _PAIR)(_loss)
entry("nn.losses.cosine_similarity_loss", _PAIR)(_loss)


@entry("nn.losses.binary_cross_entropy", _PAIR)
def _(d):
    pair, options = _loss(d, 0.01, 0.99)
    return pair, {**options, **d.options(with_logits=d.bool())}


@entry("nn.losses.gaussian_nll_loss", _PAIR)
def _(d):
    pair, options = _loss(d, 0.1, 2)
    return [*pair, pair[0]], {**options, **d.options(full=d.bool())}


for _name, _bound in {"margin_ranking_loss": _PAIR, "triplet_loss": compare.distances}.items():

    @entry(f"nn.losses.{_name}", _bound)
    def _(d):
        pair, options = _loss(d)
        return [*pair, d.array(pair[0].shape, ["float32"], special=False)], options


for _name, _bound in {"cross_entropy": _PAIR, "nll_loss": sums}.items():

    @entry(f"nn.losses.{_name}", _bound)
    def _(d):
        rows_, classes = d.integer(1, 4), d.integer(1, 5)
        scores = d.array((rows_, classes), ["float32"], special=False)
        labels = d.array((rows_,), dtype="int32", special=False, low=0, high=classes - 1)
        return [scores, labels], d.options(reduction=d.choice("none", "mean", "sum"))


_ACTIVATIONS = (
    "celu elu gelu gelu_approx gelu_fast_approx hard_shrink hard_tanh hardswish leaky_relu "
    "log_sigmoid log_softmax mish relu relu2 relu6 selu sigmoid silu softmax softmin softplus "
    "softshrink softsign step tanh"
)
for _name in _ACTIVATIONS.split():
    entry(f"nn.{_name}", compare.scaled if _name == "gelu" else _PAIR)(
        lambda d: [d.array(dtypes=FLOATS, special=False, least=1, smallest=1)]
    )
entry("nn.glu", _PAIR)(lambda d: [d.array((3, 4), ["float32"], special=False)])
entry("nn.prelu", _PAIR)(
    lambda d: [d.array((3, 4), FLOATS[:1], special=False), d.array((4,), FLOATS[:1])]
)


# Layers: made with the same seed, applied to the same input.


def layer(names: str, bound: compare.Bound = relative(256)):
    """Enters classes of nn by a function that draws (arguments, options, inputs of the call)."""

    def enter(draw_arguments):
        for name in names.split():

            def request(d: Draw, name=name):
                args, options, inputs = draw_arguments(d)
                return Program(
                    "mx.random.seed(seed)\n"
                    f"layer = nn.{name}(*args, **options)\n"
                    "if training is not None: layer.train(training)\n"
                    "result = [repr(layer), layer(*inputs), dict(utils.tree_flatten("
                    "layer.parameters()))]",
                    {
                        "seed": d.integer(0, 99),
                        "args": args,
                        "options": options,
                        "inputs": inputs,
                        "training": d.choice(None, True, False),
                    },
                )

            ENTRIES[f"nn.{name}"] = Entry(f"nn.{name}", request, bound)
        return draw_arguments

    return enter


def _features(d: Draw, features: int, *middle: int) -> Array:
    return d.array((d.integer(1, 3), *middle, features), ["float32"], special=False)


layer("Linear")(lambda d: ([3, 4], d.options(bias=d.bool()), [_features(d, 3)]))
layer("Bilinear")(
    lambda d: ([3, 4, 2], d.options(bias=d.bool()), [d.array((2, n), ["float32"]) for n in (3, 4)])
)
layer("Identity")(lambda d: ([], {}, [_features(d, 3)]))
layer("Embedding")(
    lambda d: ([5, 3], {}, [d.array((2, 3), dtype="int32", special=False, low=0, high=4)])
)
_SIMPLE = (
    "CELU ELU GELU GLU HardShrink HardTanh Hardswish LeakyReLU LogSigmoid LogSoftmax Mish PReLU ReLU "
    "ReLU2 ReLU6 SELU SiLU Sigmoid Softmax Softmin Softplus Softshrink Softsign Step Tanh"
)
layer(_SIMPLE)(lambda d: ([], {}, [_features(d, 4)]))
layer("Dropout")(lambda d: ([d.choice(0.5, 0.1, 0.0)], {}, [_features(d, 4)]))
layer("Dropout2d")(lambda d: ([0.5], {}, [_features(d, 4, 3, 3)]))
layer("Dropout3d")(lambda d: ([0.5], {}, [_features(d, 4, 2, 2, 2)]))
layer("LayerNorm")(lambda d: ([4], d.options(affine=d.bool(), bias=d.bool()), [_features(d, 4)]))
layer("RMSNorm")(lambda d: ([4], d.options(eps=1e-3), [_features(d, 4)]))
layer("BatchNorm")(
    lambda d: (
        [4],
        d.options(affine=d.bool(), momentum=0.3, track_running_stats=d.bool()),
        [_features(d, 4, *d.choice((), (3,), (3, 2)))],
    )
)
layer("InstanceNorm")(lambda d: ([4], d.options(affine=d.bool()), [_features(d, 4, 3)]))
layer("GroupNorm")(
    lambda d: (
        [2, 4],
        d.options(affine=d.bool(), pytorch_compatible=d.bool()),
        [_features(d, 4, 3)],
    )
)


def _conv_layer(dimensions: int):
    def arguments(d: Draw):
        sides = [d.integer(4, 6) for _ in range(dimensions)]
        options = d.options(
            stride=d.integer(1, 2), padding=d.integer(0, 1), bias=d.bool(), dilation=d.choice(1, 2)
        )
        return [2, 3, 2], options, [_features(d, 2, *sides)]

    return arguments


def _pool_layer(dimensions: int):
    def arguments(d: Draw):
        sides = [d.integer(4, 6) for _ in range(dimensions)]
        return (
            [2],
            d.options(stride=d.integer(1, 2), padding=d.integer(0, 1)),
            [_features(d, 2, *sides)],
        )

    return arguments


for n in (1, 2, 3):
    layer(f"Conv{n}d ConvTranspose{n}d")(_conv_layer(n))
    layer(f"MaxPool{n}d AvgPool{n}d")(_pool_layer(n))
layer("Upsample")(
    lambda d: ([2], d.options(mode=d.choice("nearest", "linear", "cubic")), [_features(d, 2, 3, 3)])
)
layer("RNN LSTM GRU")(lambda d: ([3, 4], d.options(bias=d.bool()), [_features(d, 3, 5)]))
layer("MultiHeadAttention")(lambda d: ([4, 2], {}, [_features(d, 4, 3)] * 3))
layer("RoPE")(lambda d: ([4], d.options(traditional=d.bool(), base=100.0), [_features(d, 4, 3)]))
layer("SinusoidalPositionalEncoding")(
    lambda d: ([4], d.options(min_freq=0.01, cos_first=d.bool()), [_features(d, 3)])
)


# Initialisers.

for name, options in {
    "constant": {"value": 2.0},
    "normal": {"mean": 1.0, "std": 2.0},
    "uniform": {"low": -1.0, "high": 1.0},
    "identity": {},
    "glorot_normal": {},
    "glorot_uniform": {},
    "he_normal": {},
    "he_uniform": {},
    "orthogonal": {},
    "sparse": {"sparsity": 0.5},
}.items():
    shape = [(3, 3)] if name == "identity" else [(3, 4), (5, 2)]
    ENTRIES[f"nn.init.{name}"] = Entry(
        f"nn.init.{name}",
        lambda d, name=name, options=options, shape=shape: Program(
            "mx.random.seed(seed)\nresult = nn.init.%s(**options)(mx.zeros(shape))" % name,
            {"seed": d.integer(0, 999), "options": options, "shape": d.choice(*shape)},
        ),
        compare.orthogonal_factor if name == "orthogonal" else relative(16),
    )


@entry("core.fast.gated_delta_update", relative(256))
def _(d):
    batch, steps, heads, shared = (d.integer(1, 3) for _ in range(4))
    features, of_values = d.integer(1, 5), d.integer(1, 5)
    dtype = d.choice("float32", "float16", "bfloat16")

    def numbers(*shape, low=-1.0, high=1.0, dtype=dtype):
        return d.array(shape, dtype=dtype, special=False, low=low, high=high)

    mask = d.array((batch, steps), dtype="bool") if d.bool() else None
    state = numbers(batch, heads * shared, of_values, features, dtype="float32")
    return [
        *(numbers(batch, steps, heads, features, low=-0.4, high=0.4) for _ in range(2)),
        numbers(batch, steps, heads * shared, of_values),
        *(numbers(batch, steps, heads * shared, low=0) for _ in range(2)),
        state if d.bool() else None,
        mask,
    ]


# Optimizers: some steps on the same gradients.

_OPTIMIZERS = {
    "SGD": {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
    "Adam": {"learning_rate": 0.1, "betas": [0.8, 0.9], "eps": 1e-6, "bias_correction": True},
    "AdamW": {"learning_rate": 0.1, "weight_decay": 0.1},
    "Adamax": {"learning_rate": 0.1},
    "Adagrad": {"learning_rate": 0.1},
    "AdaDelta": {"learning_rate": 0.1, "rho": 0.8},
    "RMSprop": {"learning_rate": 0.1, "alpha": 0.9},
    "Lion": {"learning_rate": 0.1, "weight_decay": 0.1},
    "Adafactor": {"learning_rate": 0.1, "relative_step": False},
    "Muon": {"learning_rate": 0.1},
}
for name, options in _OPTIMIZERS.items():

    def steps(d: Draw, name=name, options=options):
        shape = d.choice((3, 4), (2, 3)) if name == "Muon" else d.choice((3,), (2, 3))
        drawn = {k: v for k, v in options.items() if k == "learning_rate" or d.bool()}
        drawn.pop("nesterov", None) if "momentum" not in drawn else None
        return Program(
            f"optimizer = optim.{name}(**options)\n"
            "p = {'a': {'w': w}}\n"
            "for g in gradients: p = optimizer.apply_gradients({'a': {'w': g}}, p)\n"
            "result = [p, dict(utils.tree_flatten(optimizer.state))]",
            {
                "options": drawn,
                "w": d.array(shape, ["float32"], special=False),
                "gradients": [d.array(shape, ["float32"], special=False) for _ in range(3)],
            },
        )

    ENTRIES[f"optimizers.{name}"] = Entry(f"optimizers.{name}", steps, relative(256))

for name, arguments in {
    "cosine_decay": [0.1, 10],
    "exponential_decay": [0.1, 0.9],
    "step_decay": [0.1, 0.9, 3],
    "linear_schedule": [0.0, 0.1, 5],
}.items():
    ENTRIES[f"optimizers.{name}"] = Entry(
        f"optimizers.{name}",
        lambda d, name=name, arguments=arguments: Program(
            f"result = mx.array(optim.{name}(*arguments)(step))",
            {
                "arguments": arguments,
                "step": d.array((), dtype="int32", special=False, low=0, high=20),
            },
        ),
        ulp(4),
    )
ENTRIES["optimizers.join_schedules"] = Entry(
    "optimizers.join_schedules",
    lambda d: Program(
        "s = optim.join_schedules([optim.linear_schedule(0.0, 0.1, 5), "
        "optim.cosine_decay(0.1, 9)], [5])\nresult = mx.array(s(step))",
        {"step": d.array((), dtype="int32", special=False, low=0, high=20)},
    ),
    ulp(4),
)
ENTRIES["optimizers.clip_grad_norm"] = Entry(
    "optimizers.clip_grad_norm",
    lambda d: Program(
        "result = optim.clip_grad_norm({'a': a, 'b': [b]}, limit)",
        {
            "a": d.array((3,), ["float32"], special=False),
            "b": d.array((2, 2), ["float32"], special=False),
            "limit": d.choice(0.5, 3.0, 100.0),
        },
    ),
    relative(16),
)


# Transforms, on functions of a few operations.

_FUNCTIONS = (
    "mx.sin(x) * y",
    "mx.exp(-x * x) + x @ y.T if x.ndim == 2 else x * y",
    "mx.tanh(x).sum() * y",
    "mx.maximum(x, y) - mx.minimum(x, 0.5 * y)",
    "mx.softmax(x, axis=-1) / (1 + y * y)",
    "mx.logsumexp(x * y, axis=-1, keepdims=True) + x",
    "mx.where(x > y, x * x, mx.abs(y))",
    "mx.cumsum(x, axis=-1) * y.reshape(-1).sum()",
    "mx.concatenate([x, y], axis=0)[1:] ** 2",
    "mx.sqrt(mx.abs(x) + 1) * mx.stop_gradient(y)",
    "x[..., ::-1] * y[..., 1:].sum()",
    "mx.var(x, axis=-1, keepdims=True) * y",
    "mx.take(x, mx.array([1, 0, 1]), axis=0).sum(0) + y",
)

_TRANSFORMS = {
    "core.grad": "result = mx.grad(lambda x, y: f(x, y).sum(), argnums=n)(x, y)",
    "core.value_and_grad": "result = mx.value_and_grad(lambda x, y: f(x, y).sum(), n)(x, y)",
    "core.vjp": "out = f(x, y)\nresult = mx.vjp(f, [x, y], [mx.cos(out)])",
    "core.jvp": "result = mx.jvp(f, [x, y], [y, x])",
    "core.vmap": "result = mx.vmap(f, in_axes=axes)(mx.stack([x, y, x]), mx.stack([y, x, y]))",
    "core.compile": "g = mx.compile(f, shapeless=False)\nresult = [g(x, y), g(y, x)]",
    "core.checkpoint": "g = mx.checkpoint(f)\nresult = mx.grad(lambda x, y: g(x, y).sum())(x, y)",
}
for name, source in _TRANSFORMS.items():

    def transformed(d: Draw, source=source):
        body = d.choice(*_FUNCTIONS)
        shape = (d.integer(2, 4), d.integer(2, 4))
        return Program(
            f"def f(x, y):\n    return {body}\n{source}",
            {
                "x": d.array(shape, ["float32"], special=False),
                "y": d.array(shape, ["float32"], special=False),
                "n": d.choice(0, 1, (0, 1)),
                "axes": d.choice((0, 0), (0, 0), 0),
            },
        )

    ENTRIES[name] = Entry(name, transformed, relative(512))


# Indexing.


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
            index.append(_indices(d, gathered, size))
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


# Fast operations and others that later work brings; the entries wait for them.


@entry("core.fast.layer_norm", relative(64))
def _(d):
    x = _features(d, 4)
    w = d.array((4,), ["float32"], special=False)
    return [x, d.choice(None, w), d.choice(None, w), 1e-5]


@entry("core.fast.rms_norm", relative(64))
def _(d):
    return [_features(d, 4), d.array((4,), ["float32"], special=False), 1e-5]


@entry("core.fast.rope", relative(64))
def _(d):
    x = d.array((1, 2, d.integer(1, 4), 8), ["float32"], special=False)
    return [x, d.choice(8, 4)], {
        "traditional": d.bool(),
        "base": d.choice(10000.0, 100.0),
        "scale": d.choice(1.0, 0.5),
        "offset": d.integer(0, 5),
    }


@entry("core.fast.scaled_dot_product_attention", relative(64))
def _(d):
    queries, keys = d.integer(1, 4), d.integer(1, 5)
    q = d.array((1, 4, queries, 8), ["float32"], special=False)
    k, v = (d.array((1, d.choice(4, 2), keys, 8), ["float32"], special=False) for _ in range(2))
    v = Array("float32", v.values.repeat(2, 1)[:, : k.shape[1]])
    mask = d.choice(None, None, d.array((queries, keys), ["float32"], special=False))
    return [q, k, v], {"scale": 0.3, **({"mask": mask} if mask is not None else {})}


def _source_and_target(d: Draw) -> list[Array]:
    return [d.array((2, length, 4), ["float32"], special=False) for length in (3, d.integer(1, 4))]


layer("TransformerEncoderLayer")(lambda d: ([4, 2], {}, [_features(d, 4, 3), None]))
layer("TransformerDecoderLayer")(lambda d: ([4, 2], {}, [*_source_and_target(d), None, None]))
layer("TransformerEncoder")(lambda d: ([1, 4, 2], {}, [_features(d, 4, 3), None]))
layer("TransformerDecoder")(lambda d: ([1, 4, 2], {}, [*_source_and_target(d), None, None]))

entry("core.degrees core.radians", ulp(2))(lambda d: [d.array(dtypes=REAL)])
