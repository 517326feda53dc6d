#!/usr/bin/env python3
"""Writes higher.txt: second and third derivatives of every function in float64, made of mpmath.

    peers/bin/python tests/special_points/higher.py      (generate.py says how to make `peers`)

Lines are `points ARITY NUMBERS` (of functions of two numbers each pair, the first varying slowest),
and `NAME ARITY ORDER... VALUES`, how often the derivative is taken by each input and what it is at
each point: a number, or `-` where nothing is promised, at kinks and poles and where there is no
limit; or one of these with *COUNT.
"""
import functools
import itertools
import math
import os

import mpmath as mp

from functions import FUNCTIONS
from generate import tokens

POINTS = {1: [0.0, -0.0, 0.5, -0.5, 1, -1, 2, -2, 3, -3, 6, 1e-3, 20, -20, 100, -100, 800, -800,
              math.inf, -math.inf],
          2: [0.0, -0.0, 1, -1, 2, -2, 0.5, 3]}
MOST_ORDER = 3
# Finite differences of such steps are derivatives where both are the same.
STEPS = mp.mpf(10) ** -20, mp.mpf(10) ** -22
BY_NAME = {f.name: f for f in FUNCTIONS}
UNDEFINED = (ValueError, ZeroDivisionError, OverflowError, TypeError)


def same(x, y):
    return abs(x - y) <= 1e-15 * (1 + abs(x))


def moved(point, axis, by):
    return [x + by if i == axis else x for i, x in enumerate(point)]


def is_continuous(f, point, direction):
    value = f.value(*point)
    for axis in range(f.arity):
        try:
            if not same(value, f.value(*moved(point, axis, direction * STEPS[0]))):
                return False
        except UNDEFINED:
            pass  # the edge of where there is a function
    return True


def one_sided(f, xs, orders, direction):
    point = [mp.mpf(x) for x in xs]
    try:
        if sum(orders) == 0:
            return mp.mpf(f.value(*point)) if is_continuous(f, point, direction) else None
        at, order = (point[0], orders[0]) if f.arity == 1 else (tuple(point), orders)
        x, y = (mp.mpmathify(mp.diff(f.value, at, order, direction=direction, h=h)) for h in STEPS)
    except UNDEFINED:
        return None
    return x if isinstance(x, mp.mpf) and same(x, y) else None


def lower(orders):
    for i, order in enumerate(orders):
        if order:
            yield (*orders[:i], order - 1, *orders[i + 1 :])


@functools.cache
def derivative(name, xs, orders):
    f = BY_NAME[name]
    if any(math.isinf(x) for x in xs):
        near, far = (derivative(name, tuple(math.copysign(10.0**k, x) for x in xs), orders)
                     for k in (4, 5))
        if near is None or far is None or not math.isfinite(near):
            return None
        if abs(far) < 1e-6 and abs(far) <= abs(near):
            return 0.0
        return far if abs(far - near) < 1e-9 * abs(near) else None
    # What jumps has no derivative, and no higher ones.
    if f.kinks(*xs) or any(derivative(name, xs, less) is None for less in lower(orders)):
        return None
    sides = [one_sided(f, xs, orders, direction) for direction in (1, -1)]
    sides = [x for x in sides if x is not None]  # one at the edge of where there is a function
    if not sides or not same(sides[0], sides[-1]):
        return None
    return float(sides[0]) if abs(sides[0]) > 1e-15 else 0.0


def lines():
    for arity, points in POINTS.items():
        yield f"points {arity} " + " ".join(repr(float(x)) for x in points)
    for f in FUNCTIONS:
        if all(d is None for d in f.derivatives):
            continue
        for orders in itertools.product(range(MOST_ORDER + 1), repeat=f.arity):
            if not 2 <= sum(orders) <= MOST_ORDER:
                continue
            found = [derivative(f.name, xs, orders)
                     for xs in itertools.product(POINTS[f.arity], repeat=f.arity)]
            yield f"{f.name} {f.arity} {' '.join(map(str, orders))} " + tokens(
                "-" if x is None else f"{x:.15g}" for x in found)


if __name__ == "__main__":
    mp.mp.dps = 100
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "higher.txt"), "w") as out:
        out.write("# Written by higher.py, which says what the lines mean.\n")
        out.writelines(line + "\n" for line in lines())
