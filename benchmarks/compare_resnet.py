#!/usr/bin/env python3
"""Measures ResNet-18 on images of 32 by 32 beside PyTorch on an NVIDIA GPU.

One training step (SGD with momentum) and inference of a batch, of fresh processes that take turns;
PyTorch in its variants, in strict float32 and with TF32. Prints minima and medians in milliseconds.
LAZULITE_PYTORCH_PYTHON names an interpreter that has PyTorch.
"""

import argparse
import os
import statistics
from pathlib import Path

from pytorch_side import environment
from pytorch_side.sides import Side

BENCHMARKS = Path(__file__).resolve().parent
VARIANTS = ["plain", "channels-last", "compiled", "graph"]


class Process(Side):
    """A side that measures everything at once."""

    def measure(self):
        return {what: line["ms"] for what, line in self.lines(self.command).items()}


def all_sides(options):
    gpu = {**os.environ, "LAZULITE_DEVICE": "cuda"}
    numbers = [str(options.batch), str(options.repeats)]
    for tf32 in (False, True):
        own = {**gpu, "LAZULITE_CUDA_TF32": str(int(tf32))}
        name = "Lazulite TF32" if tf32 else "Lazulite"
        yield Process(name, [str(options.lazulite.resolve()), *numbers], own)
    interpreter = environment.python()
    variables = environment.environment(interpreter)
    for tf32 in (False, True):
        for variant in options.variants:
            command = [interpreter, "-m", "pytorch_side.resnet", "--variant", variant]
            command += ["--batch", numbers[0], "--repeats", numbers[1]]
            name = f"PyTorch {variant}{' TF32' if tf32 else ''}"
            yield Process(name, command + ["--tf32"] * tf32, variables)


def main():
    default = BENCHMARKS.parent / "build" / "benchmarks" / "resnet"
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lazulite", type=Path, default=default, help="the program `resnet`")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=VARIANTS)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    times = {}
    for _ in range(options.rounds):
        for side in all_sides(options):
            for what, ms in side.measure().items():
                times.setdefault(what, {}).setdefault(side.name, []).extend(ms)
    for what, of_sides in times.items():
        print(f"\n| {what} | minimum, ms | median, ms |\n|---|---|---|")
        for name, ms in of_sides.items():
            print(f"| {name} | {min(ms):.3f} | {statistics.median(ms):.3f} |")


if __name__ == "__main__":
    main()
