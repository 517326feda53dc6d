"""A number and arrays that stand apart in an index, as in x[0, :, a]."""

import lazulite as lz
import numpy as np
import pytest

INDICES = [
    (0, slice(None), [1, 0]),
    ([1, 0], slice(None), 1),
    (slice(None), 1, slice(None), [2, 0]),
    (0, Ellipsis, [1, 1]),
    (1, None, slice(None, None, -1), [3, 0]),
]


def given(index):
    return tuple(lz.array(i) if isinstance(i, list) else i for i in index)


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_what_is_written_is_read(index):
    x = np.zeros((2, 3, 4, 5), np.float32)
    values = np.arange(x[index].size, dtype=np.float32).reshape(x[index].shape)
    ours = lz.array(x)
    ours[given(index)] = lz.array(values)
    x[index] = values
    np.testing.assert_array_equal(np.array(ours), x)
    np.testing.assert_array_equal(np.array(ours[given(index)]), x[index])


def test_values_in_the_order_of_the_part_fit_too():
    # As in MLX: the number picks a part, in which the array's axis is where it stands.
    values = np.arange(30, dtype=np.float32).reshape(3, 2, 5)
    x = np.zeros((2, 3, 4, 5), np.float32)
    x[0][:, [1, 3]] = values
    ours = lz.zeros((2, 3, 4, 5))
    ours[0, :, lz.array([1, 3])] = lz.array(values)
    np.testing.assert_array_equal(np.array(ours), x)
    added = lz.ones((2, 3, 4, 5)).at[0, :, lz.array([1, 3])].add(lz.array(values))
    np.testing.assert_array_equal(np.array(added), 1 + x)


def test_values_that_fit_no_order_are_refused():
    x = lz.zeros((2, 3, 4))
    with pytest.raises(ValueError, match="cannot be broadcast"):
        x[0, :, lz.array([1, 3])] = lz.zeros((4, 4))
