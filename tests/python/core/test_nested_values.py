"""Arrays of nests in which numbers, NumPy's arrays and arrays stand beside each other."""

import numpy as np
import pytest

import lazulite.core as lz


@pytest.mark.parametrize(
    "nest",
    [
        lambda: [np.ones(2), [3, 4]],
        lambda: [[5, 6], np.array([1.5, 2.5])],
        lambda: [lz.arange(2) * 2, [3, 4]],
        lambda: [(1, 2), lz.array([3.0, 4.0]) + 1, np.array([5, 6])],
        lambda: [[lz.array(1) + 1, 2], [np.float64(0.5), 4]],
        lambda: [[np.ones((2, 2)), lz.zeros((2, 2)) + 3], [[[1, 2], [3, 4]], [[5, 6], (7, 8)]]],
    ],
)
def test_rows_of_different_kinds(nest):
    def plain(part):
        if isinstance(part, (list, tuple)):
            return [plain(x) for x in part]
        return part.tolist() if hasattr(part, "tolist") else part

    assert lz.array(nest()).tolist() == plain(nest())


def test_derivatives_go_through():
    gradient = lz.grad(lambda x: lz.sum(lz.array([x * 2, [3.0, 4.0]]) ** 2))
    assert gradient(lz.array([1.0, 2.0])).tolist() == [8.0, 16.0]
