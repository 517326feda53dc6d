"""NumPy's numbers and arrays beside ours: their kind counts, the width is that of ours."""

import numpy as np
import pytest

import lazulite.core as lz

DTYPES = ["int8", "uint8", "int32", "uint64", "float32"]


@pytest.mark.parametrize("dtype", [*DTYPES, "bool_"])
@pytest.mark.parametrize("kind", [np.float32, np.float16, np.float64])
def test_fractions_are_kept(dtype, kind):
    x = lz.array([1, 0, 1], getattr(lz, dtype))
    for value in (kind(1.5), np.array(1.5, kind), np.array([1.5], kind)):
        for total in (x + value, lz.add(x, value), lz.add(value, x)):
            assert total.tolist() == [2.5, 1.5, 2.5]
            assert lz.issubdtype(total.dtype, lz.floating)
        assert lz.where(x > 0, x, value).tolist() == [1, 1.5, 1]
        assert lz.array(x == value).tolist() == [False, False, False]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.uint64])
def test_integers_take_the_dtype_beside_them(dtype, kind):
    x = lz.array([1, 0, 1], getattr(lz, dtype))
    for value in (kind(2), np.array(2, kind), np.array([2], kind)):
        total = lz.add(x, value)
        assert (total.tolist(), total.dtype) == ([3, 2, 3], x.dtype)


@pytest.mark.parametrize("dtype", ["int32", "float16", "bfloat16", "float32", "complex64"])
def test_full_of_a_dtype(dtype):
    wanted = getattr(lz, dtype)
    for value in (np.float32(2), np.int8(2), np.array(2.0), np.bool_(True), np.array([2, 2])):
        made = lz.full((3, 2), value, dtype=wanted)
        assert made.dtype == wanted
        assert lz.array_equal(made, int(np.max(value)) * lz.ones((3, 2), wanted)).item()
