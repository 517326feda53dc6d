"""Programs give what MLX 0.32.4 gave: values, dtypes, shapes, texts, types of exceptions.

MLX is not needed; `golden.py` has recorded it.
"""

from __future__ import annotations

import pytest
from compare import absolute, difference
from golden import families, programs, recorded, request

#: Programs that give something else on purpose, and why.
DEPARTURES = {
    "mx.array(np.arange(12).reshape(3, 4)[::2, ::-1])": "any strides are taken",
    "mx.array(range(4))": "any sequence is taken",
    "class Own:\n    def __array__": "objects with __array__ are taken",
    "mx.array([1, 2]) == None": "None is not equal to an array, instead of an error",
    'mx.zeros("a")': "TypeError rather than a bad cast",
    'mx.array([1]).reshape("a")': "TypeError rather than a bad cast",
    "mx.tri(-1)": "a negative size is an error",
    "mx.vmap(lambda x: 3)": "a number is a result that is not mapped",
    "mx.vjp(lambda x: x, [mx.array(1.0)], [mx.array(1.0), mx.array(2.0)])": "a surplus is an error",
    "def f(x):\n    x[0] = 5.0\n    return x\nmx.vmap(f)": "each slice is changed",
    "mx.random.randint(5, ": "there is no integer in an empty range",
    "mx.random.truncated_normal(1, -1": "an empty range, whose bounds MLX exchanges",
    'mx.vmap(lambda d: d["a"] + d["b"], in_axes=({': "trees of axes may be given",
}

CASES = [(family, i) for family in families() for i in range(len(programs(family)))]


def test_everything_is_recorded():
    for family in families():
        assert list(recorded(family)) == list(dict.fromkeys(programs(family))), family


def test_departures_are_of_programs():
    sources = [source for family in families() for source in programs(family)]
    for beginning in DEPARTURES:
        assert any(source.startswith(beginning) for source in sources), beginning


@pytest.mark.parametrize("beginning", DEPARTURES)
def test_departures_differ(package, beginning):
    differ = [
        difference(request(source), package.perform(request(source)), wanted, absolute(64), None)
        for family in families()
        for source, wanted in recorded(family).items()
        if source.startswith(beginning)
    ]
    assert any(differ), "MLX gives the same: this is no departure"


@pytest.mark.parametrize(("family", "number"), CASES, ids=[f"{f}-{i}" for f, i in CASES])
def test_as_mlx(package, family, number):
    source = programs(family)[number]
    if any(source.startswith(beginning) for beginning in DEPARTURES):
        pytest.skip("differs on purpose")
    wanted = recorded(family)[source]
    found = difference(
        request(source), package.perform(request(source)), wanted, absolute(64), None
    )
    assert found is None, f"{found}\n  of {source}"
