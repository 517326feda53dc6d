"""What the command line asks for."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from .configurations import NAMES
from .images import SETS

FASHION_MNIST = os.environ.get("FASHION_MNIST") or "/usr/share/datasets/fashion-mnist"


def positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"a positive whole number was expected, not '{text}'")
    return number


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m lazulite.article",
        description="Trains and measures a small convolutional network with each framework that "
        "this machine has, in turns, and writes a report. What was interrupted goes on when it is "
        "started again with the same folder.",
    )
    sets = parser.add_mutually_exclusive_group()
    for flag, kind in SETS.items():
        sets.add_argument(f"--{flag}", metavar="PATH", help=f"train on {kind.title} of this folder")
    add = parser.add_argument
    add("--output", type=Path, default=Path("article-report"), metavar="FOLDER",
        help="where the report goes (default: %(default)s)")  # fmt: skip
    add("--epochs", type=positive, help="epochs to train (default: 30; 3 with --quick)")
    add("--quick", action="store_true",
        help="under five minutes: Lazulite alone, 3 epochs, one seed, fewer repeats")  # fmt: skip
    add("--batch", type=positive, default=64, help="images in a training step (default: 64)")
    add("--lr", type=float, default=1e-4, help="learning rate of Adam (default: 0.0001)")
    add("--seeds", type=positive, help="how many runs are averaged for what is learnt (default: 3)")
    add("--configurations", nargs="+", choices=NAMES, metavar="NAME",
        help="only these of " + ", ".join(NAMES))  # fmt: skip
    add("--minutes", type=float, metavar="N",
        help="begin nothing that would take longer; the same command goes on later")  # fmt: skip
    add("--keep", type=Path, metavar="FOLDER",
        help="copy page, pictures, Markdown and figures there, without what a run goes on from")  # fmt: skip
    add("--threads", type=positive, help="threads of each framework (default: one a core)")
    add("--mlx-epochs", type=positive, default=1, metavar="N",
        help="epochs of MLX; on two cores each takes some 25 minutes (default: 1)")  # fmt: skip
    add("--program", type=Path, help="where lazulite-cnn is, the program in C++")
    add("--pytorch-python", metavar="PYTHON", help="an interpreter that has PyTorch already")
    add("--mlx-python", metavar="PYTHON", help="an interpreter that has MLX already")
    add("--no-install", action="store_true", help="leave out peers that are not installed yet")
    options = parser.parse_args(arguments)
    if not 0 < options.lr < float("inf"):
        parser.error(f"--lr must be a positive number, not {options.lr}")
    if options.minutes is not None and not options.minutes > 0:
        parser.error(f"--minutes must be a positive number, not {options.minutes}")
    given = [(flag, getattr(options, flag.replace("-", "_"))) for flag in SETS]
    chosen = [(flag, path) for flag, path in given if path]
    options.dataset, options.path = chosen[0] if chosen else ("fashion-mnist", FASHION_MNIST)
    options.quick_without_peers = options.quick and not options.configurations
    options.epochs = options.epochs or (3 if options.quick else 30)
    options.seeds = options.seeds or (1 if options.quick else 3)
    options.rounds = 3 if options.quick else 5
    options.singles = 1500 if options.quick else 10_000
    options.threads = options.threads or processors()
    return options


def processors() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
