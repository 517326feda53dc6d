"""Data sets: what has samples, by index or one after the other."""

from __future__ import annotations

import bisect
import itertools
import math
import numbers
import sys
from collections.abc import Iterable, Iterator, Sequence

from .. import core
from .checks import as_position
from .randomness import numpy_generator


class Dataset:
    """Samples that are fetched by index: `dataset[i]`, and their number, `len(dataset)`.

    Anything with these two methods is a data set to a `DataLoader`, whether it derives from this
    class or not: a list, a PyTorch data set. With a method `__getitems__(indices)` that returns
    the list of those samples, a batch is fetched in one call.

    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 4
    ...     def __getitem__(self, i):
    ...         return i * i
    >>> [int(x) for x in DataLoader(Squares(), batch_size=None)]
    [0, 1, 4, 9]
    """

    def __getitem__(self, index: int) -> object:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__.")

    def __add__(self, other: object) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset:
    """Samples that come one after the other: `iter(dataset)`.

    Each worker process of a `DataLoader` goes through a copy of its own; `get_worker_info()` tells
    `__iter__` which part is its worker's.

    >>> class Numbers(IterableDataset):
    ...     def __iter__(self):
    ...         info = get_worker_info()
    ...         return iter(range(8) if info is None else range(info.id, 8, info.num_workers))
    >>> [x.tolist() for x in DataLoader(Numbers(), batch_size=4)]
    [[0, 1, 2, 3], [4, 5, 6, 7]]
    """

    def __iter__(self) -> Iterator:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__.")

    def __add__(self, other: object) -> ChainDataset:
        return ChainDataset([self, other])


def is_iterable_style(dataset: object) -> bool:
    """Whether samples of `dataset` come one after the other rather than by index."""
    if isinstance(dataset, IterableDataset):
        return True
    torch_data = sys.modules.get("torch.utils.data")
    if torch_data is not None and isinstance(dataset, torch_data.IterableDataset):
        return True
    return hasattr(dataset, "__iter__") and not hasattr(dataset, "__getitem__")


class ArrayDataset(Dataset):
    """Samples that are the rows of one or more arrays with a common first axis.

    `arrays` may be Lazulite or NumPy arrays, or lists of numbers; sample i is the tuple of their
    rows i. Arrays are evaluated once, here. Raises ValueError if there is none, one has no axis or
    their first axes differ.

    >>> dataset = ArrayDataset([[1, 2], [3, 4]], [5, 6])
    >>> len(dataset), [x.tolist() for x in dataset[1]]
    (2, [[3, 4], 6])
    """

    def __init__(self, *arrays: object) -> None:
        if not arrays:
            raise ValueError("ArrayDataset: no array was given.")
        self.arrays = tuple(
            x if hasattr(x, "shape") and hasattr(x, "dtype") else core.array(x) for x in arrays
        )
        for number, x in enumerate(self.arrays):
            if len(x.shape) == 0:
                raise ValueError(f"ArrayDataset: array {number} has no axis to take samples from.")
        sizes = [int(x.shape[0]) for x in self.arrays]
        if len(set(sizes)) > 1:
            raise ValueError(
                f"ArrayDataset: the first axes have the sizes {sizes}; the same was expected."
            )
        core.eval([x for x in self.arrays if isinstance(x, core.array)])

    @property
    def tensors(self):
        """The arrays, by the name that PyTorch's TensorDataset has for them."""
        return self.arrays

    def __len__(self) -> int:
        return int(self.arrays[0].shape[0])

    def __getitem__(self, index: int) -> tuple:
        return tuple(x[index] for x in self.arrays)

    def __getitems__(self, indices):
        # One gather for each array instead of one a row.
        return list(zip(*(_rows(x, indices) for x in self.arrays)))


TensorDataset = ArrayDataset


def _rows(x, indices):
    if not isinstance(x, core.array):
        return [x[i] for i in indices]
    size = int(x.shape[0])
    indices = [as_position("ArrayDataset", i, size) for i in indices]
    # Through the host's memory: rows that are arrays already leave nothing to be evaluated.
    host = x.__array__()
    return [core.array(host[i]) for i in indices]


class Subset(Dataset):
    """The samples of `dataset` at `indices`, in that order.

    >>> Subset("abcd", [3, 0])[0]
    'd'
    """

    def __init__(self, dataset: object, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index):
        if isinstance(index, list):
            return self.__getitems__(index)
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices):
        chosen = [self.indices[i] for i in indices]
        together = getattr(self.dataset, "__getitems__", None)
        return together(chosen) if together else [self.dataset[i] for i in chosen]


class ConcatDataset(Dataset):
    """The samples of several data sets, one set after the other.

    Raises ValueError if there is none, and TypeError if one is an iterable data set.

    >>> both = ConcatDataset(["ab", "cde"])
    >>> len(both), both[2], both[-1]
    (5, 'c', 'e')
    """

    def __init__(self, datasets: Iterable) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: no data set was given.")
        for d in self.datasets:
            if is_iterable_style(d):
                raise TypeError(
                    f"ConcatDataset: {type(d).__name__} is an iterable data set, which has no "
                    "indices; ChainDataset joins those."
                )
        self.cumulative_sizes = list(itertools.accumulate(len(d) for d in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index):
        index = as_position("ConcatDataset", index, len(self))
        which = bisect.bisect_right(self.cumulative_sizes, index)
        return self.datasets[which][index - (self.cumulative_sizes[which - 1] if which else 0)]


class ChainDataset(IterableDataset):
    """The samples of several iterable data sets, one set after the other.

    >>> list(ChainDataset([range(2), range(3)]))
    [0, 1, 0, 1, 2]
    """

    def __init__(self, datasets: Iterable) -> None:
        self.datasets = list(datasets)

    def __iter__(self):
        return itertools.chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(len(d) for d in self.datasets)


def random_split(
    dataset: object, lengths: Sequence[int | float], generator: object = None
) -> list[Subset]:
    """Splits a data set at random into parts without common samples.

    `lengths` are numbers of samples that add up to `len(dataset)`, or fractions that add up to 1:
    then each part gets its share rounded down, and what is left over goes one each to the first
    parts. `generator` is what a `DataLoader` takes; the same one gives the same split. Returns a
    list of `Subset`. Raises TypeError for a length that is no number, and ValueError if the lengths
    do not add up.

    >>> [len(part) for part in random_split(range(10), [0.75, 0.25], generator=0)]
    [8, 2]
    """
    size = len(dataset)
    lengths = list(lengths)
    for x in lengths:
        if not isinstance(x, numbers.Real):
            raise TypeError(f"random_split: a length is {x!r}; a number was expected.")
    if any(x < 0 for x in lengths):
        raise ValueError(f"random_split: {lengths} has a negative length.")
    if any(isinstance(x, float) for x in lengths) and math.isclose(sum(lengths), 1):
        counts = [math.floor(size * x) for x in lengths]
        for i in range(size - sum(counts)):
            counts[i % len(counts)] += 1
    else:
        counts = lengths
    if sum(counts) != size:
        raise ValueError(
            f"random_split: the lengths {lengths} add up to {sum(lengths)}; {size}, the number of "
            "samples, or fractions that add up to 1 were expected."
        )
    order = numpy_generator(generator).permutation(size).tolist()
    ends = list(itertools.accumulate(int(n) for n in counts))
    return [Subset(dataset, order[end - int(n) : end]) for n, end in zip(counts, ends)]
