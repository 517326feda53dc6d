"""PyTorch's side of `compare_convolutions.py`, with the arguments and the output of the program
`convolutions`; the last may also be "tf32". Of both layouts the faster one counts; cuDNN chooses its algorithms by trying."""

import json
import sys

import torch

REPEATS = 3
LONG_ENOUGH_MS = 2


def milliseconds(call, times):
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(times):
        call()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / times


def time_of(function):
    """Milliseconds on the device of one of several calls in a CUDA graph."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(2):
            function()
    torch.cuda.synchronize()
    inside = 4
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(inside):
            function()
    graph.replay()
    once = milliseconds(graph.replay, 1)
    times = int(min(max(LONG_ENOUGH_MS / once, 1), 25))
    return min(milliseconds(graph.replay, times) for _ in range(REPEATS)) / inside


def gradient(x, w, dy, padding, of_input):
    mask = [of_input, not of_input, False]
    sides = [padding, padding]
    return torch.ops.aten.convolution_backward(
        dy, x, w, None, [1, 1], sides, [1, 1], False, [0, 0], 1, mask
    )


def calls(images, side, channels, out, taps, layout, dtype):
    padding = taps // 2
    x, w, dy = (
        torch.randn(shape, dtype=dtype).to(memory_format=layout)
        for shape in (
            (images, channels, side, side),
            (out, channels, taps, taps),
            (images, out, side, side),
        )
    )
    yield "forward", lambda: torch.conv2d(x, w, padding=padding)
    yield "input", lambda: gradient(x, w, dy, padding, True)
    yield "weight", lambda: gradient(x, w, dy, padding, False)


def main():
    file, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    arithmetic = sys.argv[4] if len(sys.argv) > 4 else "float32"
    dtype = torch.float32 if arithmetic == "tf32" else getattr(torch, arithmetic)
    torch.set_default_device("cuda")
    torch.backends.cudnn.allow_tf32 = arithmetic == "tf32"
    torch.backends.cudnn.benchmark = True
    with open(file) as lines:
        problems = [[int(number) for number in line.split()] for line in lines]
    for number, problem in list(enumerate(problems))[first : first + count]:
        least = {}
        for layout in (torch.contiguous_format, torch.channels_last):
            for what, call in calls(*problem, layout, dtype):
                with torch.inference_mode():
                    least[what] = min(least.get(what, float("inf")), time_of(call))
        for what, ms in least.items():
            print(json.dumps({"what": f"{number} {what}", "ms": round(ms, 6)}), flush=True)


if __name__ == "__main__":
    main()
