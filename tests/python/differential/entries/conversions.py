"""Dtypes, and conversions of arrays to numbers of Python."""

from __future__ import annotations

from calls import Program
from compare import exact
from drawing import FLOATS, INTEGERS, REAL

from .entry import ENTRIES, Entry, entry, of_array

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
