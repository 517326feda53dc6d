"""Variables that a compiled function only counts with, or keeps records in, are no reason to trace
it again."""

import collections

import lazulite.core as lz
import pytest

_traces = 0


def test_counting_traces_is_no_reason_for_another():
    inside = 0

    def counted(x):
        nonlocal inside
        global _traces
        inside += 1
        _traces += 1
        return x + 1

    compiled = lz.compile(counted)
    before = _traces
    for _ in range(3):
        assert compiled(lz.ones(2)).tolist() == [2, 2]
    assert (inside, _traces - before) == (1, 1)
    compiled(lz.ones(3))
    assert (inside, _traces - before) == (2, 2)


def test_counters_that_are_read_are_followed():
    step = 0
    scale = lz.array(1.0)

    def stepped(x):
        nonlocal step, scale
        step += 1
        scale += 1
        return x * step * scale

    compiled = lz.compile(stepped)
    assert [compiled(lz.array(1.0)).item() for _ in range(3)] == [2, 6, 12]
    assert step == 3

    def outer(x):
        nonlocal step
        step += 1
        return [x * step for _ in range(1)][0]

    assert [lz.compile(outer)(lz.array(1.0)).item() for _ in range(2)] == [4, 5]


_shapes = []
_counts = {"step": 0}
_tally = collections.Counter()


def _recorded(x):
    _shapes.append(x.shape)
    _counts["step"] += 1
    _tally[str(x.dtype)] += 1
    return x + 1


def test_records_that_are_only_kept_are_no_reason_for_another_trace():
    compiled = lz.compile(_recorded)
    for _ in range(3):
        assert compiled(lz.ones(2)).tolist() == [2, 2]
    assert (_shapes, _counts, _tally["lazulite.core.float32"]) == ([(2,)], {"step": 1}, 1)
    compiled(lz.ones(3))
    assert _shapes == [(2,), (3,)]
    _shapes.clear()
    compiled(lz.ones(3))
    assert _shapes == []


def test_records_of_enclosing_functions():
    calls, notes, counts = [], {}, collections.defaultdict(int)

    def noted(x):
        calls.append(("noted", [lambda: x][0]().ndim))
        calls.extend([x.size, None])
        notes["last"] = x.dtype
        counts[x.ndim] += 2
        return x * 2

    compiled = lz.compile(noted)
    assert [compiled(lz.array([2.0])).tolist() for _ in range(3)] == [[4.0]] * 3
    assert calls == [("noted", 1), 1, None]
    assert (notes, dict(counts)) == ({"last": lz.float32}, {1: 2})


def test_records_that_are_read_are_followed():
    counts, calls = {"n": 0}, []

    def of_item(x):
        counts["n"] += 1
        return x * counts["n"]

    def of_length(x):
        calls.append(1)
        return x * len(calls)

    def aside(x):
        return x * len(calls)

    def by_another(x):
        calls.append(1)
        return aside(x)

    def by_inner(x):
        calls.append(1)
        return [x * len(calls) for _ in range(1)][0]

    def of_key(x):
        counts[len(calls)] = 1
        calls.append(1)
        return x * len(calls)

    def of_its_own_key(x):
        calls[calls.pop()] += 1
        return x * calls[-1]

    def of_method(x):
        append = calls.append
        append(1)
        return x * len(append.__self__)

    def results(function):
        compiled = lz.compile(function)
        return [compiled(lz.array(1.0)).item() for _ in range(2)]

    assert results(of_item) == [1, 2]
    for function in (of_length, by_another, by_inner, of_key, of_method):
        calls.clear()
        assert results(function) == [1, 2], function.__name__
    calls[:] = [1, 0, 0]
    assert results(of_its_own_key) == [0, 3]


def test_arrays_in_records_are_those_of_each_call():
    losses, last = [], {}

    def kept(x):
        losses.append(x * 2)
        last["x"] = x * 3
        return x

    compiled = lz.compile(kept)
    for i in range(3):
        compiled(lz.array(float(i)))
        assert last["x"].item() == 3 * i
    assert [loss.item() for loss in losses] == [0, 2, 4]


def test_a_record_survives_an_exception():
    calls = [7]

    def failing(x):
        calls.append(x * 2)
        calls[0] = x + 1
        raise KeyError("here")

    with pytest.raises(KeyError):
        lz.compile(failing)(lz.ones(2))
    assert calls == [7]


def test_records_that_contain_themselves():
    calls = []
    calls.append(calls)

    def endless(x):
        calls.append(1)
        return x + 1

    assert lz.compile(endless)(lz.array(1.0)).item() == 2
