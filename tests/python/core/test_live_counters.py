"""Variables that a compiled function only counts with are no reason to trace it again."""

import lazulite.core as lz

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
