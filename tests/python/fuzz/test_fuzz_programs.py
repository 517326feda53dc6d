"""Random programs of the C++ fuzzer give the same bits through Python, plain and compiled."""

import subprocess

import numpy as np
import pytest
from operations import MISSING, TABLE
from programs import FUZZER, exported, run

import lazulite.core as lz

#: A fixed number of seeds; more with --programs.
BATCHES = 4

pytestmark = pytest.mark.skipif(not FUZZER.exists(), reason="program_fuzz is not built")


def different(got, expected, exactly=True) -> str:
    """How two arrays differ, in any bit but those of a NaN; empty if they don't."""
    if got.dtype != expected.dtype or got.shape != expected.shape:
        return f"{got.dtype}{got.shape} instead of {expected.dtype}{expected.shape}"
    if lz._bytes_of(got) == lz._bytes_of(expected):
        return ""
    a, b = np.asarray(got).ravel(), np.asarray(expected).ravel()
    if np.iscomplexobj(a):
        a, b = a.view(np.float32), b.view(np.float32)
    same = a.view(f"u{a.itemsize}") == b.view(f"u{b.itemsize}")
    if lz.issubdtype(got.dtype, lz.inexact):
        same |= np.isnan(a) & np.isnan(b)
    if not exactly and a.dtype.kind == "f":
        scale = np.max(np.abs(b), where=np.isfinite(b), initial=1)
        with np.errstate(invalid="ignore"):
            same |= np.abs(a - b) <= 1e-5 * scale
    if same.all():
        return ""
    where = int(np.argmin(same))
    return f"element {where} of {same.size}: {a[where]!r} instead of {b[where]!r}"


def expect_same(program, compiled):
    # Which algorithm a convolution's gradients take depends on what else is computed.
    exactly = not (program.derivatives and program.names() & {"conv2d", "conv_block"})
    results = run(program, compiled)
    assert len(results) == len(program.results)
    for i, (got, expected) in enumerate(zip(results, program.results, strict=True)):
        if expected is None:
            with pytest.raises(IndexError):
                lz.eval(got)
            continue
        found = different(got, expected, exactly)
        assert not found, f"result {i}: {found}"


def failures(first, last):
    """What goes wrong in the programs of these seeds, and how many were run."""
    found, count = [], 0
    for program in exported(first, last):
        if program.names() & MISSING.keys():
            continue
        count += 1
        # A compiled call of which a part fails gives nothing, which other tests look at.
        fails = any(result is None for result in program.results)
        for compiled in (False,) if fails else (False, True):
            try:
                expect_same(program, compiled)
            except NotImplementedError:
                break
            except BaseException as error:
                way = "compiled" if compiled else "plain"
                found.append(f"{way}: {type(error).__name__}: {error}\n{program.listing()}")
    return found, count


@pytest.mark.parametrize("batch", range(BATCHES))
def test_same_bits_as_in_cpp(batch, pytestconfig):
    number = pytestconfig.getoption("--programs") // BATCHES
    first = 1 + batch * number
    found, count = failures(first, first + number)
    assert not found, f"{len(found)} failures in {count} programs\n\n" + "\n\n".join(found[:3])
    assert count > number // 2


def test_every_operation_is_known():
    """An operation that the fuzzer gains is called here too, or named among the missing."""
    names = subprocess.run([FUZZER, "--operations"], capture_output=True, text=True, check=True)
    known = TABLE.keys() | MISSING.keys()
    unknown = [
        name
        for name in names.stdout.split()
        if name not in known and not hasattr(lz, name.removesuffix("_scalar"))
    ]
    assert unknown == []
