"""Data sets that the tests of loaders share; importable, so that spawned workers find them."""

import os
import signal
import time

import numpy as np

from lazulite.data import Dataset, IterableDataset, get_worker_info


class Images(Dataset):
    """Sample i is an image full of i, and i."""

    def __init__(self, size, shape=(4, 3)):
        self.size = size
        self.shape = shape

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return np.full(self.shape, index, np.float32), index


class Numbers(IterableDataset):
    """0 to size - 1, dealt out to the workers in turn."""

    def __init__(self, size):
        self.size = size

    def __iter__(self):
        info = get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        return iter(range(first, self.size, step))


class BadSample(Exception):
    """Cannot be unpickled: its arguments are not what it is made of."""

    def __init__(self, index, *, reason):
        super().__init__(f"sample {index} is {reason}")


class Failing(Images):
    """Sample 5 cannot be read."""

    def __init__(self, size, how):
        super().__init__(size)
        self.how = how

    def __getitem__(self, index):
        if index == 5:
            self._fail()
        return super().__getitem__(index)

    def _fail(self):
        if self.how == "exception":
            raise FileNotFoundError(2, "no such image", "five.png")
        if self.how == "unpicklable":
            raise BadSample(5, reason="torn")
        if self.how == "local":

            class Local(Exception):
                pass

            raise Local("defined in a function")
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "segfault":
            signal.signal(signal.SIGSEGV, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.how == "exit":
            os._exit(3)
        if self.how == "sleep":
            time.sleep(600)


class WorkerFacts(Dataset):
    """Sample i says what the worker that fetches it knows of itself."""

    def __init__(self, size):
        self.size = size
        self.mark = 0

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        info = get_worker_info()
        return {
            "process": os.getpid(),
            "id": info.id,
            "num_workers": info.num_workers,
            "seed": info.seed,
            "random": int(np.random.randint(2**31)),
            "mark": info.dataset.mark,
        }


def mark_dataset(worker_id):
    """A worker_init_fn that writes to the worker's copy of the data set."""
    get_worker_info().dataset.mark = 100 + worker_id


def fail_to_start(worker_id):
    raise LookupError(f"worker {worker_id} has no disk")


def as_is(samples):
    """A collate_fn that gives the samples as they are."""
    return samples
