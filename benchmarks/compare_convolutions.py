#!/usr/bin/env python3
"""Measures convolutions of many sizes, and both their gradients, beside cuDNN's on an NVIDIA GPU.

The sizes are drawn with a fixed seed: images from 1 to 512 of sides from 5 to 64, channels from 1
to 256 on both sides, windows of 3 by 3 and 5 by 5. Both sides run parts of the list in turn.
PyTorch calls cuDNN, which chooses by trying, inside a CUDA graph; of both layouts the faster counts.
Prints what is slower than cuDNN by more than a tenth where that takes 20 us or more, and geometric
means. LAZULITE_PYTORCH_PYTHON names an interpreter that has PyTorch.
"""

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from pytorch_side import environment

BENCHMARKS = Path(__file__).resolve().parent
KINDS = ("forward", "input", "weight")
LEAST_MS = 0.020
ALLOWED = 1.1
# So that none takes more than a few milliseconds, nor more than a gigabyte.
MOST_MULTIPLICATIONS = 2**35
MOST_ELEMENTS = 2**27
IN_TURN = 20


def draw(count, seed):
    """`count` times images (as many of 1 to 2 as of 256 to 512), side, channels in and out, taps."""
    chance = random.Random(seed)
    problems = []
    while len(problems) < count:
        images, side = round(2 ** chance.uniform(0, 9)), chance.randint(5, 64)
        channels, out, taps = chance.randint(1, 256), chance.randint(1, 256), chance.choice([3, 5])
        pixels = images * side * side
        if pixels * channels * out * taps * taps > MOST_MULTIPLICATIONS:
            continue
        if pixels * max(channels, out) <= MOST_ELEMENTS:
            problems.append((images, side, channels, out, taps))
    return problems


def run(command, variables):
    done = subprocess.run(command, env=variables, cwd=BENCHMARKS, capture_output=True, text=True)
    if done.returncode != 0:
        shown = " ".join(command)
        sys.exit(f"`{shown}` ended with code {done.returncode}:\n{done.stderr}")
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {line["what"]: line["ms"] for line in lines}


def measure(options, file):
    interpreter = environment.python()
    pytorch = [interpreter, "-m", "pytorch_side.convolutions", file]
    lazulite = [str(options.lazulite.resolve()), file]
    arithmetic = options.arithmetic
    dtype = "float32" if arithmetic == "tf32" else arithmetic
    own = {**os.environ, "LAZULITE_DEVICE": "cuda"}
    own["LAZULITE_CUDA_TF32"] = str(int(arithmetic == "tf32"))
    ours, theirs = {}, {}
    for first in range(0, options.count, IN_TURN):
        part = [str(first), str(min(IN_TURN, options.count - first))]
        theirs |= run(pytorch + [*part, arithmetic], environment.environment(interpreter))
        ours |= run(lazulite + [*part, dtype], own)
        print(f"{first + int(part[1])} of {options.count}", file=sys.stderr, flush=True)
    return ours, theirs


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else math.nan


def report(problems, ours, theirs):
    print("| images, side, channels in and out, taps | what | cuDNN, us | Lazulite, us | ratio |")
    print("|---|---|---|---|---|")
    for name, ms in sorted(ours.items(), key=lambda item: theirs[item[0]] / item[1]):
        if theirs[name] < LEAST_MS or ms <= ALLOWED * theirs[name]:
            continue
        number, what = name.split()
        sizes = ", ".join(map(str, problems[int(number)]))
        ratio = theirs[name] / ms
        print(f"| {sizes} | {what} | {theirs[name] * 1e3:.1f} | {ms * 1e3:.1f} | {ratio:.2f} |")
    for kind in (*KINDS, ""):
        names = [name for name in ours if name.endswith(kind) and theirs[name] >= LEAST_MS]
        ratios = [theirs[name] / ours[name] for name in names]
        slower = sum(ratio < 1 / ALLOWED for ratio in ratios)
        shown = f"mean of cuDNN's time over Lazulite's {mean(ratios):.3f}, {slower} slower"
        print(f"{kind or 'all'}: {len(names)} of 20 us or more, {shown}")


def main():
    default = BENCHMARKS.parent / "build" / "benchmarks" / "convolutions"
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lazulite", type=Path, default=default, help="the program `convolutions`")
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--arithmetic",
        choices=["float32", "tf32", "float16", "bfloat16"],
        default="float32",
        help="the dtype; tf32 lets both sides round factors of float32",
    )
    options = parser.parse_args()
    problems = draw(options.count, options.seed)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(" ".join(map(str, problem)) + "\n" for problem in problems))
        file.flush()
        ours, theirs = measure(options, file.name)
    report(problems, ours, theirs)


if __name__ == "__main__":
    main()
