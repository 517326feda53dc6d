"""What a worker process knows of itself."""

from __future__ import annotations

import collections
import sys


class WorkerInfo(collections.namedtuple("WorkerInfo", "id num_workers seed dataset")):
    """A worker: its number `id` of `num_workers`, its `seed`, and its copy of the data set.

    >>> data.WorkerInfo(id=0, num_workers=2, seed=7, dataset=[1, 2]).num_workers
    2
    """

    __slots__ = ()


_info = None


def get_worker_info() -> WorkerInfo | None:
    """The `WorkerInfo` of this process, or None where it is no worker of a `DataLoader`.

    >>> get_worker_info() is None
    True
    """
    return _info


def set_worker_info(info):
    """Makes this process a worker, also to data sets that ask PyTorch."""
    global _info
    _info = info
    worker = sys.modules.get("torch.utils.data._utils.worker")
    if worker is not None and hasattr(worker, "WorkerInfo"):
        worker._worker_info = worker.WorkerInfo(
            id=info.id, num_workers=info.num_workers, seed=info.seed, dataset=info.dataset
        )
