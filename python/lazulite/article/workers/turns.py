"""What the programs that are measured have in common: data, orders, and answers.

A program answers each line of standard input with one line of JSON, as `lazulite-cnn --turns` does:

    epoch                 trains one more epoch
    test FIRST COUNT      scores and times the test set, and COUNT images from FIRST on, alone
    steps                 times single steps; these change the network
    losses STEPS FILE     losses without dropout from the weights of FILE
    exact STEPS FILE      the same, computed in 64 bits
    nudged STEPS FILE     the same in 32, with the last bit of the learning rate changed
    profile STEPS PREFIX  profiles steps into PREFIX.json, PREFIX.trace.json, PREFIX.flame.html

Nothing here needs Lazulite: the programs run in their frameworks' own environments.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import queue
import resource
import sys
import threading
import time
from pathlib import Path

import numpy as np

TEST_BATCH = 512
WARM_UP = 5
MOST_REPEATS = 100
MOST_SECONDS = 20.0
EPOCHS_OF_A_SEED = 1 << 20


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="folder with the arrays")
    parser.add_argument("--framework", required=True)
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path, required=True)
    return parser.parse_args()


class Data:
    """The images as bytes (n, side, side, channels), the labels, and which train and validate."""

    def __init__(self, folder: Path, seed: int):
        def read(name):
            return np.load(folder / f"{name}.npy")

        self.train_images, self.train_labels = read("train_images"), read("train_labels")
        self.test_images, self.test_labels = read("test_images"), read("test_labels")
        self.classes = int(read("classes"))
        _, self.side, _, self.channels = self.train_images.shape
        order = np.random.default_rng(seed).permutation(len(self.train_labels))
        cut = len(order) * 9 // 10
        self.training, self.validation = order[:cut], order[cut:]


def scaled(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / 255


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """Float32 arrays by name."""
    content = Path(path).read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header.pop("__metadata__", None)
    out = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        array = np.frombuffer(content[start + first : start + end], np.float32)
        out[name] = array.reshape(entry["shape"]).copy()
    return out


def replace(path: Path, write) -> None:
    """Calls `write` with a path beside `path`, and renames what it wrote."""
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    write(part)
    os.replace(part, path)


def range_of(times: list[float]) -> dict[str, float | None]:
    if not times:
        return {"min": None, "mean": None, "max": None}
    return {"min": min(times), "mean": sum(times) / len(times), "max": max(times)}


def microseconds(run) -> float:
    start = time.perf_counter()
    run()
    return 1e6 * (time.perf_counter() - start)


def times_of(run) -> dict[str, float | None]:
    """Of up to a hundred runs, fewer where they take long."""
    end = time.perf_counter() + MOST_SECONDS
    times: list[float] = []
    for turn in range(WARM_UP + MOST_REPEATS):
        took = microseconds(run)
        if turn >= WARM_UP:
            times.append(took)
        if time.perf_counter() > end and len(times) >= WARM_UP:
            break
    return range_of(times)


def peak_memory() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


class Turns:
    """Obeys the orders, with a framework's program.

    The program is made by `make(options, data, dropout)` and has `version`, `parameters`,
    `load(path)` -> epochs, `save(path, epochs)`, `load_weights(path)`, `seed(number)`,
    `mode(training)`, `train(indices)` -> (sum of losses, right answers),
    `score(split, indices)` -> the same,
    `train_batch(first, count)` -> an argument for `step`, `test_batch(first, count)` -> one for
    `infer`; `step(batch)` -> loss and `infer(batch)` wait for their results;
    `use_all_bits()`: float32 is not rounded to TF32 from then on; `use_64_bits()`: weights, batches
    and moments are float64.
    """

    def __init__(self, make):
        self.make = make
        self.options = parse()
        self.data = Data(self.options.data, self.options.seed)
        self.program = make(self.options, self.data, 0.3)
        there = self.options.checkpoint.exists()
        self.epochs = self.program.load(self.options.checkpoint) if there else []
        self.warm = False

    def ready(self):
        return {
            "framework": self.options.framework,
            "version": self.program.version,
            "device": self.options.device,
            "parameters": self.program.parameters,
            "epochs": self.epochs,
        }

    def epoch(self):
        options, data = self.options, self.data
        number = len(self.epochs) + 1
        seed = options.seed * EPOCHS_OF_A_SEED + number
        self.program.seed(seed)
        order = np.random.default_rng(seed).permutation(data.training)
        start = time.perf_counter()
        loss, right = self.program.train(order)
        seconds = time.perf_counter() - start
        training = self.mean(loss, right, len(order))
        validation = self.mean(*self.program.score("train", data.validation), len(data.validation))
        self.epochs.append(
            {
                "training": training,
                "validation": validation,
                "seconds": seconds,
                "images_per_second": len(order) / seconds,
            }
        )
        self.program.save(options.checkpoint, self.epochs)
        return self.epochs[-1]

    @staticmethod
    def mean(loss, right, count):
        return {"loss": finite(float(loss) / count), "accuracy": float(right) / count}

    def test(self, first, count):
        program, images = self.program, len(self.data.test_labels)
        score = self.mean(*program.score("test", np.arange(images)), images)
        starts = range(0, images, TEST_BATCH)
        batches = [program.test_batch(s, min(TEST_BATCH, images - s)) for s in starts]

        def run_all():
            for batch in batches:
                program.infer(batch)

        program.mode(training=False)
        if not self.warm:
            run_all()
            self.warm = True
        batched_ms = microseconds(run_all) / 1e3
        program.infer(program.test_batch(0, 1))
        singles = []
        for i in range(int(first), int(first) + int(count)):
            image = program.test_batch(i % images, 1)
            singles.append(microseconds(lambda: program.infer(image)))  # noqa: B023
        return {
            **score,
            "images": images,
            "batched_ms": batched_ms,
            "singles": len(singles),
            "single_us": range_of(singles),
            "peak_memory_bytes": peak_memory(),
        }

    def steps(self):
        program, batch = self.program, min(self.options.batch, len(self.data.training))
        test_batch = min(batch, len(self.data.test_labels))
        many, one = program.train_batch(0, batch), program.train_batch(0, 1)
        images, image = program.test_batch(0, test_batch), program.test_batch(0, 1)
        program.mode(training=False)
        inference = times_of(lambda: program.infer(images)), times_of(lambda: program.infer(image))
        program.mode(training=True)
        backprop = times_of(lambda: program.step(many)), times_of(lambda: program.step(one))
        return {
            "batch_inference_us": inference[0],
            "indiv_inference_us": inference[1],
            "batch_backprop_us": backprop[0],
            "indiv_backprop_us": backprop[1],
        }

    def losses(self, steps, path, rate=None, wide=False):
        options = argparse.Namespace(**vars(self.options))
        options.lr = rate or options.lr
        program = self.make(options, self.data, 0.0)
        program.load_weights(Path(path))
        if wide:
            program.use_64_bits()
        else:
            program.use_all_bits()
        program.mode(training=True)
        batch, images = self.options.batch, len(self.data.train_labels)
        out = []
        for step in range(int(steps)):
            first = step * batch
            indices = np.arange(first, first + batch) % images
            out.append(finite(float(program.step(program.batch_of(indices)))))
        return out

    def exact(self, steps, path):
        return self.losses(steps, path, wide=True)

    def nudged(self, steps, path):
        rate = np.nextafter(np.float32(self.options.lr), np.float32(np.inf))
        return self.losses(steps, path, rate=float(rate))

    def profile(self, steps, prefix):
        return self.program.profile(int(steps), prefix)

    def obey(self, line):
        order, *words = line.split(maxsplit=2)
        if order not in ("epoch", "test", "steps", "losses", "exact", "nudged", "profile"):
            raise ValueError(f"'{line}' is no order")
        return {order: getattr(self, order)(*words)}


def answer(value) -> None:
    print(json.dumps(value), flush=True)


def orders():
    """The lines of standard input. Whoever gave the orders may end: then this process does, at
    once, also in the middle of an epoch."""
    lines: queue.Queue[str] = queue.Queue()

    def read():
        for line in sys.stdin:
            lines.put(line)
        os._exit(143)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield lines.get().strip()


def serve(make) -> None:
    turns = Turns(make)
    answer({"ready": turns.ready()})
    for line in orders():
        if line:
            answer(turns.obey(line))
