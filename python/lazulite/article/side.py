"""A program that is being measured, as a process that answers orders."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile


class Stopped(Exception):
    """The program ended, or said what it should not; a sentence."""


class Side:
    """Starts the program, which waits between orders and ends with its standard input."""

    def __init__(self, command: list[str], environment: dict[str, str]):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.errors,
        )  # fmt: skip
        try:
            self.ready = self.answer_to("ready")
        except BaseException:
            self.close()
            raise

    def ask(self, order: str, *words: object):
        """Hands over an order and waits for its result. Raises Stopped."""
        try:
            self.process.stdin.write(" ".join([order, *map(str, words)]) + "\n")
            self.process.stdin.flush()
        except OSError:
            pass  # it has ended: reading says why
        return self.answer_to(order)

    def answer_to(self, order: str):
        line = self.process.stdout.readline()
        if not line:
            raise Stopped(self.last_words())
        try:
            return json.loads(line)[order]
        except (ValueError, KeyError, TypeError):
            raise Stopped(f"it answered {line.strip()!r} to '{order}'") from None

    def last_words(self) -> str:
        code = self.process.wait()
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        how = f"signal {-code}" if code < 0 else f"code {code}"
        return f"it ended with {how}" + (f": {lines[-1]}" if lines else "")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()
