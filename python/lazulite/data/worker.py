"""What a worker process of a loader does."""

import dataclasses
import os
import random
import select
import signal
import sys
from typing import Any

from .. import core
from .collate import default_in_worker
from .errors import Failure
from .fetch import Exhausted, make_fetch
from .info import WorkerInfo, set_worker_info
from .transport import Message, receive

# Kinds of messages: to a worker, and from one.
EPOCH, FETCH = 0, 1
BATCH, FAILURE, END = 2, 3, 4

# How often a waiting worker looks whether the loader's process is still there, in milliseconds: if
# that was killed while a third process holds its sockets, nothing else says so.
_LOOK = 5000


@dataclasses.dataclass
class Task:
    """What a worker is started with."""

    id: int
    num_workers: int
    seed: int
    dataset: Any
    collate_fn: Any
    batched: bool
    batch_size: Any
    drop_last: bool
    worker_init_fn: Any


def run(sock, task):
    """Serves batches until the loader closes the connection."""
    # The loader ends its workers, also after Ctrl-C, which the terminal sends to all of them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    server = _Server(task)
    for message in _messages(sock):
        answer = server.answer(*message)
        if answer is not None:
            try:
                answer.send(sock)
            except ConnectionError:
                break
    sock.close()


def _messages(sock):
    parent = os.getppid()
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    while True:
        while not poll.poll(_LOOK):
            if os.getppid() != parent:
                return
        message = receive(sock)
        if message is None:
            return
        yield message


class _Server:
    def __init__(self, task):
        self._task = task
        self._collate = default_in_worker(task.collate_fn)
        self._fetch = None
        self._ended = False
        self._failure = None
        try:
            self._set_up()
        except Exception as error:  # noqa: BLE001
            self._failure = Failure(error, f"the start of worker {task.id} of a DataLoader")

    def _set_up(self):
        import numpy

        task = self._task
        random.seed(task.seed)
        numpy.random.seed(task.seed % 2**32)
        core.random.seed(task.seed)
        if "torch" in sys.modules:
            import torch

            # Its threads are lost by a fork; batches are made in parallel by processes anyway.
            torch.set_num_threads(1)
            torch.manual_seed(task.seed)
        set_worker_info(WorkerInfo(task.id, task.num_workers, task.seed, task.dataset))
        if task.worker_init_fn is not None:
            task.worker_init_fn(task.id)

    def answer(self, kind, epoch, number, load):
        if kind == EPOCH:
            self._fetch, self._ended = None, False
            return None
        if self._failure is not None:
            return Message(FAILURE, epoch, number, self._failure)
        if self._ended:
            return Message(END, epoch, number, None)
        try:
            return Message(BATCH, epoch, number, self._batch(load()))
        except Exhausted:
            self._ended = True
            return Message(END, epoch, number, None)
        except Exception as error:  # noqa: BLE001
            place = f"worker {self._task.id} of a DataLoader, batch {number}"
            return Message(FAILURE, epoch, number, Failure(error, place))

    def _batch(self, wanted):
        if self._fetch is None:
            task = self._task
            self._fetch = make_fetch(
                task.dataset, self._collate, task.batched, task.batch_size, task.drop_last
            )
        return self._fetch(wanted)
