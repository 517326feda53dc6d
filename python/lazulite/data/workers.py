"""The worker processes of a loader, as the loader sees them."""

import collections

# Joining a process imports it, which a finalizer that runs in the middle of that import cannot.
import multiprocessing.connection  # noqa: F401
import os
import select
import signal
import socket
import time
import weakref

from .transport import Message, receive
from .worker import run

# How long workers may take to end by themselves, and then after SIGTERM, in seconds.
_PATIENCE = 1.0

# This process's ends of all connections. A child that is forked has copies, which would keep the
# workers from seeing that the loader is gone.
_connections = weakref.WeakSet()


def _close_copies():
    for sock in list(_connections):
        sock.close()
    _connections.clear()


os.register_at_fork(after_in_child=_close_copies)


class Worker:
    """One process and the connection to it."""

    def __init__(self, context, task):
        self.id = task.id
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        _connections.add(ours)
        self.sock = ours
        self._unsent = collections.deque()
        self.process = context.Process(
            target=run, args=(theirs, task), name=f"lazulite-loader-{task.id}", daemon=True
        )
        try:
            self.process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._poll = select.poll()
        self._poll.register(ours, select.POLLIN)
        self._poll.register(self.process.sentinel, select.POLLIN)

    def send(self, kind, epoch, number, value):
        """Sends a message, now or when there is room."""
        self._unsent.append(Message(kind, epoch, number, value))
        self._send_unsent()

    def _send_unsent(self):
        # Never waits: the worker may itself be waiting until its batch is taken. While something
        # is unsent the worker has other things to do, so it answers, and more is sent then.
        while self._unsent:
            try:
                self._unsent[0].send(self.sock, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except ConnectionError:
                # receive() says what has become of the worker.
                self._unsent.clear()
                return
            self._unsent.popleft()

    def receive(self, timeout, awaited):
        """The next answer, waiting up to `timeout` seconds (None: for ever).

        Raises RuntimeError if the worker has ended or the time is over.
        """
        # poll() takes no more than a month; who waits longer waits for ever.
        limited = timeout is not None and timeout * 1000 < 2**31
        ready = self._poll.poll(timeout * 1000 if limited else None)
        if not ready:
            raise RuntimeError(
                f"DataLoader timed out after {timeout:g} seconds: worker {self.id} (process "
                f"{self.process.pid}) has not delivered {awaited}."
            )
        # What was sent before the end is still there.
        message = None
        if any(file == self.sock.fileno() for file, _ in ready):
            message = receive(self.sock)
        if message is None:
            raise RuntimeError(self._end(awaited))
        self._send_unsent()
        return message

    def _end(self, awaited):
        self.process.join(_PATIENCE)
        code = self.process.exitcode
        if code is None:
            how = "closed its connection"
        elif code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else "unknown"
            how = f"was killed by signal {-code} ({name})"
            if -code == signal.SIGKILL:
                how += ", as the system does when memory runs out"
        else:
            how = f"ended with exit code {code}; what it printed may say why"
        return (
            f"DataLoader: worker {self.id} (process {self.process.pid}) {how}, before it delivered "
            f"{awaited}."
        )


class Workers:
    """The workers of a loader, which end when nobody holds this object any more."""

    def __init__(self, context, tasks):
        self._all = []
        self._process_id = os.getpid()
        # Also when the interpreter exits.
        self.shut_down = weakref.finalize(self, _shut_down, self._all, os.getpid())
        try:
            for task in tasks:
                self._all.append(Worker(context, task))
        except BaseException:
            self.shut_down()
            raise

    def usable(self):
        """Whether they are there, and are this process's."""
        return self.shut_down.alive and self._process_id == os.getpid()

    def __iter__(self):
        return iter(self._all)


def _shut_down(workers, process_id):
    # In a child that was forked they are the parent's.
    if os.getpid() != process_id:
        return
    for worker in workers:
        try:
            # Reaches the worker even if another process has a copy of this end.
            worker.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        worker.sock.close()
    processes = [worker.process for worker in workers]
    for end in ("wait", "terminate", "kill"):
        if end != "wait":
            for process in processes:
                getattr(process, end)()
        limit = time.monotonic() + _PATIENCE
        for process in processes:
            process.join(max(0.0, limit - time.monotonic()))
        processes = [process for process in processes if process.is_alive()]
    for worker in workers:
        if worker.process not in processes:
            worker.process.close()
    workers.clear()
