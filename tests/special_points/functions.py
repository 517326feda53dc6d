"""What every function is, in exact arithmetic: rows of elementwise.def and composed functions.

A function of numbers is given as its value and one derivative an input, in mpmath, where they are
defined; and as IEEE arithmetic in Python's floats for infinities, NaN and signs of zeros. A new row
needs a line here (`unary` or `binary`); a new composed one is also named in functions.cpp.
"""
import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Callable

import mpmath as mp
import numpy as np

INF = math.inf


@dataclass
class Function:
    name: str
    arity: int
    value: Callable
    # None: nothing flows. Derivatives are evaluated at finite points; `limits` gives those at others.
    derivatives: list = field(default_factory=list)
    special: Callable = None
    limits: list = None
    row: bool = True
    # Where there is a complex function: the same formulas serve.
    complex: bool = False
    # Tolerances of a composed value and of gradients: units in the last place, of the number or of
    # `magnitude` if that is larger.
    ulp: float = 4
    gradient_ulp: float | dict = 4  # or by dtype
    gradient_magnitude: float = 0
    magnitude: float = 0
    # At these inputs the derivative does not exist, and MLX says what flows.
    kinks: Callable = lambda *x: False
    mlx: str = None


FUNCTIONS = []


def unary(name, value, derivative=None, special=None, **more):
    FUNCTIONS.append(Function(name, 1, value, [derivative], special, **more))


def binary(name, value, to_x=None, to_y=None, special=None, limits=None, **more):
    FUNCTIONS.append(Function(name, 2, value, [to_x, to_y], special, limits, **more))


# exp() of what is out of every format's range, without numbers of a million digits.
def exp(x):
    re = mp.re(x)
    if re > 30000:
        return mp.exp(30000) * (1 if mp.im(x) == 0 else mp.expj(mp.im(x)))
    return mp.exp(x) if re > -30000 else mp.mpf(0)


def tanh(x):
    return mp.tanh(x) if abs(mp.re(x)) < 2000 else mp.sign(mp.re(x))


def sech2(x):
    return 1 / mp.cosh(x) ** 2 if abs(mp.re(x)) < 2000 else mp.mpf(0)


def hyperbolic(f, sign):
    return lambda x: f(x) if abs(mp.re(x)) < 30000 else (sign(x) * mp.exp(30000))


sinh = hyperbolic(mp.sinh, lambda x: mp.sign(mp.re(x)))
cosh = hyperbolic(mp.cosh, lambda x: 1)


def sigmoid(x):
    return 1 / (1 + exp(-x)) if mp.re(x) > 0 else exp(x) / (1 + exp(x))


def softplus(x):
    if mp.re(x) > 0:
        return x + mp.log1p(exp(-x)) if mp.re(x) < 1000 else x
    return mp.log1p(exp(x))


def density(x):
    return exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def distribution(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2 if abs(x) < 200 else mp.mpf(x > 0)


def np1(f):
    def special(*x):
        with np.errstate(all="ignore"):
            return float(f(*[np.float64(v) for v in x]))

    return special


def rint(x):
    return mp.nint(x)  # halves to even


# Rows: arithmetic.
binary("add", lambda x, y: x + y, lambda x, y: 1, lambda x, y: 1, np1(np.add), complex=True,
       limits=[lambda x, y: 1.0, lambda x, y: 1.0])
binary("subtract", lambda x, y: x - y, lambda x, y: 1, lambda x, y: -1, np1(np.subtract),
       limits=[lambda x, y: 1.0, lambda x, y: -1.0], complex=True)
binary("multiply", lambda x, y: x * y, lambda x, y: y, lambda x, y: x, np1(np.multiply),
       limits=[lambda x, y: y, lambda x, y: x], complex=True)
binary("divide", lambda x, y: x / y, lambda x, y: 1 / y, lambda x, y: -x / y / y, np1(np.divide),
       limits=[lambda x, y: np1(np.divide)(1, y),
               lambda x, y: 0.0 if math.isfinite(x) and math.isinf(y) else None], complex=True)


def exactly(number):
    return mp.mpf(number.numerator) / number.denominator


def floored(x, y):
    return mp.mpf(Fraction(float(x)) // Fraction(float(y)))


def rest(x, y):
    return exactly(Fraction(float(x)) % Fraction(float(y)))


binary("floor_divide", floored, None, None, np1(np.floor_divide))
binary("remainder", rest, lambda x, y: 1, lambda x, y: -floored(x, y),
       np1(np.remainder), kinks=lambda x, y: y == 0,
       limits=[lambda x, y: 1.0, lambda x, y: None])


def power(x, y):
    if x == 0 and mp.re(y) > 0:
        return mp.mpf(0)
    if y == 0:
        return mp.mpf(1)
    if x == 0:
        raise ValueError
    if mp.im(x) == 0 and mp.im(y) == 0 and x < 0:
        if y != mp.floor(y):
            raise ValueError
        return power(-x, y) * (1 if int(y) % 2 == 0 else -1)
    return exp(y * mp.log(x))


def power_to_x(x, y):
    if y == 0:
        return mp.mpf(0)
    return y * power(x, y - 1) if x == 0 else y * power(x, y) / x


def power_to_y(x, y):
    if x == 0:
        if mp.re(y) > 0 or y == 0:
            return mp.mpf(0)
        raise ValueError
    if mp.im(x) == 0 and x < 0:
        raise ValueError
    return power(x, y) * mp.log(x)


binary("power", power, power_to_x, power_to_y, np1(np.power), complex=True,
       # Rounding y - 1 costs half a unit times log(x).
       gradient_ulp={"float16": 4, "bfloat16": 4, "float32": 64, "float64": 512, "complex64": 16},
       limits=[lambda x, y: 0.0 if y == 0 else 1.0 if y == 1 and math.isinf(x) else None,
               lambda x, y: 0.0 if x == INF and -INF < y < 0 or 0 < x < 1 and y == INF else None])
unary("negative", lambda x: -x, lambda x: -1, lambda x: -x, complex=True)
unary("positive", lambda x: x, lambda x: 1, lambda x: x)
unary("reciprocal", lambda x: 1 / x, lambda x: -1 / x / x, np1(np.reciprocal), complex=True)
unary("abs", abs, mp.sign, abs, kinks=lambda x: x == 0, mlx="abs")
unary("sign", mp.sign, None, lambda x: 0.0 if math.isnan(x) or x == 0 else math.copysign(1, x))
unary("square", lambda x: x * x, lambda x: 2 * x, lambda x: x * x, complex=True)


def larger(x, y):
    return x if x > y or x != x else y


def smaller(x, y):
    return x if x < y or x != x else y


def tie(x, y):
    return x == y or x != x or y != y


binary("maximum", larger, lambda x, y: int(x > y), lambda x, y: int(y > x), larger, kinks=tie,
       limits=[lambda x, y: float(x > y), lambda x, y: float(y > x)], mlx="maximum")
binary("minimum", smaller, lambda x, y: int(x < y), lambda x, y: int(y < x), smaller, kinks=tie,
       limits=[lambda x, y: float(x < y), lambda x, y: float(y < x)], mlx="minimum")

# Rows: rounding.
unary("floor", mp.floor, None, np1(np.floor))
unary("ceil", mp.ceil, None, np1(np.ceil))
unary("trunc", lambda x: mp.floor(x) if x > 0 else mp.ceil(x), None, np1(np.trunc))
unary("round", rint, None, np1(np.rint))

# Rows: powers and logarithms.
unary("sqrt", mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), np1(np.sqrt), complex=True)
unary("rsqrt", lambda x: 1 / mp.sqrt(x), lambda x: -1 / (2 * x * mp.sqrt(x)),
      lambda x: np1(np.reciprocal)(np1(np.sqrt)(x)), complex=True)


def direction(x, y):
    return x / mp.hypot(x, y) if x != 0 or y != 0 else mp.mpf(0)


def direction_ieee(x, y):
    if math.isnan(x) or math.isnan(y):
        return None
    if math.isinf(x):
        return math.copysign(math.sqrt(0.5) if math.isinf(y) else 1.0, x)
    return 0.0


binary("hypot", mp.hypot, direction, lambda x, y: direction(y, x), np1(np.hypot),
       limits=[lambda x, y: direction_ieee(x, y) if not (math.isinf(x) and math.isinf(y)) else None,
               lambda x, y: direction_ieee(y, x) if not (math.isinf(x) and math.isinf(y)) else None])
unary("exp", exp, exp, np1(np.exp), complex=True)
unary("expm1", lambda x: mp.expm1(x) if abs(x) < 30000 else exp(x) - 1, exp, np1(np.expm1))
unary("log", mp.log, lambda x: 1 / x, np1(np.log), complex=True)
unary("log2", lambda x: mp.log(x) / mp.log(2), lambda x: 1 / x / mp.log(2), np1(np.log2),
      complex=True)
unary("log10", lambda x: mp.log(x) / mp.log(10), lambda x: 1 / x / mp.log(10), np1(np.log10),
      complex=True)
unary("log1p", lambda x: mp.log1p(x) if mp.im(x) == 0 else mp.log(1 + x), lambda x: 1 / (1 + x),
      np1(np.log1p), complex=True)


def logaddexp(x, y):
    if mp.re(x) < mp.re(y):
        x, y = y, x
    return x if mp.re(x - y) > 30000 else x + mp.log(1 + exp(y - x))


def share_ieee(x, y):
    if math.isnan(x) or math.isnan(y):
        return math.nan
    if x == y:
        return 0.0 if x < 0 else 0.5
    return float(x > y)


binary("logaddexp", logaddexp, lambda x, y: sigmoid(x - y), lambda x, y: sigmoid(y - x),
       np1(np.logaddexp), limits=[share_ieee, lambda x, y: share_ieee(y, x)], complex=True)


def step(x):
    return int(x > 0)


unary("relu", lambda x: max(x, mp.mpf(0)), step, lambda x: x if x > 0 or x != x else 0.0,
      kinks=lambda x: x == 0, mlx="nn.relu")
binary("relu_grad", lambda x, y: y if x > 0 else mp.mpf(0), None, lambda x, y: step(x),
       lambda x, y: 0.0 if x <= 0 else y, limits=[None, lambda x, y: float(x > 0)],
       kinks=lambda x, y: x == 0 or x != x)
unary("sigmoid", sigmoid, lambda x: sigmoid(x) * sigmoid(-x), complex=True, gradient_magnitude=1)
unary("erf", mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * exp(-x * x), lambda x: math.erf(x))


def erfinv(x):
    if abs(x) >= 1:
        raise ValueError
    return mp.erfinv(x)


unary("erfinv", erfinv, lambda x: mp.sqrt(mp.pi) / 2 * exp(erfinv(x) ** 2),
      lambda x: x * INF if abs(x) == 1 else x if x == 0 else math.nan, gradient_ulp=64)

# Rows: activations.
unary("gelu", lambda x: x * distribution(x), lambda x: distribution(x) + x * density(x),
      gradient_magnitude=1)


def gelu_gate(x):
    k = mp.mpf(0.7978845608028654)
    u = k * (x + x**3 * mp.mpf(0.044715))
    return (1 + tanh(u)) / 2, sech2(u) / 2 * k * (1 + 3 * mp.mpf(0.044715) * x * x)


unary("gelu_approx", lambda x: x * gelu_gate(x)[0],
      lambda x: gelu_gate(x)[0] + x * gelu_gate(x)[1], gradient_magnitude=1,
      complex=True)
unary("silu", lambda x: x * sigmoid(x),
      lambda x: sigmoid(x) + x * sigmoid(x) * sigmoid(-x), gradient_magnitude=1,
      complex=True)
unary("mish", lambda x: x * tanh(softplus(x)),
      lambda x: tanh(softplus(x)) + x * sech2(softplus(x)) * sigmoid(x), gradient_magnitude=1,
      complex=True)
unary("softsign", lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2,
      lambda x: math.copysign(1, x) if math.isinf(x) else x,
      gradient_magnitude=1)
unary("hardswish", lambda x: x * min(max(x + 3, 0), 6) / 6,
      lambda x: mp.mpf(x > 3) if abs(x) > 3 else (2 * x + 3) / mp.mpf(6),
      kinks=lambda x: abs(x) == 3, mlx="nn.hardswish", gradient_magnitude=1)


# Rows: trigonometry.
unary("sin", mp.sin, mp.cos, np1(np.sin), complex=True)
unary("cos", mp.cos, lambda x: -mp.sin(x), np1(np.cos), complex=True)
unary("tan", mp.tan, lambda x: 1 + mp.tan(x) ** 2, np1(np.tan), complex=True, gradient_magnitude=1)


def only(f, holds):
    def value(x):
        if mp.im(x) == 0 and not isinstance(x, complex) and not holds(x):
            raise ValueError
        return f(x)

    return value


inside = lambda x: abs(mp.re(x)) <= 1
unary("arcsin", only(mp.asin, inside), only(lambda x: 1 / mp.sqrt((1 - x) * (1 + x)), inside),
      np1(np.arcsin), complex=True)
unary("arccos", only(mp.acos, inside), only(lambda x: -1 / mp.sqrt((1 - x) * (1 + x)), inside),
      np1(np.arccos), complex=True)
unary("arctan", mp.atan, lambda x: 1 / (1 + x * x), np1(np.arctan), complex=True)


def arctan2_to_x(x, y):
    return y / (x * x + y * y)


def arctan2_flat(x, y):
    return None if math.isnan(x) or math.isnan(y) else 0.0


binary("arctan2", mp.atan2, arctan2_to_x, lambda x, y: -arctan2_to_x(y, x), np1(np.arctan2),
       limits=[arctan2_flat, arctan2_flat])
unary("sinh", sinh, cosh, np1(np.sinh), complex=True)
unary("cosh", cosh, sinh, np1(np.cosh), complex=True)
unary("tanh", tanh, sech2, np1(np.tanh), complex=True, gradient_magnitude=1)
unary("arcsinh", mp.asinh, lambda x: 1 / mp.sqrt(x * x + 1), np1(np.arcsinh), complex=True)
above = lambda x: mp.re(x) >= 1
unary("arccosh", only(mp.acosh, above), only(lambda x: 1 / mp.sqrt(x - 1) / mp.sqrt(x + 1), above),
      np1(np.arccosh), complex=True)
unary("arctanh", only(mp.atanh, inside), only(lambda x: 1 / ((1 - x) * (1 + x)), inside),
      np1(np.arctanh), complex=True)
unary("degrees", lambda x: x * 180 / mp.pi, lambda x: 180 / mp.pi, lambda x: x, complex=True)
unary("radians", lambda x: x * mp.pi / 180, lambda x: mp.pi / 180, lambda x: x, complex=True)

# Rows: complex numbers, comparisons, classes; where is of the pair (x, y) with the condition x > y.
unary("real", lambda x: x, lambda x: 1, lambda x: x)
unary("imag", lambda x: mp.mpf(0), None, lambda x: 0.0)
unary("conjugate", lambda x: mp.conj(x), lambda x: 1, lambda x: x)
for name, compare in {
    "equal": lambda x, y: x == y, "not_equal": lambda x, y: x != y, "less": lambda x, y: x < y,
    "less_equal": lambda x, y: x <= y, "greater": lambda x, y: x > y,
    "greater_equal": lambda x, y: x >= y,
}.items():
    binary(name, compare, special=compare)
for name, test in {
    "isnan": math.isnan, "isinf": math.isinf, "isfinite": math.isfinite,
    "isposinf": lambda x: x == INF, "isneginf": lambda x: x == -INF,
}.items():
    unary(name, lambda x, test=test: test(float(x)), special=test)
unary("logical_not", lambda x: x == 0, special=lambda x: x == 0)
binary("logical_and", lambda x, y: x != 0 and y != 0, special=lambda x, y: x != 0 and y != 0)
binary("logical_or", lambda x, y: x != 0 or y != 0, special=lambda x, y: x != 0 or y != 0)
binary("logical_xor", lambda x, y: (x != 0) != (y != 0), special=lambda x, y: (x != 0) != (y != 0))
binary("where", lambda x, y: x if x > y else y, lambda x, y: step(x - y), lambda x, y: 1 - step(x - y),
       lambda x, y: x if x > y else y, limits=[lambda x, y: float(x > y), lambda x, y: float(not x > y)])


# Composed functions of one number.
def composed(name, value, derivative, special=None, **more):
    unary(name, value, derivative, special, row=False, **more)


def negative_branch(alpha, scale=1, width=1):
    return (lambda x: scale * (x if x > 0 else alpha * mp.expm1(max(x, -30000) / mp.mpf(width))),
            lambda x: scale * (mp.mpf(1) if x > 0 else alpha / mp.mpf(width) * exp(x / mp.mpf(width))))


composed("relu6", lambda x: min(max(x, 0), 6), lambda x: int(0 < x < 6),
         kinks=lambda x: x in (0, 6), mlx="nn.relu6")
composed("leaky_relu", lambda x: x if x > 0 else x * mp.mpf(0.01),
         lambda x: 1 if x > 0 else mp.mpf(0.01), kinks=lambda x: x == 0, mlx="nn.leaky_relu")
composed("elu", *negative_branch(1))
# At 0 the branch below it counts, as in MLX.
composed("selu", *negative_branch(mp.mpf(1.67326), mp.mpf(1.0507)))
composed("celu", *negative_branch(1))
composed("softplus", softplus, sigmoid)
composed("log_sigmoid", lambda x: -softplus(-x), lambda x: sigmoid(-x))
composed("clip", lambda x: min(max(x, -1), 6), lambda x: int(-1 < x < 6),
         kinks=lambda x: x in (-1, 6), mlx="clip")


# Composed functions of two numbers: reductions of the pair (x, y).
def pair(name, value, to_x, to_y, special, limits, **more):
    binary(name, value, to_x, to_y, special, limits, row=False, **more)


pair("max_of_pair", larger, lambda x, y: int(x > y), lambda x, y: int(y > x),
     lambda x, y: math.nan if y != y else larger(x, y),
     [lambda x, y: float(x > y), lambda x, y: float(y > x)], kinks=tie, mlx="max", ulp=1)
pair("min_of_pair", smaller, lambda x, y: int(x < y), lambda x, y: int(y < x),
     lambda x, y: math.nan if y != y else smaller(x, y),
     [lambda x, y: float(x < y), lambda x, y: float(y < x)], kinks=tie, mlx="min", ulp=1)
pair("prod_of_pair", lambda x, y: x * y, lambda x, y: y, lambda x, y: x, np1(np.multiply),
     [lambda x, y: y, lambda x, y: x], complex=True)
pair("logsumexp_of_pair", logaddexp, lambda x, y: sigmoid(x - y), lambda x, y: sigmoid(y - x),
     np1(np.logaddexp), [share_ieee, lambda x, y: share_ieee(y, x)], ulp=4, magnitude=1,
     complex=True)


def first_share(x, y):
    return math.nan if x != x or y != y or x == y or INF in (x, y) else float(x > y)


pair("softmax_of_pair", lambda x, y: sigmoid(x - y), lambda x, y: sigmoid(x - y) * sigmoid(y - x),
     lambda x, y: -sigmoid(x - y) * sigmoid(y - x), first_share,
     [lambda x, y: None, lambda x, y: None], gradient_magnitude=1, ulp=6, complex=True)
pair("cross_entropy_of_pair", lambda x, y: softplus(y - x), lambda x, y: -sigmoid(y - x),
     lambda x, y: sigmoid(y - x),
     lambda x, y: math.nan if x != x or y != y or x == y or INF in (x, y) else -x if x < y else 0.0,
     [lambda x, y: None, lambda x, y: None], gradient_magnitude=1, magnitude=1)
pair("log_softmax_of_pair", lambda x, y: -softplus(y - x), lambda x, y: sigmoid(y - x),
     lambda x, y: -sigmoid(y - x),
     lambda x, y: math.nan if x != x or y != y or x == y or INF in (x, y) else x if x < y else 0.0,
     [lambda x, y: None, lambda x, y: None], gradient_magnitude=1, magnitude=1, complex=True)


# Complex numbers, for rows whose complex function is not the formula above: value, dtype of the
# output, and for each input what flows back (None: nothing) of 1.
def phase(z):
    return z / abs(z) if z != 0 else mp.mpf(0)


def precedes(z, w):
    return (z.real, z.imag) < (w.real, w.imag)


COMPLEX = {
    "abs": (abs, "float32", [phase]),
    # Of the real part: only what is across z changes its direction.
    "sign": (phase, "complex64", [
        lambda z: mp.mpc(0, -1) * phase(z) * phase(z).imag / abs(z) if z else mp.mpc(0)]),
    "real": (lambda z: z.real, "float32", [lambda z: 1]),
    "imag": (lambda z: z.imag, "float32", [lambda z: mp.mpc(0, 1)]),
    "conjugate": (mp.conj, "complex64", [lambda z: 1]),
    "round": (lambda z: mp.mpc(rint(z.real), rint(z.imag)), "complex64", [None]),
    "positive": (lambda z: z, "complex64", [lambda z: 1]),
    "maximum": (lambda z, w: z if precedes(w, z) else w, "complex64",
                [lambda z, w: int(precedes(w, z)), lambda z, w: int(not precedes(w, z))]),
    "minimum": (lambda z, w: z if precedes(z, w) else w, "complex64",
                [lambda z, w: int(precedes(z, w)), lambda z, w: int(not precedes(z, w))]),
    "where": (lambda z, w: z if precedes(w, z) else w, "complex64",
              [lambda z, w: int(precedes(w, z)), lambda z, w: int(not precedes(w, z))]),
    "equal": (lambda z, w: z == w, "bool", []),
    "not_equal": (lambda z, w: z != w, "bool", []),
    "less": (precedes, "bool", []),
    "less_equal": (lambda z, w: not precedes(w, z), "bool", []),
    "greater": (lambda z, w: precedes(w, z), "bool", []),
    "greater_equal": (lambda z, w: not precedes(z, w), "bool", []),
    "isnan": (lambda z: False, "bool", []), "isinf": (lambda z: False, "bool", []),
    "isfinite": (lambda z: True, "bool", []), "isposinf": (lambda z: False, "bool", []),
    "isneginf": (lambda z: False, "bool", []),
}


# Integers: by name, of Python's ints; the result wraps. Rows that are missing here are those whose
# floating function serves (comparisons, logic).
def int_floor(x, y):
    return x // y if y else 0


def shift(x, y, bits, up):
    if not 0 <= y < bits:
        return 0 if up or x >= 0 else -1
    return x << y if up else x >> y


def same(x, bits):
    return x


INTEGER = {
    "add": lambda x, y, bits: x + y, "subtract": lambda x, y, bits: x - y,
    "multiply": lambda x, y, bits: x * y, "floor_divide": lambda x, y, bits: int_floor(x, y),
    "remainder": lambda x, y, bits: x % y if y else x,
    "power": lambda x, y, bits: pow(x, y, 1 << max(bits, 1)) if y >= 0 else 0,
    "negative": lambda x, bits: -x, "positive": same, "abs": lambda x, bits: abs(x),
    "sign": lambda x, bits: (x > 0) - (x < 0), "square": lambda x, bits: x * x,
    "maximum": lambda x, y, bits: max(x, y), "minimum": lambda x, y, bits: min(x, y),
    "floor": same, "ceil": same, "trunc": same, "round": same, "real": same, "conjugate": same,
    "relu": lambda x, bits: max(x, 0), "relu_grad": lambda x, y, bits: y if x > 0 else 0,
    "imag": lambda x, bits: 0, "where": lambda x, y, bits: x if x > y else y,
    "bitwise_invert": lambda x, bits: ~x, "bitwise_and": lambda x, y, bits: x & y,
    "bitwise_or": lambda x, y, bits: x | y, "bitwise_xor": lambda x, y, bits: x ^ y,
    "left_shift": lambda x, y, bits: shift(x, y, bits, True),
    "right_shift": lambda x, y, bits: shift(x, y, bits, False),
    "equal": lambda x, y, bits: x == y, "not_equal": lambda x, y, bits: x != y,
    "less": lambda x, y, bits: x < y, "less_equal": lambda x, y, bits: x <= y,
    "greater": lambda x, y, bits: x > y, "greater_equal": lambda x, y, bits: x >= y,
    "isnan": lambda x, bits: False, "isinf": lambda x, bits: False,
    "isfinite": lambda x, bits: True, "isposinf": lambda x, bits: False,
    "isneginf": lambda x, bits: False,
}
