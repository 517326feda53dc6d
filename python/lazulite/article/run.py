"""The whole experiment: data, configurations, turns, report."""

from __future__ import annotations

import contextlib
import fcntl
import math
import sys
from pathlib import Path

from .. import core
from . import bench_out, html, images, machine, markdown
from .configurations import find
from .files import write_atomically, write_json
from .history import History
from .options import parse
from .keep import keep
from .part import several
from .report import document
from .results import collect
from .schedule import Schedule


def say(line: str) -> None:
    print(line, flush=True)


@contextlib.contextmanager
def alone_in(folder: Path):
    """Two runs in one folder would spoil each other's results."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(f"another run is at work in '{folder}'") from None
        yield


def first_weights(data: dict, folder: Path) -> Path:
    """What the comparison of single steps starts from, as every framework can read it: uniform
    within one over the square root of the inputs, as PyTorch's layers begin."""
    features = 100 * (data["height"] // 8) * (data["width"] // 8)
    shapes = {
        "conv1": (20, 5, 5, data["channels"]),
        "conv2": (50, 5, 5, 20),
        "conv3": (100, 5, 5, 50),
        "hidden1": (features // 2, features),
        "hidden2": (features // 4, features // 2),
        "out": (data["classes"], features // 4),
    }
    key = core.random.key(0)
    arrays = {}
    for name, shape in shapes.items():
        bound = 1 / math.sqrt(math.prod(shape[1:]))
        key, weight, bias = core.random.split(key, 3)
        arrays[f"{name}.weight"] = core.random.uniform(-bound, bound, shape, key=weight)
        arrays[f"{name}.bias"] = core.random.uniform(-bound, bound, shape[:1], key=bias)
    path = folder / "first-weights.safetensors"
    core.save_safetensors(str(path), arrays)
    return path


def write_report(results: dict, folder: Path) -> None:
    write_json(folder / "results.json", results)
    report = document(results)
    write_atomically(folder / "index.html", html.page(report))
    markdown.write(report, folder / "report.md")
    bench_out.write(results, folder)


def experiment(options) -> int:
    state = options.output / "state"
    with alone_in(state):
        data = images.prepare(options.dataset, options.path, state / "data")
        found, left_out = find(options)
        for sentence in left_out:
            say(sentence)
        if not found:
            raise ValueError("nothing is left to measure")
        about = machine.describe(options.threads, [c.gpu for c in found if c.gpu])
        conditions = {
            "processor": about["processor"],
            "number of threads": options.threads,
            "batch": options.batch,
            "learning rate": options.lr,
            "data": data["digest"],
        }
        weights = first_weights(data, state)
        history = History(state / "history.jsonl")
        schedule = Schedule(options, options.output, weights, found, conditions, history, say)
        try:
            schedule.run()
        finally:
            history.close()
        results = collect(schedule, data, about, left_out, history.missing)
        if not results["configurations"]:
            raise ValueError("no configuration has trained an epoch")
        write_report(results, options.output)
    if options.keep:
        keep(options.output, options.keep, results)
    if schedule.left:
        turns = several(len(schedule.left), "turn")
        say(f"The time is over, and {turns} left to do: the same command goes on from here.")
    say(f"The report is {options.output / 'index.html'}")
    return 1 if schedule.failed else 0


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    options.output = options.output.resolve()
    try:
        return experiment(options)
    except KeyboardInterrupt:
        say("Interrupted: the same command goes on from here.")
        return 130
    except (ValueError, OSError) as error:
        print(f"lazulite.article: {error}", file=sys.stderr)
        return 1
