"""A loader whose batches are made by threads of the C++ library."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator

from .. import core
from ..core import _data
from .checks import as_flag, as_integer
from .dataset import ArrayDataset, Subset
from .images import ImageDataset


def _native(dataset):
    if isinstance(dataset, ImageDataset):
        return dataset.native
    if isinstance(dataset, ArrayDataset) and len(dataset.arrays) == 2:
        return _data.pair_of(*(core.array(x) for x in dataset.arrays))
    if isinstance(dataset, Subset):
        return _data.subset(_native(dataset.dataset), [operator.index(i) for i in dataset.indices])
    raise TypeError(
        f"ThreadLoader: the data set is a {type(dataset).__name__}; an ImageDataset, an "
        "ArrayDataset of two arrays or a Subset of one was expected (a DataLoader takes any)."
    )


def _integer(name, value, expected, least, most):
    return as_integer("ThreadLoader", name, value, expected, least, most)


class ThreadLoader:
    """Goes through a data set in batches that threads make ahead: each `for` loop is one epoch.

    Faster than a `DataLoader` for the data sets that the C++ library knows: an `ImageDataset`, an
    `ArrayDataset` of two arrays, or a `Subset` of these. A batch is a tuple of two arrays.

    - `batch_size`: samples in a batch.
    - `shuffle`, `seed`: a new order every epoch, which depends on the seed and the number of the
      epoch alone, as does what is random about a sample.
    - `drop_last`: leaves out the last batch if it would be smaller.
    - `workers`: threads; with 0 the loop makes the batches itself.
    - `prefetch`: batches kept ready, over the end of an epoch too.

    Raises TypeError for other data sets, and ValueError for options out of their range. A loop may
    be left early; a new one ends the older, whose next step is a ValueError.

    >>> squares = ArrayDataset([1, 2, 3], [1, 4, 9])
    >>> [(x.tolist(), y.tolist()) for x, y in ThreadLoader(squares, batch_size=2)]
    [([1, 2], [1, 4]), ([3], [9])]
    """

    def __init__(
        self,
        dataset: ImageDataset | ArrayDataset | Subset,
        batch_size: int = 32,
        shuffle: bool = False,
        seed: int = 0,
        drop_last: bool = False,
        workers: int = 1,
        prefetch: int = 4,
    ) -> None:
        self.dataset = dataset
        self._process_id = os.getpid()
        self._loader = _data.make_loader(
            _native(dataset),
            _integer("batch_size", batch_size, "a positive integer", 1, 2**63 - 1),
            as_flag("ThreadLoader", "shuffle", shuffle),
            _integer("seed", seed, f"an integer from 0 to {2**64 - 1}", 0, 2**64 - 1),
            as_flag("ThreadLoader", "drop_last", drop_last),
            _integer("workers", workers, "an integer from 0 to 1024", 0, 1024),
            _integer("prefetch", prefetch, "an integer from 1 to 65536", 1, 65536),
        )

    def __len__(self) -> int:
        return len(self._loader)

    def __iter__(self) -> Iterator[tuple[core.array, core.array]]:
        if os.getpid() != self._process_id:
            raise RuntimeError(
                "ThreadLoader: this loader belongs to another process; a child that was forked "
                "needs one of its own."
            )
        return iter(self._loader)

    @property
    def next_epoch(self) -> int:
        """The number of the epoch that the next loop goes through, from 0 on; can be set."""
        return self._loader.next_epoch

    @next_epoch.setter
    def next_epoch(self, epoch: int) -> None:
        most = 2**63 - 1
        self._loader.next_epoch = _integer("next_epoch", epoch, "0 or more", 0, most)

    @property
    def waited_seconds(self) -> float:
        """How long loops have waited for threads so far."""
        return self._loader.waited_seconds
