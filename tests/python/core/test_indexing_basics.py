"""Indices and updates, against NumPy on random expressions."""

import random

import numpy as np
import pytest

import lazulite.core as lz


def random_index(rng, shape, arrays_shape):
    """A random index into an array of this shape, as NumPy and this library take it."""
    entries, axes = [], list(shape)
    used_ellipsis = False
    i = 0
    while i < len(axes):
        size = axes[i]
        kind = rng.choice(["int", "slice", "none", "array", "ellipsis", "end"])
        if kind == "int" and size:
            entries.append(rng.randrange(-size, size))
            i += 1
        elif kind == "slice":
            bounds = [None, *range(-size - 1, size + 2)]
            step = rng.choice([None, 1, 2, -1, -2, 3])
            entries.append(slice(rng.choice(bounds), rng.choice(bounds), step))
            i += 1
        elif kind == "none":
            entries.append(None)
        elif kind == "array" and size:
            entries.append(
                np.array([rng.randrange(-size, size) for _ in range(int(np.prod(arrays_shape)))])
                .reshape(arrays_shape)
                .astype(np.int32)
            )
            i += 1
        elif kind == "ellipsis" and not used_ellipsis:
            # One that stands for no axis parts index arrays in NumPy, and not here.
            used_ellipsis = True
            entries.append(Ellipsis)
            i += rng.randrange(1, len(axes) - i + 1)
        elif kind == "end":
            break
    return tuple(entries)


def as_arrays(index):
    return tuple(lz.array(e) if isinstance(e, np.ndarray) else e for e in index)


@pytest.mark.parametrize("seed", range(300))
def test_reading_and_writing_agree_with_numpy(seed):
    rng = random.Random(seed)
    shape = tuple(rng.randrange(1, 5) for _ in range(rng.randrange(1, 4)))
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    index = random_index(rng, shape, rng.choice([(2,), (3,), (1,), (2, 2), ()]))
    expected = x[index]
    got = lz.array(x)[as_arrays(index)]
    assert got.shape == expected.shape
    assert np.array_equal(np.asarray(got), expected)

    changed, array = x.copy(), lz.array(x)
    changed[index] = -1
    array[as_arrays(index)] = -1
    assert np.array_equal(np.asarray(array), changed)

    if not any(isinstance(e, np.ndarray) for e in index):
        values = np.arange(100, 100 + expected.size, dtype=np.float32).reshape(expected.shape)
        changed[index] = values
        array[as_arrays(index)] = lz.array(values)
        assert np.array_equal(np.asarray(array), changed)
    added = x.copy()
    np.add.at(added, index, 2)
    assert np.array_equal(np.asarray(lz.array(x).at[as_arrays(index)].add(2)), added)


def test_masks():
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    mask = x % 3 == 0
    array = lz.array(x)
    assert np.array_equal(np.asarray(array[lz.array(mask)]), x[mask])
    array[array > 5] = 0
    x[x > 5] = 0
    assert np.array_equal(np.asarray(array), x)


def test_updates_change_the_object_and_no_views():
    x = lz.array([1, 2, 3])
    alias, view, numpy_view = x, x[1:], np.asarray(x)
    x[0] = 10
    x += 1
    assert alias.tolist() == [11, 3, 4]
    assert view.tolist() == [2, 3]
    assert numpy_view.tolist() == [1, 2, 3]


def test_indices_out_of_range_are_errors():
    x = lz.arange(3)
    with pytest.raises((IndexError, ValueError)):
        x[3]
    with pytest.raises(IndexError, match="test_indexing_basics.py, line"):
        x[lz.array([0, 5])].tolist()
    with pytest.raises((IndexError, ValueError)):
        x[0, 0]
    for wrong in (1.5, "a", object()):
        with pytest.raises((ValueError, TypeError)):
            x[wrong]
