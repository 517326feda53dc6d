"""Samplers: the orders in which a data set's samples are visited."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence, Sized

from .checks import as_flag, as_integer
from .randomness import as_generator, numpy_generator

# Indices become Python's integers so many at a time.
_CHUNK = 1 << 16


def _integers(array):
    for start in range(0, len(array), _CHUNK):
        yield from array[start : start + _CHUNK].tolist()


class Sampler:
    """An order of indices: `iter(sampler)`, and their number, `len(sampler)`.

    Any iterable of indices serves as one, also a sampler of PyTorch or a list.

    >>> class Backwards(data.Sampler):
    ...     def __iter__(self):
    ...         return iter([2, 1, 0])
    >>> [int(x) for x in data.DataLoader([10, 11, 12], sampler=Backwards(), batch_size=None)]
    [12, 11, 10]
    """

    def __init__(self, data_source: Sized | None = None) -> None:
        pass

    def __iter__(self) -> Iterator:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__.")


class SequentialSampler(Sampler):
    """0, 1, 2, … to the end of `data_source`.

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """Indices of `data_source` at random: `num_samples` of them, by default all.

    Without `replacement` every index comes once before one comes again. `generator` is what a
    `DataLoader` takes. Raises ValueError if `num_samples` is not positive.

    >>> sorted(RandomSampler("abcd", generator=0))
    [0, 1, 2, 3]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: object = None,
    ) -> None:
        if num_samples is not None:
            num_samples = as_integer(
                "RandomSampler", "num_samples", num_samples, "a positive integer", least=1
            )
        self.data_source = data_source
        self.replacement = replacement
        self.generator = as_generator(generator)
        self._num_samples = num_samples

    @property
    def num_samples(self):
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator:
        # Drawn when the loop begins, not when it asks for the first index.
        return self._draw(numpy_generator(self.generator))

    def _draw(self, random):
        size, left = len(self.data_source), self.num_samples
        if size == 0 and left > 0:
            raise ValueError("RandomSampler: there is nothing to draw from.")
        while left > 0:
            if self.replacement:
                part = random.integers(size, size=min(left, _CHUNK))
            else:
                part = random.permutation(size)[:left]
            left -= len(part)
            yield from _integers(part)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """The given indices, each once, in random order.

    >>> sorted(SubsetRandomSampler([5, 7, 9], generator=0))
    [5, 7, 9]
    """

    def __init__(self, indices: Sequence, generator: object = None) -> None:
        self.indices = indices
        self.generator = as_generator(generator)

    def __iter__(self) -> Iterator:
        order = numpy_generator(self.generator).permutation(len(self.indices))
        return (self.indices[i] for i in _integers(order))

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """`num_samples` indices, index i with a probability in proportion to `weights[i]`.

    Without `replacement` an index that was drawn does not come again. Raises ValueError if the
    weights are negative, not finite or all zero, or if fewer of them than `num_samples` are
    positive and none may come again.

    >>> list(WeightedRandomSampler([0, 3, 0], 2, generator=0))
    [1, 1]
    """

    def __init__(
        self,
        weights: Iterable[float],
        num_samples: int,
        replacement: bool = True,
        generator: object = None,
    ) -> None:
        self.weights = [
            float(w) for w in (weights.tolist() if hasattr(weights, "tolist") else weights)
        ]
        num_samples = as_integer(
            "WeightedRandomSampler", "num_samples", num_samples, "a positive integer", least=1
        )
        for i, w in enumerate(self.weights):
            if not (w >= 0 and math.isfinite(w)):
                raise ValueError(
                    f"WeightedRandomSampler: weight {i} is {w}; a finite number, 0 or more, was "
                    "expected."
                )
        positive = sum(w > 0 for w in self.weights)
        if positive < (1 if replacement else num_samples):
            raise ValueError(
                f"WeightedRandomSampler: {num_samples} samples were asked for, and {positive} of "
                "the weights are positive."
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = as_generator(generator)

    def __iter__(self) -> Iterator:
        import numpy

        weights = numpy.asarray(self.weights)
        drawn = numpy_generator(self.generator).choice(
            len(weights), self.num_samples, self.replacement, weights / weights.sum()
        )
        return _integers(drawn)

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """Lists of `batch_size` indices of another sampler.

    `drop_last` leaves out the last list if it would be shorter. Raises ValueError unless
    `batch_size` is a positive integer and `drop_last` True or False.

    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable, batch_size: int, drop_last: bool) -> None:
        self.sampler = sampler
        self.batch_size = as_integer(
            "BatchSampler", "batch_size", batch_size, "a positive integer", least=1
        )
        self.drop_last = as_flag("BatchSampler", "drop_last", drop_last)

    def __iter__(self) -> Iterator:
        return self._batches(iter(self.sampler))

    def _batches(self, indices):
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)
