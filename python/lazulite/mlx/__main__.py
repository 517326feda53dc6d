"""Runs a program as if MLX were installed: see `lazulite.mlx`."""

from __future__ import annotations

import os
import subprocess
import sys

from lazulite.mlx import PATH

_USAGE = "usage: python -m lazulite.mlx (program.py | -m module | -c code) [argument ...]"


def main(arguments: list[str]) -> None:
    """Replaces this process by Python with the given arguments, in which `mlx` is Lazulite."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_USAGE)
        raise SystemExit(0 if arguments else 2)
    if sys.flags.ignore_environment:
        raise SystemExit(
            "lazulite.mlx: Python ignores its environment (-E or -I), through which the program "
            "and its children find Lazulite; start it without"
        )
    environment = dict(os.environ)
    folders = [str(PATH.absolute()), *filter(None, [environment.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(folders)
    # What this process has printed or logged must not be lost with it.
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # closed by who started this
            stream.flush()
    flags = subprocess._args_from_interpreter_flags()
    os.execve(sys.executable, [sys.executable, *flags, *arguments], environment)


if __name__ == "__main__":
    main(sys.argv[1:])
