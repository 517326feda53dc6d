"""How close the results of the two packages must be.

A bound is a function of the call, our array, theirs and the oracle; it returns the largest
difference that is allowed in each element. Infinities and NaN must be in the same places.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from calls import Array, Call, Raised

_EPSILON = {
    "float16": 2.0**-10,
    "bfloat16": 2.0**-7,
    "float32": 2.0**-23,
    "float64": 2.0**-52,
    "complex64": 2.0**-23,
}
_TINY = {
    "float16": 2.0**-24,
    "bfloat16": 2.0**-133,
    "float32": 2.0**-149,
    "float64": 2.0**-1074,
    "complex64": 2.0**-149,
}
_LARGEST = {"float16": 65504.0, "bfloat16": 3.3895e38, "float32": 3.4028e38, "complex64": 3.4e38}

Bound = Callable[..., np.ndarray | float]


def epsilon(dtype: str) -> float:
    """The distance of 1 to the next number of a dtype; 0 of integers."""
    return _EPSILON.get(dtype, 0.0)


def exact(request, ours: Array, theirs: Array, oracle) -> float:
    """The same numbers."""
    return 0.0


def ulp(count: float) -> Bound:
    """Within so many units in the last place on either side."""

    def bound(request, ours: Array, theirs: Array, oracle):
        size = np.abs(theirs.values.astype(np.complex128 if _is_complex(theirs) else np.float64))
        size = np.where(np.isfinite(size), size, 0)
        eps = epsilon(theirs.dtype)
        counted = max(count, 2) if _is_complex(theirs) else count
        return 2 * counted * np.maximum(eps * size, _TINY.get(theirs.dtype, 0))

    return bound


def relative(count: float) -> Bound:
    """Within so many epsilons of the largest finite element."""

    def bound(request, ours: Array, theirs: Array, oracle):
        values = np.abs(theirs.values[np.isfinite(theirs.values)])
        largest = float(values.max()) if values.size else 0.0
        return count * epsilon(theirs.dtype) * max(largest, 1e-3)

    return bound


def absolute(count: float) -> Bound:
    """Within so many epsilons of 1 or of the largest finite element."""

    def bound(request, ours: Array, theirs: Array, oracle):
        values = np.abs(theirs.values[np.isfinite(theirs.values)])
        return count * epsilon(theirs.dtype) * max([1.0, *values.ravel().tolist()])

    return bound


def _magnitudes(value):
    if isinstance(value, Array) and _is_floating(value.dtype):
        return dataclasses.replace(value, values=np.abs(value.values).astype(value.values.dtype))
    if isinstance(value, (list, tuple)):
        return type(value)(_magnitudes(item) for item in value)
    return value


def _is_floating(dtype: str) -> bool:
    return dtype in _EPSILON


def sums(request: Call, ours: Array, theirs: Array, oracle):
    """Within 4 eps sqrt(n) times the sum of the terms' magnitudes, which is the same call on the
    magnitudes of its inputs; n is counted generously, as the size of the largest input."""
    inputs = [a for a in _flat(request.args) if isinstance(a, Array)]
    count = max([a.values.size for a in inputs] + [1])
    magnitude = oracle.perform(dataclasses.replace(request, args=_magnitudes(request.args)))
    if isinstance(magnitude, Raised) or not isinstance(magnitude, Array):
        return relative(16)(request, ours, theirs, oracle)
    total = np.abs(magnitude.values.astype(np.float64))
    total = np.where(np.isfinite(total), total, _LARGEST.get(theirs.dtype, 1e308))
    return 4 * epsilon(theirs.dtype) * np.sqrt(count) * total + 8 * _TINY.get(theirs.dtype, 0)


def scaled(request: Call, ours: Array, theirs: Array, oracle):
    """Within two epsilons of the input: of x times what is a difference of numbers near 1,
    as 1 + erf(x) is far below 0. Or within what `relative(64)` allows."""
    size = np.abs(request.args[0].values.astype(np.float64))
    return np.maximum(
        2 * epsilon(theirs.dtype) * size, relative(64)(request, ours, theirs, oracle)
    )


def distances(request: Call, ours: Array, theirs: Array, oracle):
    """Of a triplet loss: within (n + 8) eps times the distances and the margin that are added, where
    n is the length of a vector. A distance is good to (n / 2 + 3) eps of itself: each difference
    and square rounds once, the sum n times, which the root halves."""
    anchors, positives, negatives = (a.values.astype(np.float64) for a in request.args)
    total = (
        np.linalg.norm(np.atleast_1d(anchors - positives), axis=-1)
        + np.linalg.norm(np.atleast_1d(anchors - negatives), axis=-1)
        + 1.0
    )
    if request.kwargs.get("reduction", "none") != "none":
        total = np.mean(total) if request.kwargs["reduction"] == "mean" else np.sum(total)
    length = anchors.shape[-1] if anchors.ndim else 1
    return (length + 8) * epsilon(theirs.dtype) * (1 + np.sqrt(anchors.size)) * total


def orthogonal_factor(request, ours: Array, theirs: Array, oracle):
    """Of Q in A = QR, A square and of normal numbers: a change of A by d |A| moves Q by at most
    sqrt(2) cond(A) d (Higham, "Accuracy and Stability of Numerical Algorithms", 19.9), and each of
    the n reflections that either side takes changes A by about eps |A|."""
    given = request.names
    n = max(given["shape"])
    source = "mx.random.seed(seed)\nresult = mx.random.normal((n, n))"
    drawn = oracle.perform(dataclasses.replace(request, source=source, names={**given, "n": n}))
    condition = np.linalg.cond(drawn.values.astype(np.float64))
    return 2 * np.sqrt(2) * n * epsilon(theirs.dtype) * condition


def _flat(value):
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _is_complex(array: Array) -> bool:
    return array.dtype.startswith("complex")


def _parts(values: np.ndarray) -> list[np.ndarray]:
    return [values.real, values.imag] if np.iscomplexobj(values) else [values]


def difference(request, ours, theirs, bound: Bound, oracle, where: str = "result") -> str | None:
    """What differs, in words, or None."""
    if isinstance(theirs, Raised) or isinstance(ours, Raised):
        if isinstance(theirs, Raised) and isinstance(ours, Raised) and theirs.type in ours.bases:
            return None
        return f"{where}: {_short(ours)}, and MLX {_short(theirs)}"
    if isinstance(theirs, (list, tuple)) and type(ours) is type(theirs):
        if len(ours) != len(theirs):
            return f"{where} has {len(ours)} items, and MLX's {len(theirs)}"
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            found = difference(request, a, b, bound, oracle, f"{where}[{i}]")
            if found:
                return found
        return None
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if list(ours) != list(theirs):
            return f"{where} has the keys {list(ours)}, and MLX's {list(theirs)}"
        for key, item in theirs.items():
            found = difference(request, ours[key], item, bound, oracle, f"{where}[{key!r}]")
            if found:
                return found
        return None
    if isinstance(theirs, Array) and isinstance(ours, Array):
        return _array_difference(request, ours, theirs, bound, oracle, where)
    if isinstance(theirs, (float, complex)) and isinstance(ours, (float, complex)):
        a, b = (Array("float32", np.asarray(x)) for x in (ours, theirs))
        return _array_difference(request, a, b, bound, oracle, where)
    if type(ours) is not type(theirs) or ours != theirs:
        return f"{where} is {_short(ours)}, and MLX's {_short(theirs)}"
    return None


def _short(value) -> str:
    if isinstance(value, Raised):
        return f"raises {value.type} ({value.message[:200]})"
    text = repr(value)
    return text if len(text) < 300 else text[:300] + "..."


def _array_difference(request, ours, theirs, bound, oracle, where) -> str | None:
    if ours.dtype != theirs.dtype:
        return f"{where} has the dtype {ours.dtype}, and MLX's {theirs.dtype}"
    if ours.shape != theirs.shape:
        return f"{where} has the shape {ours.shape}, and MLX's {theirs.shape}"
    if ours.values.size == 0:
        return None
    if ours.values.dtype.kind not in "fc":
        wrong = ours.values != theirs.values
    else:
        allowed = bound(request, ours, theirs, oracle)
        if bound is exact and _is_complex(theirs):  # products of complex numbers round twice
            allowed = ulp(2)(request, ours, theirs, oracle)
        wrong = np.zeros(ours.shape, bool)
        largest = _LARGEST.get(theirs.dtype, np.inf)
        with np.errstate(all="ignore"):
            for a, b in zip(_parts(ours.values), _parts(theirs.values), strict=True):
                a, b = a.astype(np.float64), b.astype(np.float64)
                finite = np.isfinite(a) & np.isfinite(b)
                same = (a == b) | (np.isnan(a) & np.isnan(b))
                # One side may round to infinity what the other keeps just below it.
                edge = (np.abs(a) > 0.99 * largest) & (np.abs(b) > 0.99 * largest) & (a * b > 0)
                near = finite & (np.abs(a - b) <= allowed)
                wrong |= ~(same | near | (edge & (np.asarray(allowed) > 0)))
    if not wrong.any():
        return None
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    given = [a.values[at] for a in _flat(getattr(request, "args", ())) if _has(a, ours.shape)]
    return (
        f"{where}{list(at)} is {ours.values[at]!r}, and MLX's {theirs.values[at]!r} "
        f"({theirs.dtype}; {int(wrong.sum())} of {wrong.size} differ"
        + (f"; inputs there {given}" if given else "")
        + ")"
    )


def _has(value, shape) -> bool:
    return isinstance(value, Array) and value.shape == shape
