"""MLX in a process of its own, in an environment of its own.

Run by the Python that `LAZULITE_MLX_PYTHON` names, it answers requests on its standard input; the
class `Oracle` is the other end. Each message is a length of 8 bytes and a pickle.
"""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PYTHON = os.environ.get("LAZULITE_MLX_PYTHON")


class Crashed(Exception):
    """The oracle's process ended instead of answering."""


def send(stream, message) -> None:
    data = pickle.dumps(message)
    stream.write(struct.pack("<Q", len(data)) + data)
    stream.flush()


def receive(stream):
    head = stream.read(8)
    if len(head) < 8:
        raise Crashed
    (length,) = struct.unpack("<Q", head)
    data = stream.read(length)
    if len(data) < length:
        raise Crashed
    return pickle.loads(data)


class Oracle:
    """Performs calls on a package in another process, which is started again if it crashes."""

    def __init__(self, python: str, package: str = "mlx") -> None:
        self.command = [python, str(HERE / "oracle.py"), package]
        self.process: subprocess.Popen | None = None

    def perform(self, request):
        """What came of a call. Raises Crashed if the process died of it."""
        if self.process is None:
            # The tests' own Lazulite may lie on PYTHONPATH under the name of MLX.
            environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
            if self.command[-1] != "mlx":
                environment = dict(os.environ)
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
            )
        try:
            send(self.process.stdin, request)
            return receive(self.process.stdout)
        except (Crashed, BrokenPipeError) as error:
            self.close()
            raise Crashed from error

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def serve(package: str) -> None:
    from calls import Package

    # What programs print must not get between the messages.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    performer = Package(package)
    while True:
        try:
            request = receive(sys.stdin.buffer)
        except Crashed:
            return
        send(answers, performer.perform(request))


if __name__ == "__main__":
    serve(sys.argv[1])
