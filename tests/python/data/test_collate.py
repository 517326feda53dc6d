"""What samples become in a batch."""

import array
import collections
import enum
import types

import numpy as np
import pytest

import lazulite.core as lz
from lazulite.data import DataLoader, default_collate, default_convert

Point = collections.namedtuple("Point", "x label")


class Colour(enum.IntEnum):
    RED = 4


class Duck:
    """Says that it is an array."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)


@pytest.mark.parametrize(
    ("samples", "dtype", "expected"),
    [
        ([1, 2], lz.int32, [1, 2]),
        ([1, 2**40], lz.int64, [1, 2**40]),
        ([-(2**31), 2**31 - 1], lz.int32, [-(2**31), 2**31 - 1]),
        ([1.5, 2.5], lz.float32, [1.5, 2.5]),
        ([1, 2.5], lz.float32, [1, 2.5]),
        ([True, False], lz.bool_, [True, False]),
        ([1 + 2j, 3j], lz.complex64, [1 + 2j, 3j]),
        ([Colour.RED, 2], lz.int32, [4, 2]),
        ([np.float32(1.5), np.float32(2)], lz.float32, [1.5, 2]),
        ([np.float64(1.5), np.float64(2)], lz.float32, [1.5, 2]),
        ([np.int64(3), np.int64(4)], lz.int64, [3, 4]),
        ([np.uint8(3), np.uint8(4)], lz.uint8, [3, 4]),
        ([np.bool_(True), np.bool_(False)], lz.bool_, [True, False]),
    ],
)
def test_numbers(samples, dtype, expected):
    batch = default_collate(samples)
    assert isinstance(batch, lz.array)
    assert (batch.dtype, batch.shape, batch.tolist()) == (dtype, (2,), expected)
    # A worker makes the same of them.
    (loaded,) = DataLoader(samples, batch_size=2, num_workers=1)
    assert (loaded.dtype, loaded.tolist()) == (dtype, expected)


@pytest.mark.parametrize(
    "make",
    [
        lambda v: np.array(v, np.float32),
        lambda v: np.array(v, np.float64),
        lambda v: np.asfortranarray(np.array(v, np.float32)),
        lambda v: lz.array(v, lz.float32),
        lambda v: Duck(np.array(v, np.float32)),
        lambda v: memoryview(np.array(v, np.float32)),
    ],
    ids=["float32", "float64", "transposed", "lazulite", "__array__", "memoryview"],
)
def test_arrays(make):
    samples = [make([[1, 2], [3, 4], [5, 6]]), make([[7, 8], [9, 10], [11, 12]])]
    for batch in (default_collate(samples), next(iter(DataLoader(samples, batch_size=2)))):
        assert isinstance(batch, lz.array)
        assert (batch.dtype, batch.shape) == (lz.float32, (2, 3, 2))
        assert batch.tolist() == [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]]


def test_arrays_that_wait_to_be_computed():
    samples = [lz.arange(3) * k for k in range(50)]
    assert default_collate(samples).tolist() == [[0, k, 2 * k] for k in range(50)]


def test_bfloat16_stays():
    samples = [lz.array([1.5, 2], lz.bfloat16), lz.array([3, 4.5], lz.bfloat16)]
    for workers in (0, 1):
        (batch,) = DataLoader(samples, batch_size=2, num_workers=workers)
        assert (batch.dtype, batch.tolist()) == (lz.bfloat16, [[1.5, 2], [3, 4.5]])


def test_the_batch_is_a_copy():
    sample = np.zeros(3, np.float32)
    batch = default_collate([sample, sample])
    converted = default_convert(sample)
    sample += 1
    assert batch.tolist() == [[0, 0, 0], [0, 0, 0]] and converted.tolist() == [0, 0, 0]


def test_arrays_of_the_buffer_protocol():
    assert default_collate([array.array("h", [1, 2])] * 2).tolist() == [[1, 2], [1, 2]]


def test_images():
    image = pytest.importorskip("PIL.Image")
    samples = [image.new("RGB", (4, 2), (1, 2, 3)), image.new("RGB", (4, 2), (4, 5, 6))]
    batch = default_collate(samples)
    assert (batch.dtype, batch.shape) == (lz.uint8, (2, 2, 4, 3))
    assert batch[1, 0, 3].tolist() == [4, 5, 6]


def test_text_stays_a_list():
    assert default_collate(["a", "b"]) == ["a", "b"]
    assert default_collate([b"a", b"b"]) == [b"a", b"b"]


def test_nested():
    samples = [
        {"pair": (1, np.ones(2)), "name": "one", "point": Point([1.0], "x")},
        {"pair": (2, np.zeros(2)), "name": "two", "point": Point([2.0], "y")},
    ]
    for workers in (0, 1):
        (batch,) = DataLoader(samples, batch_size=2, num_workers=workers)
        assert type(batch) is dict and list(batch) == ["pair", "name", "point"]
        numbers, arrays = batch["pair"]
        assert numbers.tolist() == [1, 2] and arrays.tolist() == [[1, 1], [0, 0]]
        assert batch["name"] == ["one", "two"]
        assert type(batch["point"]) is Point
        assert batch["point"].x[0].tolist() == [1, 2] and batch["point"].label == ["x", "y"]


def test_mappings_of_other_kinds():
    ordered = default_collate(
        [collections.OrderedDict(b=1, a=2), collections.OrderedDict(a=4, b=3)]
    )
    assert type(ordered) is collections.OrderedDict
    assert {k: v.tolist() for k, v in ordered.items()} == {"b": [1, 3], "a": [2, 4]}
    fixed = default_collate([types.MappingProxyType({"a": 1}), types.MappingProxyType({"a": 2})])
    assert fixed["a"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("samples", "error", "message"),
    [
        ([object(), object()], TypeError, "sample 0 of the batch is of type object"),
        ([None], TypeError, "type NoneType"),
        ([1, None], TypeError, "sample 1 of the batch is of type NoneType"),
        ([{"a": (1, {2})}], TypeError, r"\['a'\]\[1\] of sample 0 of the batch is of type set"),
        ([np.ones(2), None], TypeError, "sample 1 of the batch is of type NoneType"),
        ([np.array(["a"])], TypeError, "an array of <U1"),
        ([np.array([None])], TypeError, "an array of object"),
        ([np.ones(2), np.ones(3)], ValueError, r"sample 1 .* shape \(3,\), the first \(2,\)"),
        ([(1, 2), (1,)], ValueError, "sample 1 .* has 1 elements, the first has 2"),
        ([(1, 2), 3], ValueError, "sample 1 .* has no length"),
        ([{"a": 1}, {"b": 1}], ValueError, "sample 1 of the batch lacks the key 'a'"),
    ],
)
def test_samples_that_do_not_fit(samples, error, message):
    with pytest.raises(error, match=message):
        default_collate(samples)
    with pytest.raises(error, match=message):
        list(DataLoader(samples, batch_size=len(samples), num_workers=1))


def test_a_collate_fn_may_use_the_default_in_a_worker():
    def collate(samples):
        batch = default_collate(samples)
        return {"double": batch * 2, "sum": lz.sum(batch).item(), "plain": np.array(batch)}

    for workers in (0, 2):
        batches = list(DataLoader(range(6), batch_size=3, num_workers=workers, collate_fn=collate))
        assert [b["double"].tolist() for b in batches] == [[0, 2, 4], [6, 8, 10]]
        assert all(isinstance(b["double"], lz.array) for b in batches)
        assert [b["sum"] for b in batches] == [3, 12]
        assert [b["plain"].tolist() for b in batches] == [[0, 1, 2], [3, 4, 5]]


def test_convert():
    sample = {"x": np.ones(2), "rest": [1, "a", (np.zeros(1), None)], "point": Point(np.ones(1), 3)}
    converted = default_convert(sample)
    assert isinstance(converted["x"], lz.array) and converted["x"].dtype == lz.float32
    number, text, (zeros, nothing) = converted["rest"]
    assert (number, text, zeros.tolist(), nothing) == (1, "a", [0], None)
    assert type(converted["rest"][2]) is tuple and type(converted["point"]) is Point
    assert converted["point"].x.tolist() == [1] and converted["point"].label == 3
