"""Second derivatives where the first ones have branches, against closed forms and differences."""

import numpy as np
import pytest

import lazulite.core as lz


def second(f):
    return lz.grad(lz.grad(f))


@pytest.mark.parametrize("exponent", [1, 2, 3, 4, 2.5])
@pytest.mark.parametrize("x", [0.0, 1.0, 2.0])
def test_powers(exponent, x):
    n = exponent
    expected = n * (n - 1) * x ** (n - 2) if x or n >= 2 else 0.0
    found = second(lambda x: x**exponent)(lz.array(x)).item()
    assert found == pytest.approx(expected, rel=1e-5)
    if exponent > 1 and exponent == int(exponent):
        third = lz.grad(second(lambda x: x**exponent))(lz.array(x)).item()
        expected = n * (n - 1) * (n - 2) * (x ** (n - 3) if x or n >= 3 else 0.0)
        assert third == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("of_array", [False, True])
@pytest.mark.parametrize("exponent", range(6))
def test_all_derivatives_of_powers(exponent, of_array):
    def function(x):
        return x ** (lz.array(float(exponent)) if of_array else exponent)

    factor = 1
    for order in range(1, 7):
        function = lz.grad(function)
        factor *= exponent - order + 1
        for x in (0.0, -0.0, 2.0, -1.0):
            expected = factor * x ** (exponent - order) if factor else 0
            assert function(lz.array(x)).item() == pytest.approx(expected, rel=1e-5), (order, x)


def test_all_derivatives_of_complex_powers():
    for exponent in range(4):
        function, factor = (lambda z, n=exponent: z**n), 1
        for order in range(1, 5):
            # Conjugates of derivatives flow back.
            function = lambda z, f=function: lz.vjp(f, [z], [lz.ones_like(z)])[1][0].conj()
            factor *= exponent - order + 1
            for z in (0j, 1 + 2j):
                expected = factor * z ** (exponent - order) if factor else 0
                got = function(lz.array(z, dtype=lz.complex64)).item()
                assert got == pytest.approx(expected, rel=1e-4), (exponent, order, z)


def test_what_is_rounded_to_integers_has_no_slope():
    for dtype in (lz.int32, lz.uint8, lz.bool_):
        slope = lz.grad(lambda x: x.astype(dtype).astype(lz.float32) + 2 * x)
        assert slope(lz.array(1.5)).item() == 2
    assert lz.grad(lambda x: lz.divmod(x, 2.0)[0])(lz.array(1.5)).item() == 0
    assert lz.grad(lambda x: lz.divmod(x, 2.0)[1])(lz.array(1.5)).item() == 1


def test_powers_at_their_edges():
    assert second(lambda x: x**0.5)(lz.array(0.0)).item() == -np.inf
    assert second(lambda x: x**-1)(lz.array(0.0)).item() == np.inf
    for exponent, expected in ((2, 2.0), (3, -6.0), (4, 12.0)):
        assert second(lambda x: x**exponent)(lz.array(-1.0)).item() == pytest.approx(expected)


def test_a_power_and_its_exponent():
    def slope(x, y):
        return lz.grad(lambda x, y: x**y)(x, y)

    mixed = lz.grad(slope, argnums=1)
    assert mixed(lz.array(1.0), lz.array(0.0)).item() == pytest.approx(1)
    assert mixed(lz.array(2.0), lz.array(3.0)).item() == pytest.approx(4 * (1 + 3 * np.log(2)))
    assert mixed(lz.array(0.0), lz.array(2.0)).item() == 0
    assert slope(lz.array(0.0), lz.array(0.0)).item() == 0


def test_a_penalty_of_gradients_at_0():
    def penalty(w):
        gradient = lz.grad(lambda x: (lz.sqrt((x * w) ** 2 + 4)).sum())(lz.array([0.0, 2.0]))
        return (gradient**2).sum()

    assert np.isfinite(np.asarray(lz.grad(penalty)(lz.array([1.0, 2.0])))).all()


SPECTRA = {
    "fft": lambda x: lz.abs(lz.fft.fft(x)),
    "rfft": lambda x: lz.abs(lz.fft.rfft(x)),
    "product": lambda x: lz.abs(x * lz.array([1 + 2j, 3 - 1j, 0.5j, 1])),
    "sign": lambda x: lz.real(lz.sign(lz.fft.fft(x)) * lz.array([1 + 1j, 2, 1j, 1 - 1j])),
}


@pytest.mark.parametrize("name", SPECTRA)
def test_magnitudes_of_complex_numbers(name):
    x = lz.array([0.3, -1.2, 0.8, 2.0])
    direction, step = np.array([0.5, -1.0, 2.0, 0.25], np.float32), 1e-2

    def gradient(x):
        return lz.grad(lambda x: SPECTRA[name](x).sum())(x)

    def at(t):
        return np.asarray(gradient(x + lz.array(t * direction)), np.float64)

    # Central differences of the fourth order.
    differences = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)
    forward = np.asarray(lz.jvp(gradient, [x], [lz.array(direction)])[1][0])
    assert np.allclose(forward, differences, atol=2e-3)
    # The matrix of second derivatives is symmetric.
    backward = np.asarray(lz.vjp(gradient, [x], [lz.array(direction)])[1][0])
    assert np.allclose(backward, forward, atol=1e-4)
    if name != "product":
        assert np.abs(forward).max() > 0.1


def test_the_gradient_of_a_sign():
    z = lz.array([3 + 4j, 0, -2j])
    found = lz.grad(lambda z: lz.real(lz.sign(z)).sum())(z)
    # real(z / |z|) changes with the imaginary part alone what is orthogonal to z.
    s, length = np.array([0.6 + 0.8j, 0, -1j]), np.array([5.0, 1.0, 2.0])
    expected = np.where(s == 0, 0, (1 - s * s.real) / length)
    assert np.allclose(np.asarray(found), expected)
    assert lz.grad(lz.sign)(lz.array(3.0)).item() == 0
