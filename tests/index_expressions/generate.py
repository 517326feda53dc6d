#!/usr/bin/env python3
"""Writes expressions.txt: index expressions, and what NumPy reads and writes by them.

    python3 -m venv peers && peers/bin/pip install mlx==0.32.4 mlx-cpu==0.32.4 numpy
    peers/bin/python tests/index_expressions/generate.py

    generate.py --random SEED COUNT FILE
    LAZULITE_EXPRESSIONS_FILE=FILE build/tests/index_expressions_tests

tries others. What is read is compared with MLX as well, where that takes the expression: of an
ellipsis without axes MLX says, unlike NumPy, that it stands for nothing, and so does the table.

A line of expressions.txt:
    read SHAPE | ENTRIES | RESULT
    UPDATE SHAPE | ENTRIES | VALUES | RESULT
The array of SHAPE counts from 1; where it is divided it is float32 and counts in steps of 64, else
int32. Arrays are (SIZES)=ELEMENTS; entries are numbers, start:stop:step, `new`, `...`, `p` and an
array of positions, `m` and a mask.
"""
import argparse
import os
import random

import mlx.core as mx
import numpy as np

UPDATES = {
    "set": None,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
}


def random_slice(size):
    ends = [None, None, 0, 1, -1, -2, size, size + 2, -size - 2, 2]
    return slice(random.choice(ends), random.choice(ends), random.choice([None, 1, 1, 2, -1, -2]))


def random_expression(shape, masks):
    """Entries for an array of the shape; arrays of positions among them broadcast."""
    common = [random.choice([1, 2, 2, 3, 0]) for _ in range(random.choice([0, 1, 1, 1, 2]))]
    entries, axis, ellipsis = [], 0, False
    kinds = random.choice(["nissp", "ppppsnie", "isne", "pisse", "mmpise" if masks else "pse"])
    while axis < len(shape) and random.random() < 0.9 and len(entries) < 7:
        kind = random.choice(kinds)
        size = shape[axis]
        if kind == "n":
            entries.append(None)
        elif kind == "e":
            if not ellipsis:
                left = random.randrange(len(shape) - axis + 1)
                entries.append((Ellipsis, left))
                axis += left
                ellipsis = True
        elif kind == "s":
            entries.append(random_slice(size))
            axis += 1
        elif kind == "m":
            ndim = random.randrange(0, min(3, len(shape) - axis + 1))
            mask = np.random.rand(*shape[axis : axis + ndim]) < random.choice([0.2, 0.5, 0.9])
            entries.append(np.array(mask))
            axis += ndim
        elif size > 0 and kind == "i":
            entries.append(random.randrange(-size, size))
            axis += 1
        elif size > 0 and kind == "p":
            sizes = [random.choice([1, n]) if n else n for n in common]
            sizes = sizes[random.choice([0, 0, 0, len(sizes)]) :]
            entries.append(np.random.randint(-size, size, size=sizes).astype(np.int32))
            axis += 1
    if ellipsis:  # as many axes as the entries leave
        left = len(shape) - axis
        at = [isinstance(e, tuple) for e in entries].index(True)
        entries[at] = (Ellipsis, entries[at][1] + left)
    return entries


def masks_fit(shape, entries):
    """NumPy lets some masks without elements pass that have not the sizes of their axes."""
    axis = 0
    for entry in entries:
        if isinstance(entry, np.ndarray) and entry.dtype == bool:
            if entry.shape != shape[axis : axis + entry.ndim]:
                return False
            axis += entry.ndim
        elif entry is not None:
            axis += entry[1] if isinstance(entry, tuple) else 1
    return True


def for_numpy(entries):
    out = []
    for entry in entries:
        if isinstance(entry, tuple):
            out += [slice(None)] * entry[1]
        else:
            out.append(entry)
    return tuple(out)


def for_mlx(entries):
    as_mlx = {np.ndarray: mx.array, tuple: lambda e: Ellipsis}
    return tuple(as_mlx.get(type(e), lambda e: e)(e) for e in entries)


def array_text(array):
    elements = ",".join(f"{x:g}" if array.dtype.kind == "f" else str(int(x)) for x in array.flat)
    return f"({','.join(map(str, array.shape))})={elements}"


def entry_text(entry):
    if entry is None:
        return "new"
    if isinstance(entry, tuple):
        return "..."
    if isinstance(entry, slice):
        return ":".join("" if e is None else str(e) for e in (entry.start, entry.stop, entry.step))
    if isinstance(entry, np.ndarray):
        return ("m" if entry.dtype == bool else "p") + array_text(entry)
    return str(entry)


def numbers(shape, update):
    count = int(np.prod(shape)) + 1
    if update == "divide":
        return np.arange(64, 64 * count, 64, dtype=np.float32).reshape(shape)
    return np.arange(1, count, dtype=np.int32).reshape(shape)


def values_for(shape, update):
    """Values of a shape that broadcasts to this one, with an axis of size 1 in front at times."""
    sizes = [random.choice([n, n, 1]) for n in shape][random.choice([0, 0, 1, len(shape)]) :]
    if len(sizes) == len(shape) and random.random() < 0.1:
        sizes = [1] + sizes
    if update == "divide":
        return np.asarray(2.0 ** np.random.randint(-1, 3, size=sizes))
    return np.asarray(np.random.randint(-9, 99, size=sizes), dtype=np.int32)


def random_line():
    ndim = random.choice([0, 1, 2, 2, 3, 3, 4])
    shape = tuple(random.choice([1, 2, 2, 2, 3, 3, 3, 4, 4, 0]) for _ in range(ndim))
    update = random.choice([None] * 6 + ["set"] * 2 + [*UPDATES])
    entries = random_expression(shape, masks=True)
    if not masks_fit(shape, entries):
        return None
    x = numbers(shape, update)
    key = for_numpy(entries)
    try:
        result = x[key]
    except IndexError:
        return None  # an index array that does not broadcast against a mask
    if result.size > 200:
        return None
    text = f"{update or 'read'} ({','.join(map(str, shape))}) | {' '.join(map(entry_text, entries))}"
    has_mask = any(isinstance(e, np.ndarray) and e.dtype == bool for e in entries)
    if update is None:
        if not has_mask:
            other = np.array(mx.array(x)[for_mlx(entries)])
            same = other.shape == result.shape and (other == result).all()
            assert same, (shape, entries, result, other)
        return f"{text} | {array_text(np.asarray(result))}"
    values = values_for(result.shape, update)
    shown = values.reshape(values.shape[max(0, values.ndim - result.ndim) :])
    if update == "set":
        x[key] = shown
    else:
        whole = np.array(np.broadcast_to(shown, result.shape), dtype=x.dtype)
        UPDATES[update].at(x, key, whole)
    return f"{text} | {array_text(values)} | {array_text(x)}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--random", nargs=3, metavar=("SEED", "COUNT", "FILE"))
    given = parser.parse_args().random
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "expressions.txt")
    seed, count, path = (int(given[0]), int(given[1]), given[2]) if given else (1, 1500, here)
    random.seed(seed)
    np.random.seed(seed)
    with open(path, "w") as file:
        written = 0
        while written < count:
            text = random_line()
            if text:
                file.write(text + "\n")
                written += 1


if __name__ == "__main__":
    main()
