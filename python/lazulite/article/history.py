"""What the machine did meanwhile: load, power, and whose turn it was."""

from __future__ import annotations

import time
from pathlib import Path

from .. import debug
from .files import append_line, read_lines

INTERVAL = 0.5
MOST_POINTS = 400


class History:
    """Samples while it is open; turns and what was sampled in them go to a file at each one's end,
    so that an interrupted run keeps them."""

    def __init__(self, path: Path):
        self.path = path
        self.monitor = debug.monitor(interval=INTERVAL)
        self.seen = 0.0
        # Of samples' clock to the calendar's.
        self.offset = time.time() - time.monotonic()

    @property
    def missing(self) -> list[str]:
        return list(self.monitor.missing)

    def end_turn(self, configuration: str, what: str, start: float) -> None:
        """`start` is of time.time()."""
        samples = [s for s in self.monitor.history if s.time > self.seen]
        if samples:
            self.seen = samples[-1].time
        append_line(
            self.path,
            {
                "configuration": configuration,
                "what": what,
                "start": start,
                "seconds": time.time() - start,
                "samples": [self.sample(s) for s in samples if s.time + self.offset >= start],
            },
        )

    def sample(self, sample) -> dict:
        return {
            "time": sample.time + self.offset,
            "load": sample.mean_load,
            "watts": sample.watts,
            "megahertz": max(sample.megahertz) if sample.megahertz else None,
            "gpus": [
                {"load": g.load, "watts": g.watts, "megahertz": g.megahertz} for g in sample.gpus
            ],
        }

    def close(self) -> None:
        self.monitor.stop()


def summarise(path: Path) -> dict:
    """The turns one after the other, without what lay between them, and the means of the samples
    over MOST_POINTS equal parts of that time."""
    turns = read_lines(path)
    total = sum(turn["seconds"] for turn in turns)
    width = max(total / MOST_POINTS, INTERVAL)
    parts: dict[int, list[dict]] = {}
    bands, at = [], 0.0
    for turn in turns:
        for sample in turn["samples"]:
            moment = at + min(max(sample["time"] - turn["start"], 0), turn["seconds"])
            parts.setdefault(int(moment / width), []).append(sample)
        name = turn["configuration"]
        if bands and bands[-1]["configuration"] == name:
            bands[-1]["end"] = at + turn["seconds"]
        else:
            bands.append({"configuration": name, "start": at, "end": at + turn["seconds"]})
        at += turn["seconds"]
    points = [
        {
            "time": (index + 0.5) * width,
            "load": mean(s["load"] for s in samples),
            "watts": mean(s["watts"] for s in samples),
            "gpu_load": mean(g["load"] for s in samples for g in s["gpus"][:1]),
            "gpu_watts": mean(g["watts"] for s in samples for g in s["gpus"][:1]),
        }
        for index, samples in sorted(parts.items())
    ]
    return {"seconds": total, "points": points, "turns": bands, "epochs": by_configuration(turns)}


def by_configuration(turns: list[dict]) -> dict:
    """Means over the epochs of each configuration: what training takes of the machine."""
    out = {}
    for name in dict.fromkeys(turn["configuration"] for turn in turns):
        own = [t for t in turns if t["configuration"] == name and t["what"] == "epoch"]
        samples = [s for turn in own for s in turn["samples"]]
        if samples:
            out[name] = {
                "load": mean(s["load"] for s in samples),
                "watts": mean(s["watts"] for s in samples),
                "gpu_load": mean(g["load"] for s in samples for g in s["gpus"][:1]),
                "gpu_watts": mean(g["watts"] for s in samples for g in s["gpus"][:1]),
            }
    return out


def mean(values) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
