"""Data sets and what is made of them."""

import numpy as np
import pytest

import lazulite.core as lz
from lazulite.data import (
    ArrayDataset,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)


class Letters(Dataset):
    def __init__(self, letters):
        self.letters = letters

    def __len__(self):
        return len(self.letters)

    def __getitem__(self, index):
        return self.letters[index]


def test_array_dataset_of_numpy():
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    y = np.array([3, 2, 1, 0])
    dataset = ArrayDataset(x, y)
    assert len(dataset) == 4
    row, label = dataset[2]
    assert type(row) is np.ndarray and np.array_equal(row, [6, 7, 8]) and label == 1
    assert dataset.tensors[0] is x and TensorDataset is ArrayDataset


def test_array_dataset_of_arrays():
    x = lz.arange(12).reshape(4, 3) * 2
    dataset = ArrayDataset(x, [3.5, 2.5, 1.5, 0.5])
    row, value = dataset[3]
    assert isinstance(row, lz.array) and row.tolist() == [18, 20, 22] and value.item() == 0.5
    together = dataset.__getitems__([1, -1])
    assert [r.tolist() for r, _ in together] == [[6, 8, 10], [18, 20, 22]]
    assert all(isinstance(r, lz.array) for r, _ in together)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("kind", ["numpy", "lazulite", "bfloat16"])
def test_array_dataset_loads(kind, workers):
    x = np.random.default_rng(0).standard_normal((10, 2, 3)).astype(np.float32)
    y = np.arange(10, dtype=np.uint8)
    if kind != "numpy":
        dtype = lz.bfloat16 if kind == "bfloat16" else lz.float32
        x, y = lz.array(x).astype(dtype), lz.array(y)
    batches = list(DataLoader(ArrayDataset(x, y), batch_size=4, num_workers=workers))
    assert [b.tolist() for _, b in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert {b.dtype for _, b in batches} == {lz.uint8}
    loaded = lz.concatenate([a for a, _ in batches])
    assert loaded.dtype == (lz.bfloat16 if kind == "bfloat16" else lz.float32)
    assert loaded.tolist() == x.tolist()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((), "no array"),
        ((np.zeros(3), np.zeros(4)), r"\[3, 4\]"),
        ((np.zeros(3), np.float32(1)), "array 1 has no axis"),
    ],
)
def test_array_dataset_of_arrays_that_do_not_fit(arrays, message):
    with pytest.raises(ValueError, match=message):
        ArrayDataset(*arrays)


def test_array_dataset_out_of_range():
    dataset = ArrayDataset(lz.arange(4))
    with pytest.raises(IndexError, match="Index 4 is out of range for a data set of 4"):
        list(DataLoader(dataset, sampler=[0, 4]))


def test_subset():
    part = Subset(Letters("abcde"), [4, 0, 4])
    assert len(part) == 3 and [part[0], part[1], part[-1]] == ["e", "a", "e"]
    assert part.__getitems__([1, 2]) == ["a", "e"]
    assert Subset(part, [1])[0] == "a"
    images = ArrayDataset(np.arange(5) * 10)
    assert [x.tolist() for (x,) in DataLoader(Subset(images, [3, 1]), batch_size=2)] == [[30, 10]]


def test_concat():
    both = Letters("ab") + Letters("") + Letters("cde")
    assert isinstance(both, ConcatDataset) and len(both) == 5
    assert [both[i] for i in range(-5, 5)] == list("abcde" * 2)
    assert both.cumulative_sizes[-1] == 5
    for wrong in (5, -6):
        with pytest.raises(IndexError, match=f"Index {wrong} is out of range"):
            both[wrong]
    with pytest.raises(ValueError, match="no data set"):
        ConcatDataset([])
    with pytest.raises(TypeError, match="ChainDataset"):
        ConcatDataset([IterableDataset()])


def test_chain():
    class Count(IterableDataset):
        def __iter__(self):
            return iter(range(3))

        def __len__(self):
            return 3

    both = Count() + Count()
    assert isinstance(both, ChainDataset)
    assert list(both) == list(both) == [0, 1, 2, 0, 1, 2]
    assert len(both) == 6 and len(DataLoader(both, batch_size=4)) == 2


def test_random_split():
    parts = random_split(Letters("abcdefghij"), [6, 4], generator=1)
    assert [len(p) for p in parts] == [6, 4]
    letters = [[p[i] for i in range(len(p))] for p in parts]
    assert sorted(letters[0] + letters[1]) == list("abcdefghij")
    again = random_split(Letters("abcdefghij"), [6, 4], generator=1)
    assert [p.indices for p in again] == [p.indices for p in parts]
    other = random_split(Letters("abcdefghij"), [6, 4], generator=2)
    assert other[0].indices != parts[0].indices


@pytest.mark.parametrize(
    ("size", "fractions", "expected"),
    [(10, [0.5, 0.5], [5, 5]), (11, [0.3, 0.3, 0.4], [4, 3, 4]), (3, [0.9, 0.1], [3, 0])],
)
def test_random_split_by_fractions(size, fractions, expected):
    assert [len(p) for p in random_split(range(size), fractions)] == expected


@pytest.mark.parametrize("lengths", [[1, 2], [0.5, 0.6], [-1, 6], [5, 1]])
def test_random_split_that_does_not_add_up(lengths):
    with pytest.raises(ValueError, match="random_split"):
        random_split(range(5), lengths)


def test_a_base_class_says_what_it_lacks():
    with pytest.raises(NotImplementedError, match="Dataset has no __getitem__"):
        Dataset()[0]
    with pytest.raises(NotImplementedError, match="IterableDataset has no __iter__"):
        iter(IterableDataset())
