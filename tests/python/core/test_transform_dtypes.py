"""Of which dtype derivatives are."""

import pytest

import lazulite.core as lz


@pytest.mark.parametrize("function", [lambda x: x * 2, lz.sin, lambda x: x[1:], lz.cumsum])
@pytest.mark.parametrize("dtype", [lz.float16, lz.bfloat16, lz.float32])
@pytest.mark.parametrize("other", [lz.float16, lz.float32, lz.int32, lz.bool_])
def test_tangents_have_the_dtype_of_their_primals(function, dtype, other):
    x = lz.array([1.0, 2.0], dtype)
    given = lz.array([1, 0], other)
    _, (tangent,) = lz.jvp(function, [x], [given])
    _, (expected,) = lz.jvp(function, [x], [given.astype(dtype)])
    assert tangent.dtype == dtype and lz.array_equal(tangent, expected).item()


@pytest.mark.parametrize("function", [lz.sum, lz.max, lz.mean, lambda x: (x * 2.5).sum()])
@pytest.mark.parametrize("dtype", [lz.int8, lz.uint16, lz.int64, lz.float16, lz.float32])
def test_gradients_have_the_dtype_of_what_they_are_by(function, dtype):
    gradient = lz.grad(function)(lz.array([1, 3, 2], dtype))
    assert gradient.dtype == dtype
    expected = lz.grad(function)(lz.array([1.0, 3.0, 2.0])).astype(dtype)
    assert lz.allclose(gradient, expected, rtol=1e-3).item()


@pytest.mark.parametrize("dtype", [lz.int32, lz.float16])
def test_tangents_of_integers_go_through_views_and_sums(dtype):
    x, tangent = lz.array([1, 0, 1]), lz.array([1, 1, 0], dtype)
    wide = tangent.astype(lz.float32)
    moved = lambda x: x.at[0].add(x[1])  # noqa: E731
    for function in (lambda x: lz.pad(x, 1), lambda x: x[1:], lz.cumsum, moved):
        _, (got,) = lz.jvp(function, [x], [tangent])
        _, (expected,) = lz.jvp(function, [x.astype(lz.float32)], [wide])
        assert got.tolist() == expected.tolist()


def test_tangents_that_are_bools_are_counted():
    x, tangent = lz.array([1, 0, 1]), lz.array([True, True, False])
    assert lz.jvp(lz.cumsum, [x], [tangent])[1][0].tolist() == [1, 2, 2]
    assert lz.jvp(lambda x: lz.pad(x, 1), [x], [tangent])[1][0].tolist() == [0, 1, 1, 0, 0]
