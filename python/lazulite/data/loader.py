"""The loader: goes through a data set in batches."""

from __future__ import annotations

import itertools
import numbers
from collections.abc import Callable, Iterable, Iterator

from .checks import as_integer
from .collate import default_collate, default_convert
from .dataset import is_iterable_style
from .randomness import as_generator, seed_from
from .samplers import BatchSampler, RandomSampler, SequentialSampler


class DataLoader:
    """Goes through a data set in batches: each `for` loop over it is one epoch.

    - `dataset`: has `__getitem__` and `__len__` (a list, a `Dataset`, one of PyTorch), or is an
      `IterableDataset` (also PyTorch's) or anything else with `__iter__` alone.
    - `batch_size`: samples in a batch; None gives the samples one by one.
    - `shuffle`: a new random order every epoch.
    - `sampler`: an iterable of indices, instead of `shuffle`. `batch_sampler`: an iterable of
      lists of indices, instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    - `num_workers`: processes that make batches; with 0 the loop makes them itself. Batches and
      their order do not depend on it. Arrays come through shared memory.
    - `collate_fn`: makes a batch of a list of samples; `default_collate` (with a batch_size of
      None, of a sample, `default_convert`), which give Lazulite arrays.
    - `drop_last`: leaves out the last batch if it would be smaller.
    - `timeout`: seconds to wait for a batch of a worker; 0: for ever.
    - `worker_init_fn`: called with its number in each worker when it starts.
    - `multiprocessing_context`: "fork", "spawn", "forkserver" or such a context; the default is
      Python's. For the latter two, everything must be picklable, and a program needs its
      `if __name__ == "__main__"`.
    - `generator`: where the orders and the workers' seeds come from. None: the random state of
      `lazulite.random`, so that `lazulite.random.seed` repeats them. Or a seed, a key, or a
      generator of NumPy, PyTorch or the module `random`.
    - `prefetch_factor`: batches that each worker makes ahead; 2 if None.
    - `persistent_workers`: keeps the workers from one epoch to the next.
    - `pin_memory`, `pin_memory_device`, `in_order`: accepted for PyTorch's programs. Arrays have no
      device, so there is nothing to pin, and batches always come in order.

    Raises ValueError for options that exclude each other or are out of range.

    In the loop, an exception of a worker is raised at the batch that it concerns, with the worker's
    traceback as its cause (a RuntimeError that quotes it, if it cannot be pickled). A worker that
    is killed, or a time that is over, is a RuntimeError. Leaving a loop ends its workers, unless
    they are persistent; those end with the loader.

    `len(loader)` is the number of batches, so `tqdm(loader)` shows what is left.

    >>> loader = DataLoader(range(5), batch_size=2)
    >>> len(loader), [batch.tolist() for batch in loader]
    (3, [[0, 1], [2, 3], [4]])
    """

    def __init__(
        self,
        dataset: object,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable | None = None,
        batch_sampler: Iterable | None = None,
        num_workers: int = 0,
        collate_fn: Callable | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: object = None,
        generator: object = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        self.dataset = dataset
        self.num_workers = num_workers
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.in_order = in_order
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = as_generator(generator)
        self.prefetch_factor = prefetch_factor
        self.persistent_workers = persistent_workers
        self._check_workers()

        self._iterable = is_iterable_style(dataset)
        if batch_size is not None:
            batch_size = as_integer(
                "DataLoader", "batch_size", batch_size, "a positive integer or None", least=1
            )
        self._check_order(batch_size, shuffle, sampler, batch_sampler, drop_last)
        if batch_sampler is not None:
            batch_size, drop_last = None, False
        elif sampler is None and not self._iterable:
            if shuffle:
                sampler = RandomSampler(dataset, generator=self.generator)
            else:
                sampler = SequentialSampler(dataset)
        if batch_size is not None and not self._iterable:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        # Whether collate_fn gets lists of samples.
        self.batched = batch_size is not None or batch_sampler is not None
        if collate_fn is None:
            collate_fn = default_collate if self.batched else default_convert
        self.collate_fn = collate_fn

        self.epochs_started = 0
        self._workers = None

    def _check_workers(self):
        self.num_workers = as_integer("DataLoader", "num_workers", self.num_workers, "0 or more")
        if not isinstance(self.timeout, numbers.Real) or not self.timeout >= 0:
            raise ValueError(
                f"DataLoader: timeout is {self.timeout!r}; 0 or more seconds were expected."
            )
        if self.num_workers == 0:
            for name in ("prefetch_factor", "persistent_workers", "multiprocessing_context"):
                if getattr(self, name):
                    raise ValueError(f"DataLoader: {name} needs workers, and num_workers is 0.")
        elif self.prefetch_factor is None:
            self.prefetch_factor = 2
        else:
            self.prefetch_factor = as_integer(
                "DataLoader", "prefetch_factor", self.prefetch_factor, "1 or more", least=1
            )
        context = self.multiprocessing_context
        if isinstance(context, str):
            import multiprocessing

            if context not in (known := multiprocessing.get_all_start_methods()):
                raise ValueError(
                    f"DataLoader: multiprocessing_context is {context!r}; one of {known} was "
                    "expected."
                )

    def _check_order(self, batch_size, shuffle, sampler, batch_sampler, drop_last):
        def exclude(what, **others):
            given = [name for name, is_given in others.items() if is_given]
            if given:
                raise ValueError(f"DataLoader: {what} excludes {' and '.join(given)}.")

        if self._iterable:
            exclude(
                "an iterable data set, whose order is its own,",
                shuffle=shuffle,
                sampler=sampler is not None,
                batch_sampler=batch_sampler is not None,
            )
        if sampler is not None:
            exclude("sampler", shuffle=shuffle)
        if batch_sampler is not None:
            exclude(
                "batch_sampler",
                batch_size=batch_size != 1,
                shuffle=shuffle,
                sampler=sampler is not None,
                drop_last=drop_last,
            )
        elif batch_size is None:
            exclude("batch_size=None", drop_last=drop_last)

    def start_order(self) -> Iterator:
        """What is to be fetched in an epoch, batch by batch."""
        if self._iterable:
            return itertools.repeat(None)
        return iter(self.batch_sampler if self.batched else self.sampler)

    def __iter__(self) -> Iterator:
        # Drawn whether there are workers or not, so that orders do not depend on them.
        seed = seed_from(self.generator)
        self.epochs_started += 1
        if self.num_workers == 0:
            from .serial import SerialIterator

            return SerialIterator(self)
        from .parallel import ParallelIterator, start_workers

        workers = self._workers
        if workers is None or not workers.usable():
            workers = start_workers(self, seed)
        if self.persistent_workers:
            self._workers = workers
        return ParallelIterator(self, workers, self.epochs_started)

    def __len__(self) -> int:
        if not self._iterable:
            return len(self.batch_sampler if self.batched else self.sampler)
        samples = len(self.dataset)
        if self.batch_size is None:
            return samples
        whole, rest = divmod(samples, self.batch_size)
        return whole + (rest > 0 and not self.drop_last)
