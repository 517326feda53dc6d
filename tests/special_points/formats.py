"""Formats of numbers: points at their edges, exact rounding, bits."""
import math
import random

import ml_dtypes
import mpmath as mp
import numpy as np

mp.mp.prec = 400

# Type, bits of precision, exponent of the least and of the largest normal number.
FLOATS = {
    "float16": (np.float16, 11, -14, 15),
    "bfloat16": (ml_dtypes.bfloat16, 8, -126, 127),
    "float32": (np.float32, 24, -126, 127),
    "float64": (np.float64, 53, -1022, 1023),
}
INTEGERS = {"bool": (1, False)} | {
    f"{kind}int{bits}".replace("sint", "int"): (bits, kind == "s")
    for bits in (8, 16, 32, 64)
    for kind in "su"
}


def largest(dtype):
    _, digits, _, most = FLOATS[dtype]
    return math.ldexp(2 - 2.0 ** (1 - digits), most)


def rounded(value, dtype):
    """The exact number `value` (of mpmath or float) rounded to the nearest of the format."""
    if isinstance(value, float) and (math.isnan(value) or math.isinf(value) or value == 0):
        return value
    value = mp.mpf(value)
    if mp.isnan(value) or mp.isinf(value):
        return float(value)
    sign, mantissa, exponent, bits = value._mpf_
    if mantissa == 0:
        return 0.0
    _, digits, least, most = FLOATS[dtype]
    unit = max(exponent + bits - digits, least - digits + 1)
    shift = exponent - unit
    if shift >= 0:
        number = int(mantissa) << shift
    else:
        number, rest = divmod(int(mantissa), 1 << -shift)
        half = 1 << (-shift - 1)
        number += rest > half or (rest == half and number & 1)
    if number.bit_length() + unit > most + 1:
        return -math.inf if sign else math.inf
    return math.copysign(math.ldexp(number, unit), -1 if sign else 1)


def bits_of(value, dtype):
    """Hexadecimal bits; `value` is a float that the format holds, a complex number or an int."""
    if dtype in INTEGERS:
        return f"{int(value) % (1 << max(INTEGERS[dtype][0], 1)):x}"
    if dtype == "complex64":
        return bits_of(value.real, "float32") + "," + bits_of(value.imag, "float32")
    if math.isnan(value):
        return "nan"
    number = np.array(value, np.float64).astype(FLOATS[dtype][0])
    return f"{int(number.view(f'u{number.itemsize}')):x}"


def signed(values):
    return [s * v for v in values for s in (1.0, -1.0)]


def edges(dtype):
    """Points of functions of one number: ends of the format, where exponentials, squares and cubes
    leave it, and the kinks of common functions."""
    _, digits, least, most = FLOATS[dtype]
    top, bottom = largest(dtype), math.ldexp(1.0, least - digits + 1)
    normal, epsilon = math.ldexp(1.0, least), 2.0 ** (1 - digits)
    log_top, log_bottom = math.log(top), -math.log(bottom)
    values = [0.0, bottom, 3 * bottom, normal / 2, normal, math.sqrt(normal) * 1.1, epsilon / 2]
    values += [1e-3, 0.1, 0.5, 1 - epsilon / 2, 1, 1 + epsilon, 1.5, 2, 3, 6, 10, 18, 31]
    values += [log_top * 0.999, log_top * 1.02, log_bottom + 1, 0.45 * top ** (1 / 3)]
    values += [2 * top ** (1 / 3), 1.1 * math.sqrt(top), 0.75 * top, top, math.inf]
    values = list(dict.fromkeys(rounded(float(v), dtype) for v in values))
    return signed(values) + [math.nan]


def pair_edges(dtype):
    """Each of these meets each in functions of two numbers."""
    _, digits, least, _ = FLOATS[dtype]
    top, bottom = largest(dtype), math.ldexp(1.0, least - digits + 1)
    values = [0.0, bottom, 1.1 * math.sqrt(math.ldexp(1.0, least)), 0.1, 1, 3, 7.5]
    values += [1.1 * math.sqrt(top), top, math.inf]
    return signed([rounded(float(v), dtype) for v in values]) + [math.nan]


def random_points(dtype, count, generator):
    """Half of them any bits at all, half numbers of common sizes."""
    kind = FLOATS[dtype][0]
    size = np.dtype(kind).itemsize
    points = []
    for i in range(count):
        if i % 2:
            bits = generator.getrandbits(8 * size).to_bytes(size, "little")
            points.append(float(np.frombuffer(bits, kind)[0]))
        else:
            number = math.exp(generator.uniform(math.log(1e-4), math.log(1e3)))
            points.append(rounded(generator.choice([number, -number]), dtype))
    return points


def random_complex(count, generator):
    def part():
        number = math.exp(generator.uniform(math.log(1e-3), math.log(30)))
        return generator.choice([number, -number])

    return [complex(np.complex64(complex(part(), part()))) for _ in range(count)]


def use_random_points(seed):
    """Instead of the edges, for a sweep."""
    generator = random.Random(seed)
    one = {dtype: random_points(dtype, 240, generator) for dtype in FLOATS}
    two = {dtype: random_points(dtype, 32, generator) for dtype in FLOATS}
    numbers = random_complex(60, generator)
    globals().update(edges=one.get, pair_edges=two.get, complex_edges=lambda: numbers)


def whole_edges(dtype):
    bits, is_signed = INTEGERS[dtype]
    if bits == 1:
        return [0, 1]
    top = (1 << (bits - 1 if is_signed else bits)) - 1
    values = [0, 1, 2, 3, 7, bits - 1, bits, top // 2 + 1, top - 1, top]
    return values + ([-1, -2, -3, -bits, -top, -top - 1] if is_signed else [])


def complex_edges():
    """Finite points: what parts of complex functions are at infinities is not promised."""
    values = [0, 1, -1, 1j, -1j, 1 + 2j, -0.5 + 0.3j, -3 - 0.25j, 1e-12 - 2e-12j, 1e-30j]
    values += [20 + 1j, -20 - 1j, 100 + 1j, -100 + 3j, 1e5 - 1e5j, 1e12 + 1e10j]
    return [complex(np.complex64(v)) for v in values]
