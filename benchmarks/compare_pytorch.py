#!/usr/bin/env python3
"""Measures Lazulite beside PyTorch on this machine's CPU or GPU, in turn, and prints ratios.

PyTorch is set up in an environment of its own under .cache (or $LAZULITE_CACHE); set
LAZULITE_PYTORCH_PYTHON to an interpreter that has it already. Each side is a fresh process,
warms up, and repeats; the sides take turns for several rounds, so that a busy neighbour or a
changing clock meets all of them. A ratio is a side's minimum over Lazulite's best minimum.
"""

import argparse
import sys
from pathlib import Path

from pytorch_side import environment, report, sides

PYTORCH = ["plain", "channels-last", "compiled", "graph"]
LAZULITE = ["compiled", "uncompiled"]

# What is measured, and the repeats of each process (for memory: its steps).
MEASUREMENTS = {
    "step": 20,
    "inference": 3,
    "single": 10,
    "memory": 100,
    "gelu": 10,
    "operations": 5,
}

# Layouts of the network do not matter to these.
WITHOUT_NETWORK = ["gelu", "operations"]

GELU = "tanh-GELU chain 8M"
TARGETS = [
    ("step", "PyTorch channels-last", "Lazulite compiled", 1.0),
    ("inference", "PyTorch channels-last", "Lazulite compiled", 1.0),
    ("single", "PyTorch channels-last", "Lazulite compiled", 3.0),
    ("memory", "PyTorch channels-last", "Lazulite compiled", 1.0),
    ("memory", "PyTorch plain", "Lazulite compiled", 1.0),
    (GELU, "PyTorch compiled", "Lazulite uncompiled", 1.0),
]


# On a GPU: a step, 10,000 images and one image against every way of PyTorch's in strict float32.
GPU_TARGETS = [
    (what, f"PyTorch {variant}", "Lazulite compiled", 1.0)
    for what in ("step", "inference", "single")
    for variant in PYTORCH
]


def parse():
    default = Path(__file__).resolve().parents[1] / "build" / "benchmarks" / "article"
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lazulite", type=Path, default=default, help="the program `article`")
    parser.add_argument("--pytorch-only", action="store_true", help="measure PyTorch alone")
    parser.add_argument("--what", nargs="+", choices=MEASUREMENTS, default=list(MEASUREMENTS))
    parser.add_argument("--variants", nargs="+", choices=PYTORCH, default=PYTORCH)
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--tf32", action="store_true", help="measure PyTorch with TF32 as well")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side")
    parser.add_argument("--batch", type=int, default=64, help="images of a training step")
    parser.add_argument("--side", type=int, default=28, help="of images")
    parser.add_argument("--channels", type=int, default=1, help="of images")
    parser.add_argument("--threads", type=int, default=0, help="0: each side's own choice")
    parser.add_argument("--json", type=Path, help="write all times there as well")
    options = parser.parse_args()
    for name in ("rounds", "batch", "side", "channels"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1, not {getattr(options, name)}")
    if not options.pytorch_only and not options.lazulite.exists():
        parser.error(f"{options.lazulite} is missing: build it, or give --lazulite or --pytorch-only")
    return options


def find_sides(options):
    interpreter = environment.python()
    variants = [v for v in options.variants if v != "graph" or options.device == "gpu"]
    if "compiled" in variants and not environment.can_compile(interpreter):
        print("torch.compile is left out: it needs g++ and Python's headers (python3-dev).")
        variants.remove("compiled")
    variables = environment.environment(interpreter)
    chosen = []
    for tf32 in [False, True] if options.tf32 else [False]:
        chosen += sides.pytorch_sides(
            interpreter, variables, variants, options.device, tf32
        ).values()
    if not options.pytorch_only:
        program = str(options.lazulite.resolve())
        chosen += sides.lazulite_sides(program, LAZULITE, options.device).values()
    return chosen


def measure(what, everyone, options, results):
    if what in WITHOUT_NETWORK:
        everyone = [side for side in everyone if not side.name.endswith("channels-last")]
    for turn in range(options.rounds):
        start = turn % len(everyone)
        for side in everyone[start:] + everyone[:start]:
            shown = f"{what}, round {turn + 1} of {options.rounds}: {side.name}"
            print(shown, file=sys.stderr, flush=True)
            names = ("batch", "side", "channels", "threads")
            settings = {name: getattr(options, name) for name in names}
            lines = side.run(what, {"repeats": MEASUREMENTS[what], **settings})
            for name, line in lines.items():
                results.add(name, side.name, line.get("ms") or [line["growth_kib"]])


def main():
    options = parse()
    everyone = find_sides(options)
    if "operations" in options.what and "gelu" in options.what:
        options.what.remove("gelu")  # it is one of the operations
    if options.device == "gpu" and "memory" in options.what:
        options.what.remove("memory")  # which is the process's
    results = report.Results()
    targets = GPU_TARGETS if options.device == "gpu" else TARGETS
    try:
        for what in options.what:
            measure(what, everyone, options, results)
    except (RuntimeError, KeyboardInterrupt) as stop:
        print(f"Stopped early: {stop or 'interrupted'}", file=sys.stderr)
    conditions = report.conditions(options.device)
    print(", ".join(f"{name} {value}" for name, value in conditions.items()))
    print("\n".join(report.table(results)))
    print("\n".join(report.verdicts(results, targets)))
    if options.json:
        results.write(options.json, conditions)


if __name__ == "__main__":
    main()
