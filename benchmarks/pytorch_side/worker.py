"""Measures PyTorch: prints JSON lines {"what": ..., "ms": [...]}, as the program `article` does.

Variants: `plain` is the network as written, `channels-last` stores images and weights that way,
`compiled` is `torch.compile` on top of channels-last.
"""

import argparse
import json
import time

import torch
from pytorch_side import memory

BASELINE_KIB = memory.resident_kib()

from pytorch_side import operations  # noqa: E402  (the baseline is taken right after `import torch`)
from pytorch_network import ArticleCnn  # noqa: E402

IMAGES = 10_000
INFERENCE_BATCH = 512
SINGLE_RUNS = 200


def arrange(tensor, variant):
    return tensor if variant == "plain" else tensor.to(memory_format=torch.channels_last)


def build(variant):
    network = arrange(ArticleCnn(), variant)
    return torch.compile(network, dynamic=False) if variant == "compiled" else network


def timed(run, repeats, warmup=3):
    for _ in range(warmup):
        run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def trainer(variant, batch):
    network = build(variant).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    images = arrange(torch.rand(batch, 1, 28, 28), variant)
    labels = torch.randint(0, 10, (batch,))

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.nll_loss(network(images), labels)
        loss.backward()
        optimizer.step()

    return step


def measure_step(options):
    yield "step", timed(trainer(options.variant, options.batch), options.repeats, warmup=8)


def measure_inference(options):
    network = build(options.variant).eval()
    batches = [
        arrange(torch.rand(min(INFERENCE_BATCH, IMAGES - start), 1, 28, 28), options.variant)
        for start in range(0, IMAGES, INFERENCE_BATCH)
    ]

    @torch.inference_mode()
    def run():
        for images in batches:
            network(images)

    yield "inference", timed(run, options.repeats, warmup=1)


def measure_single(options):
    network = build(options.variant).eval()
    image = arrange(torch.rand(1, 1, 28, 28), options.variant)

    @torch.inference_mode()
    def run():
        for _ in range(SINGLE_RUNS):
            network(image)

    yield "single", [ms / SINGLE_RUNS for ms in timed(run, options.repeats, warmup=2)]


def measure_operations(options):
    for name, (function, arguments) in operations.operations().items():
        if options.what == "gelu" and "GELU" not in name:
            continue
        chosen = torch.compile(function) if options.variant == "compiled" else function
        with torch.inference_mode():
            yield name, timed(lambda: chosen(*arguments), options.repeats)  # noqa: B023


def measure_memory(options):
    memory.reset_peak()
    step = trainer(options.variant, options.batch)
    for _ in range(options.repeats):
        step()
    return memory.peak_kib() - BASELINE_KIB


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    measures = {
        "step": measure_step, "inference": measure_inference, "single": measure_single,
        "gelu": measure_operations, "operations": measure_operations, "memory": None,
    }  # fmt: skip
    parser.add_argument("--what", choices=measures, required=True)
    parser.add_argument(
        "--variant", choices=["plain", "channels-last", "compiled"], default="plain"
    )
    parser.add_argument("--repeats", type=int, default=10, help="runs; for memory, steps")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as PyTorch chooses")
    options = parser.parse_args()
    torch.manual_seed(0)
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.what == "memory":
        line = {
            "what": "memory",
            "growth_kib": measure_memory(options),
            "baseline_kib": BASELINE_KIB,
        }
        print(json.dumps(line), flush=True)
        return
    for what, times in measures[options.what](options):
        print(json.dumps({"what": what, "ms": [round(ms, 6) for ms in times]}), flush=True)


if __name__ == "__main__":
    main()
