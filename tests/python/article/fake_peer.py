"""A framework that needs no time: it answers the orders as the programs of peers do."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def fake_interpreter(folder, gpu="", version="9.9"):
    """A program that stands for an interpreter with PyTorch or MLX, and, where `gpu` names one, a
    GPU."""
    program = folder / "python"
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, sys\n"
        f"os.environ['FAKE_GPU'], os.environ['FAKE_VERSION'] = {gpu!r}, {version!r}\n"
        f"os.execv({sys.executable!r}, [{sys.executable!r}, {__file__!r}, *sys.argv[1:]])\n"
    )
    program.chmod(0o755)
    return program


def option(name):
    return sys.argv[sys.argv.index(name) + 1]


def scores(number):
    return {"loss": 1 / number, "accuracy": 1 - 0.5 / number}


def times(least):
    return {"min": least, "mean": 2 * least, "max": 4 * least}


def answer_of(order, words, epochs):
    """0.5 s an epoch on a GPU, 2 s elsewhere."""
    slow = 1 if option("--device") == "gpu" else 4
    if order == "epoch":
        number = len(epochs) + 1
        epochs.append({
            "training": scores(number), "validation": scores(number), "seconds": slow * 0.5,
            "images_per_second": 100.0,
        })  # fmt: skip
        Path(option("--checkpoint")).write_text(json.dumps(epochs))
        return epochs[-1]
    if order == "test":
        count = int(words[1])
        return {**scores(len(epochs)), "images": 40, "batched_ms": slow * 3.0, "singles": count,
                "single_us": times(slow * 10.0) if count else dict.fromkeys(times(1)),
                "peak_memory_bytes": 1 << 20}  # fmt: skip
    if order == "steps":
        return {name: times(slow * 5.0) for name in (
            "batch_inference_us", "indiv_inference_us", "batch_backprop_us", "indiv_backprop_us",
        )}  # fmt: skip
    return [1 / (1 + step) for step in range(int(words[0]))]


def main():
    if sys.argv[1] == "-c":
        asks_for_gpu = "get_device_name" in sys.argv[2]
        print(os.environ["FAKE_GPU"] if asks_for_gpu else os.environ["FAKE_VERSION"])
        return
    checkpoint = Path(option("--checkpoint"))
    epochs = json.loads(checkpoint.read_text()) if checkpoint.exists() else []
    about = {"framework": "fake", "version": "9.9", "parameters": 1, "epochs": epochs}
    print(json.dumps({"ready": about}), flush=True)
    for line in sys.stdin:
        order, *words = line.split()
        print(json.dumps({order: answer_of(order, words, epochs)}), flush=True)


if __name__ == "__main__":
    main()
