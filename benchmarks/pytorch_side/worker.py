"""Measures PyTorch: prints JSON lines {"what": ..., "ms": [...]}, as the program `article` does.

Variants: `plain` is the network as written, `channels-last` stores images and weights that way,
`compiled` is `torch.compile` on top of channels-last (on a GPU with CUDA graphs, which PyTorch calls
`reduce-overhead`), `graph` a CUDA graph of one call, captured by hand and replayed.
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
VARIANTS = ["plain", "channels-last", "compiled", "graph"]


def arrange(tensor, variant):
    tensor = tensor.to(torch.get_default_device())
    if variant in ("plain", "graph"):
        return tensor
    return tensor.to(memory_format=torch.channels_last)


def on_gpu():
    return torch.get_default_device().type == "cuda"


def compiled(function):
    return torch.compile(function, dynamic=False, mode="reduce-overhead" if on_gpu() else None)


def build(options):
    network = arrange(ArticleCnn(options.channels, options.side), options.variant)
    return compiled(network) if options.variant == "compiled" else network


def random_images(count, options):
    return arrange(torch.rand(count, options.channels, options.side, options.side), options.variant)


def graph_of(run):
    """A CUDA graph that does what `run` does, after a few runs beside the main stream."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            run()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph


def timed(run, repeats, warmup=3):
    """Milliseconds of each run, until a GPU has ended it."""
    for _ in range(warmup):
        run()
    times = []
    for _ in range(repeats):
        if on_gpu():
            torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        if on_gpu():
            torch.cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def trainer(options):
    network = build(options).train()
    graph = options.variant == "graph"
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4, capturable=graph)
    images = random_images(options.batch, options)
    labels = torch.randint(0, 10, (options.batch,))

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.nll_loss(network(images), labels)
        loss.backward()
        optimizer.step()

    return graph_of(step).replay if graph else step


def measure_step(options):
    yield "step", timed(trainer(options), options.repeats, warmup=8)


def measure_inference(options):
    network = build(options).eval()
    batches = [
        random_images(min(INFERENCE_BATCH, IMAGES - start), options)
        for start in range(0, IMAGES, INFERENCE_BATCH)
    ]

    calls = [lambda images=images: network(images) for images in batches]
    with torch.inference_mode():
        if options.variant == "graph":
            calls = [graph_of(call).replay for call in calls]

    @torch.inference_mode()
    def run():
        for call in calls:
            call()

    yield "inference", timed(run, options.repeats, warmup=1)


def measure_single(options):
    network = build(options).eval()
    image = random_images(1, options)

    call = lambda: network(image)  # noqa: E731
    with torch.inference_mode():
        if options.variant == "graph":
            call = graph_of(call).replay

    @torch.inference_mode()
    def run():
        for _ in range(SINGLE_RUNS):
            call()
            if on_gpu():
                torch.cuda.synchronize()

    yield "single", [ms / SINGLE_RUNS for ms in timed(run, options.repeats, warmup=2)]


def measure_operations(options):
    for name, (function, arguments) in operations.operations().items():
        if options.what == "gelu" and "GELU" not in name:
            continue
        chosen = compiled(function) if options.variant == "compiled" else function
        with torch.inference_mode():
            call = lambda: chosen(*arguments)  # noqa: B023, E731
            if options.variant == "graph":
                call = graph_of(call).replay
            yield name, timed(call, options.repeats)


def measure_memory(options):
    memory.reset_peak()
    step = trainer(options)
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
    parser.add_argument("--variant", choices=VARIANTS, default="plain")
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--tf32", action="store_true", help="let a GPU round products' operands")
    parser.add_argument("--repeats", type=int, default=10, help="runs; for memory, steps")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--side", type=int, default=28, help="of images")
    parser.add_argument("--channels", type=int, default=1, help="of images")
    parser.add_argument("--threads", type=int, default=0, help="0: as many as PyTorch chooses")
    options = parser.parse_args()
    if options.device == "gpu":
        torch.set_default_device("cuda")
    elif options.variant == "graph":
        parser.error("--variant graph needs --device gpu")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = options.tf32
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
