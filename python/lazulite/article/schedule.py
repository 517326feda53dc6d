"""Lets the configurations take turns, and remembers what each has done."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from .configurations import SLOW_ROUND_SECONDS, Configuration
from .history import History
from .records import Record
from .side import Side, Stopped

LOSS_STEPS = 100
PROFILED_STEPS = 100


@dataclass(frozen=True)
class Turn:
    configuration: str
    seed: int
    what: str  #: epoch, test, profile, steps, losses, nudged or exact
    number: int = 0  #: the epoch's, from 1, or the round's, from 0


def rotated(items: list, by: int) -> list:
    by %= max(len(items), 1)
    return items[by:] + items[:by]


class Schedule:
    """All turns of a run, in an order in which what disturbs the machine harms all alike."""

    def __init__(self, options, folder: Path, weights: Path, found: list[Configuration],
                 conditions: dict, history: History, say):  # fmt: skip
        self.options = options
        self.folder = folder
        self.weights = weights
        self.configurations = {c.name: c for c in found}
        self.history = history
        self.say = say
        self.sides: dict[tuple[str, int], Side] = {}
        self.failed: dict[str, str] = {}
        self.took: dict[tuple[str, str], list[float]] = {}
        self.end = time.monotonic() + 60 * options.minutes if options.minutes else None
        self.left: list[Turn] = []  #: when the time was over
        state = folder / "state"
        state.mkdir(parents=True, exist_ok=True)
        self.records = {
            (c.name, seed): Record(
                state,
                c.name,
                seed,
                {
                    **conditions,
                    **({"GPU": c.gpu} if c.gpu else {}),
                    "version": c.version,
                    "program": c.build,
                },
                c.suffix,
            )
            for c in found
            for seed in range(options.seeds)
            if seed == 0 or c.family != "mlx"
        }

    def epochs_of(self, configuration: Configuration) -> int:
        if configuration.family == "mlx":
            return min(self.options.epochs, self.options.mlx_epochs)
        return self.options.epochs

    def turns(self) -> list[Turn]:
        """Those that are still to be done."""
        out = []
        names = list(self.configurations)
        for seed in range(self.options.seeds):
            own = [n for n in names if (n, seed) in self.records]
            for epoch in range(1, self.options.epochs + 1):
                out += [
                    Turn(n, seed, "epoch", epoch)
                    for n in rotated(own, epoch)
                    if epoch <= self.epochs_of(self.configurations[n])
                ]
            rounds = self.options.rounds if seed == 0 else 1
            for number in range(rounds):
                out += [Turn(n, seed, "test", number) for n in rotated(own, number)]
            if seed == 0:
                lazulite = [n for n in own if self.configurations[n].is_lazulite]
                out += [Turn(n, 0, "profile") for n in lazulite]
                out += [Turn(n, 0, "steps") for n in own]
                # Last: a second network would count as memory of the first.
                out += [Turn(n, 0, "losses") for n in own]
                explained = [n for n in own if self.configurations[n].explains_its_losses]
                # A minute and more; without peers there is nothing to explain.
                if not self.options.quick_without_peers:
                    out += [Turn(n, 0, w) for w in ("nudged", "exact") for n in explained]
        return [turn for turn in out if not self.done(turn)]

    def done(self, turn: Turn) -> bool:
        record = self.records[turn.configuration, turn.seed]
        if turn.configuration in self.failed:
            return True
        if turn.what == "epoch":
            return len(record.get("epochs", [])) >= turn.number
        if turn.what == "test":
            return self.tested(turn, record)
        return record.get(turn.what) is not None

    def tested_as(self, turn: Turn, record: Record) -> list:
        """What makes rounds comparable: the epochs before, also those that are still to come, and
        how many images were alone."""
        wanted = self.epochs_of(self.configurations[turn.configuration])
        return [max(len(record.get("epochs", [])), wanted), self.words(turn)[1]]

    def tested(self, turn: Turn, record: Record) -> bool:
        if record.get("tested") != self.tested_as(turn, record):
            return False
        rounds = record.get("tests", [])
        slow = any(r["took"] > SLOW_ROUND_SECONDS for r in rounds)
        return slow or len(rounds) > turn.number

    def run(self) -> None:
        """Does all turns. An error of one configuration ends that configuration."""
        for record in self.records.values():
            if record.renewed and record.path.name.endswith("seed0.json"):
                name = record.path.name.removesuffix(".seed0.json")
                title = self.configurations[name].title
                self.say(f"{title} is measured anew: {record.renewed}.")
        try:
            left = self.turns()
            total, done = len(left), 0
            while left:
                turn = left.pop(0)
                if self.done(turn):
                    done += 1
                    continue
                if self.is_too_late_for(turn):
                    self.left = [turn, *(other for other in left if not self.done(other))]
                    return
                try:
                    result = self.take(turn)
                except Stopped as error:
                    self.fail(turn, str(error))
                    continue
                finally:
                    if not any(t.configuration == turn.configuration and t.seed == turn.seed
                               for t in left):  # fmt: skip
                        self.close(turn.configuration, turn.seed)
                done += 1
                self.say(self.progress(turn, result, done, total, left))
        finally:
            for key in list(self.sides):
                self.close(*key)

    def is_too_late_for(self, turn: Turn) -> bool:
        if self.end is None:
            return False
        return time.monotonic() + (self.expected(turn) or 0) > self.end

    def side(self, turn: Turn) -> Side:
        key = turn.configuration, turn.seed
        if key not in self.sides:
            configuration, record = self.configurations[turn.configuration], self.records[key]
            arguments = configuration.arguments(
                self.options, self.folder / "state" / "data", turn.seed, record.checkpoint
            )
            side = Side(arguments, configuration.environment)
            self.sides[key] = side
            ready = dict(side.ready)
            # The checkpoint knows: it may be an epoch ahead of the record, or lost.
            epochs = ready.pop("epochs")
            if epochs != record.get("epochs", []):
                record.set("epochs", epochs)
            record.set("ready", ready)
        return self.sides[key]

    def take(self, turn: Turn):
        record = self.records[turn.configuration, turn.seed]
        side = self.side(turn)
        if self.done(turn):
            return None
        start = time.time()
        result = side.ask(turn.what, *self.words(turn))
        took = time.time() - start
        self.took.setdefault((turn.configuration, turn.what), []).append(took)
        if turn.seed == 0:
            self.history.end_turn(turn.configuration, turn.what, start)
        self.keep(turn, record, result, took)
        return result

    def words(self, turn: Turn) -> list:
        if turn.what in ("losses", "exact", "nudged"):
            return [LOSS_STEPS, self.weights]
        if turn.what == "profile":
            return [PROFILED_STEPS, self.folder / f"profile-{turn.configuration}"]
        if turn.what == "test":
            each = self.options.singles // self.options.rounds
            return [turn.number * each, each if turn.seed == 0 else 0]
        return []

    def keep(self, turn: Turn, record: Record, result, took: float) -> None:
        if turn.what == "epoch":
            record.set("epochs", [*record.get("epochs", []), result])
        elif turn.what == "test":
            tested = self.tested_as(turn, record)
            before = record.get("tests", []) if record.get("tested") == tested else []
            record.values["tested"] = tested
            record.set("tests", [*before, {**result, "took": took}])
        else:
            record.set(turn.what, result)

    def fail(self, turn: Turn, reason: str) -> None:
        title = self.configurations[turn.configuration].title
        at = {
            "epoch": f"in epoch {turn.number}",
            "test": "in its test",
            "profile": "in its profile",
            "nudged": "while its losses were measured",
            "exact": "while its losses were computed in 64 bits",
        }.get(turn.what, f"while its {turn.what} were measured")
        self.failed[turn.configuration] = f"{title} stopped {at}: {reason}."
        self.say(self.failed[turn.configuration])

    def close(self, name: str, seed: int) -> None:
        side = self.sides.pop((name, seed), None)
        if side:
            side.close()

    def expected(self, turn: Turn) -> float | None:
        known = self.took.get((turn.configuration, turn.what))
        if not known and turn.what == "epoch":
            epochs = self.records[turn.configuration, turn.seed].get("epochs", [])
            known = [epoch["seconds"] for epoch in epochs]
        if known:
            return sum(known) / len(known)
        alike = [t for (_, what), times in self.took.items() if what == turn.what for t in times]
        return sum(alike) / len(alike) if alike else None

    def progress(self, turn: Turn, result, done: int, total: int, left: list[Turn]) -> str:
        title = self.configurations[turn.configuration].title
        what = {
            "losses": "losses of the first steps",
            "nudged": "the same with another last bit of the learning rate",
            "exact": "the same in 64 bits",
            "epoch": f"epoch {turn.number}",
            "test": "test set",
            "steps": "single steps",
            "profile": "profile",
        }[turn.what]
        seed = f", seed {turn.seed}" if self.options.seeds > 1 else ""
        line = f"[{done}/{total}] {title}{seed}: {what}"
        if turn.what == "epoch" and result:
            score = result["validation"]
            line += f", validation accuracy {100 * score['accuracy']:.2f}%"
            line += f", {result['seconds']:.2f} s"
        times = [self.expected(turn) for turn in left]
        known = [t for t in times if t is not None]
        if known:
            seconds = sum(known) + (len(times) - len(known)) * sum(known) / len(known)
            line += f"; about {duration(seconds)} left"
        return line


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
