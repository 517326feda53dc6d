#!/usr/bin/env python3
"""Writes points.txt and kinks.txt: every function's value and gradient at its edges.

    python3 -m venv peers && peers/bin/pip install mlx==0.32.4 mlx-cpu==0.32.4 numpy mpmath ml_dtypes
    peers/bin/python tests/special_points/generate.py

Values and derivatives come from mpmath, exact zeros, infinities and NaN from NumPy; what flows at
kinks and ties from running MLX. functions.py says what each function is.

    generate.py --random SEED FILE
    LAZULITE_POINTS=FILE build/tests/special_points_tests

tries random numbers instead of the edges.

points.txt:
    points SET DTYPE TOKENS              the numbers that the lines below are about
    value NAME ARITY DTYPE OUTPUT_DTYPE ULP MAGNITUDE TOKENS
    gradient NAME ARITY INPUT DTYPE DTYPE ULP MAGNITUDE TOKENS
A token is a number's bits in hexadecimal, `nan`, `-` (nothing is promised), or one of these with
*COUNT. A function of one number takes the points of set `one`, one of two numbers each pair from
set `two`, the first varying slowest.
"""
import itertools
import math
import os
import sys

import mpmath as mp
import numpy as np

import functions
import formats
from functions import COMPLEX, FUNCTIONS, INTEGER
from formats import FLOATS, INTEGERS, bits_of, rounded

FOLDER = os.path.dirname(os.path.abspath(__file__))
BOOL_ROWS = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "isnan", "isinf",
             "isfinite", "isposinf", "isneginf", "logical_not", "logical_and", "logical_or",
             "logical_xor"}
# Their derivatives do not look at the point.
LINEAR = {"positive", "negative", "degrees", "radians", "real", "conjugate"}
# The points of kinks; any other number in a pair of one with NaN stands for all.
EXACT = {0, 1, 3, 6}
UNDEFINED = (ValueError, ZeroDivisionError, OverflowError, TypeError)


def tokens(texts):
    out = []
    for text, group in itertools.groupby(texts):
        count = len(list(group))
        out.append(text if count == 1 else f"{text}*{count}")
    return " ".join(out)


def finite(xs):
    return all(math.isfinite(x) for x in xs)


def real_number(value):
    if isinstance(value, mp.mpc):
        raise ValueError("the value is complex")
    return value


def limit(function, sign):
    """Of a function of one number towards an infinity; None where it has none."""
    try:
        near, far = (real_number(function(mp.mpf(sign * 10.0**k))) for k in (6, 8))
    except UNDEFINED:
        return None
    if near == far or abs(far - near) < abs(near) * 1e-3:
        return float(mp.nint(far * 2**30) / 2**30) if abs(far) < 1e-3 else far
    if abs(far) < abs(near) / 2:
        return 0.0
    return math.copysign(math.inf, far) if abs(far) > 2 * abs(near) else None


def value_at(f, xs):
    # Exact numbers have no negative zero.
    of_negative_zero = f.row and f.special and any(x == 0 and math.copysign(1, x) < 0 for x in xs)
    if finite(xs) and not of_negative_zero:
        try:
            value = real_number(f.value(*[mp.mpf(x) for x in xs]))
            if value != 0 or not f.special:
                return value
        except UNDEFINED:
            pass
    if f.special:
        return f.special(*xs)
    if any(math.isnan(x) for x in xs):
        return math.nan
    return limit(f.value, math.copysign(1, xs[0])) if f.arity == 1 and not finite(xs) else None


class Kinks:
    """What MLX lets flow where there is no derivative."""

    def __init__(self):
        self.path = os.path.join(FOLDER, "kinks.txt")
        self.table = {}
        try:
            import mlx.core as mx
            import mlx.nn as nn

            self.mx, self.nn = mx, nn
        except ImportError:
            self.mx = None
            for line in open(self.path):
                if not line.startswith("#"):
                    *key, value = line.split()
                    self.table[" ".join(key)] = float(value)

    def flow(self, f, which, xs):
        if f.arity == 2 and xs[0] == xs[1] and xs[0] != 0 and math.isfinite(xs[0]):
            xs = (1.0, 1.0)  # a tie is a tie
        xs = [x if not math.isfinite(x) or abs(x) in EXACT else math.copysign(2.0, x) for x in xs]
        with np.errstate(over="ignore"):
            key = f"{f.name} {which} " + " ".join(f"{np.float32(x):g}" for x in xs)
        if key not in self.table:
            if not self.mx:
                raise SystemExit(f"kinks.txt lacks `{key}`: run where MLX is installed")
            self.table[key] = self.run(f, which, xs)
        return self.table[key]

    def run(self, f, which, xs):
        mx = self.mx
        with np.errstate(over="ignore"):
            inputs = [mx.array(np.float32(x)) for x in xs]
        if f.mlx == "clip":
            function = lambda x: mx.clip(x, -1, 6)
        elif f.mlx.startswith("nn."):
            function = getattr(self.nn, f.mlx[3:])
        elif f.row:
            function = getattr(mx, f.mlx)
        else:
            function = lambda x, y: getattr(mx, f.mlx)(mx.stack([x, y]))
        return mx.grad(function, argnums=which)(*inputs).item()

    def save(self):
        if self.mx:
            with open(self.path, "w") as out:
                out.write("# What MLX 0.32.4 lets flow at kinks and ties: function, input, point, "
                          "gradient. Written by generate.py.\n")
                out.writelines(f"{key} {value:g}\n" for key, value in sorted(self.table.items()))


def gradient_at(f, which, xs, kinks):
    derivative = f.derivatives[which]
    if derivative is None:
        return 0.0
    if f.kinks(*xs):
        return kinks.flow(f, which, xs) if f.mlx else None
    if not finite(xs):
        if f.arity == 2:
            return f.limits[which](*xs) if f.limits else None
        if math.isnan(xs[0]):
            return None if f.mlx or f.name in LINEAR else math.nan
        return limit(derivative, math.copysign(1, xs[0]))
    try:
        return real_number(derivative(*[mp.mpf(x) for x in xs]))
    except ZeroDivisionError:
        # A pole, looked at from the side where the function is defined.
        if f.arity == 2 or math.copysign(1, xs[0]) < 0:
            return None
        for step in (mp.mpf(2) ** -300, -mp.mpf(2) ** -300):
            try:
                near = real_number(derivative(xs[0] + step))
                return math.copysign(math.inf, near) if abs(near) > 1e30 else None
            except UNDEFINED:
                continue
    except UNDEFINED:
        pass
    return None


def text_of(value, dtype):
    if value is None:
        return "-"
    if dtype == "bool":
        return str(int(bool(value)))
    return bits_of(rounded(value, dtype), dtype)


def complex_text(function, zs, output="complex64", conjugate=False):
    try:
        value = mp.mpc(function(*[mp.mpc(z) for z in zs]))
        if output == "bool":
            return str(int(value.real))
        value = mp.conj(value) if conjugate else value
        parts = [rounded(p, "float32") for p in (value.real, value.imag)]
    except UNDEFINED:
        return "-"
    if not finite(parts):
        return "-"
    return bits_of(complex(*parts) if output == "complex64" else parts[0], output)


def gradient_ulp(f, dtype):
    ulp = f.gradient_ulp
    return number(SLACK * (ulp[dtype] if isinstance(ulp, dict) else ulp))


# What random numbers lose in sums before exponentials is no fault.
SLACK = 64 if "--random" in sys.argv else 1


def number(value):
    return f"{float(value):g}"


def float_lines(f, kinks):
    for dtype in FLOATS:
        if f.name.startswith("logical_"):
            return
        points = formats.edges(dtype) if f.arity == 1 else formats.pair_edges(dtype)
        inputs = list(itertools.product(points, repeat=f.arity))
        out = "bool" if f.name in BOOL_ROWS else dtype
        head = f"{f.arity} {dtype} {out} {number(SLACK * f.ulp)} {number(f.magnitude)}"
        values = [value_at(f, xs) for xs in inputs]
        yield f"value {f.name} {head} " + tokens(text_of(v, out) for v in values)
        if f.name in BOOL_ROWS:
            continue
        for which, derivative in enumerate(f.derivatives):
            if derivative is None and not f.row:
                continue
            head = (f"{f.arity} {which} {dtype} {dtype} {gradient_ulp(f, dtype)} "
                    f"{number(f.gradient_magnitude)}")
            flows = []
            for xs, value in zip(inputs, values):
                # Outside of the domain nothing is promised.
                outside = isinstance(value, float) and math.isnan(value)
                outside = outside and f.arity == 1 and not math.isnan(xs[0])
                flows.append(None if outside else gradient_at(f, which, xs, kinks))
            yield f"gradient {f.name} {head} " + tokens(text_of(v, dtype) for v in flows)


def complex_lines(f):
    points = formats.complex_edges()
    inputs = list(itertools.product(points if f.arity == 1 else points[:12], repeat=f.arity))
    # The gradient of a real function of complex numbers is given as it is, that of a complex one is
    # the conjugate of its derivative.
    value, output, flows = COMPLEX.get(f.name, (f.value, "complex64", f.derivatives))
    holomorphic = f.name not in COMPLEX
    head = f"{f.arity} complex64 {output} {number(SLACK * f.ulp)} {number(f.magnitude)}"
    yield f"value {f.name} {head} " + tokens(complex_text(value, zs, output) for zs in inputs)
    for which, flow in enumerate(flows):
        head = (f"{f.arity} {which} complex64 complex64 {gradient_ulp(f, 'complex64')} "
                f"{number(f.gradient_magnitude)}")
        yield f"gradient {f.name} {head} " + tokens(
            complex_text(flow or (lambda *z: 0), zs, conjugate=holomorphic) for zs in inputs)


def integer_lines(name, function):
    arity = function.__code__.co_argcount - 1
    for dtype, (bits, _) in INTEGERS.items():
        if bits == 1 and name in ("negative", "left_shift", "right_shift"):
            continue
        inputs = itertools.product(formats.whole_edges(dtype), repeat=arity)
        out = "bool" if name in BOOL_ROWS else dtype
        values = [function(*xs, bits) for xs in inputs]
        if bits == 1 and name == "bitwise_invert":
            values = [v & 1 for v in values]
        texts = [str(int(v != 0)) if out == "bool" else bits_of(v, out) for v in values]
        yield f"value {name} {arity} {dtype} {out} 0 0 " + tokens(texts)


def main():
    path = os.path.join(FOLDER, "points.txt")
    if sys.argv[1:2] == ["--random"]:
        formats.use_random_points(int(sys.argv[2]))
        path = sys.argv[3]
    kinks = Kinks()
    lines = []
    for dtype in FLOATS:
        for name, points in ("one", formats.edges(dtype)), ("two", formats.pair_edges(dtype)):
            lines.append(f"points {name} {dtype} " + tokens(bits_of(x, dtype) for x in points))
    for dtype in INTEGERS:
        points = tokens(bits_of(x, dtype) for x in formats.whole_edges(dtype))
        lines += [f"points one {dtype} {points}", f"points two {dtype} {points}"]
    points = [bits_of(z, "complex64") for z in formats.complex_edges()]
    lines += ["points one complex64 " + tokens(points), "points two complex64 " + tokens(points[:12])]
    for f in FUNCTIONS:
        lines += float_lines(f, kinks)
        if f.complex or f.name in COMPLEX:
            lines += complex_lines(f)
        if f.row and f.name.startswith("logical_"):
            bools = list(itertools.product([0, 1], repeat=f.arity))
            lines.append(f"value {f.name} {f.arity} bool bool 0 0 " +
                         tokens(str(int(f.value(*xs))) for xs in bools))
    for name, function in INTEGER.items():
        lines += integer_lines(name, function)
    with open(path, "w") as out:
        out.write("# Written by generate.py, which says what the lines mean.\n")
        out.writelines(line + "\n" for line in lines)
    if len(sys.argv) == 1:
        kinks.save()


if __name__ == "__main__":
    main()
