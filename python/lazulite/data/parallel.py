"""A loop over a loader with workers."""

import collections
import os

from lazulite.core import _loaded, _loading_since

from .worker import END, EPOCH, FAILURE, FETCH, Task
from .workers import Workers


def start_workers(loader, seed):
    """The worker processes of `loader`; `seed` is that of the first one."""
    import multiprocessing

    # A fork while another thread imports NumPy would leave the child half of it.
    import numpy  # noqa: F401

    context = loader.multiprocessing_context
    if context is None or isinstance(context, str):
        context = multiprocessing.get_context(context)
    tasks = [
        Task(
            id=i,
            num_workers=loader.num_workers,
            seed=seed + i,
            dataset=loader.dataset,
            collate_fn=loader.collate_fn,
            batched=loader.batched,
            batch_size=loader.batch_size,
            drop_last=loader.drop_last,
            worker_init_fn=loader.worker_init_fn,
        )
        for i in range(loader.num_workers)
    ]
    return Workers(context, tasks)


class ParallelIterator:
    """Has workers make batches ahead, and gives them in their order.

    Of n workers, worker k makes the batches k, k + n, k + 2n, …, so the order depends on nothing
    else. Where an iterable data set ends early in a worker, the others take turns without it.
    """

    def __init__(self, loader, workers, epoch):
        self._loader = loader
        self._workers = workers
        self._epoch = epoch
        self._process_id = os.getpid()
        self._ended = False
        self._wanted = loader.start_order()
        # Workers in the order of their turns, the next one first, each with the numbers of the
        # batches that it has been asked for.
        self._turns = collections.deque((worker, collections.deque()) for worker in workers)
        self._next_number = 0
        try:
            for worker in workers:
                worker.send(EPOCH, epoch, 0, None)
            for _ in range(loader.prefetch_factor):
                for worker, asked in self._turns:
                    self._ask(worker, asked)
        except BaseException:
            self._end(whole=False)
            raise

    def __iter__(self):
        return self

    def __next__(self):
        if os.getpid() != self._process_id:
            raise RuntimeError(
                "DataLoader: this loop belongs to another process; a child that was forked needs "
                "one of its own."
            )
        if self._loader.epochs_started != self._epoch and self._loader.persistent_workers:
            raise RuntimeError("DataLoader: this loop was ended by a newer one over the loader.")
        if self._ended:
            raise StopIteration
        start = _loading_since()
        try:
            answer = self._take()
        except BaseException:
            # After Ctrl-C, too: nobody can tell what was on its way.
            self._end(whole=False)
            raise
        if answer is None:
            self._end(whole=True)
            raise StopIteration
        kind, load = answer
        value = load()
        _loaded(start)
        if kind == FAILURE:
            value.raise_here()
        return value

    def _ask(self, worker, asked):
        try:
            wanted = next(self._wanted)
        except StopIteration:
            return
        worker.send(FETCH, self._epoch, self._next_number, wanted)
        asked.append(self._next_number)
        self._next_number += 1

    def _take(self):
        while self._turns:
            worker, asked = self._turns[0]
            # Batches are asked for in turn: if this worker has none left, nobody has.
            if not asked:
                break
            number = asked[0]
            epoch = -1
            # A loop that was left early has left answers.
            while epoch != self._epoch:
                kind, epoch, _, load = worker.receive(
                    self._loader.timeout or None, f"batch {number}"
                )
            if kind == END:
                self._turns.popleft()
                continue
            asked.popleft()
            self._ask(worker, asked)
            self._turns.rotate(-1)
            return kind, load
        return None

    def _end(self, whole):
        self._ended = True
        if not (whole and self._loader.persistent_workers):
            self._workers.shut_down()
