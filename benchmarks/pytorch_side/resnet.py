"""PyTorch's side of `compare_resnet.py`: the network, steps and output of the program `resnet`, in
the variants of `worker`; a graph is of channels last, too."""

import argparse
import json

import torch
from pytorch_side.worker import VARIANTS, compiled, graph_of, timed
from torch import nn

SIDE, CLASSES = 32, 10


def convolution(inputs, outputs, taps, stride):
    return nn.Conv2d(inputs, outputs, taps, stride, taps // 2, bias=False)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = convolution(inputs, outputs, 3, stride)
        self.second = convolution(outputs, outputs, 3, 1)
        self.norm_first, self.norm_second = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if inputs != outputs or stride != 1:
            self.shortcut = nn.Sequential(
                convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        inner = torch.relu(self.norm_first(self.first(x)))
        return torch.relu(self.norm_second(self.second(inner)) + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(convolution(3, 64, 3, 1), nn.BatchNorm2d(64), nn.ReLU())
        blocks, inputs = [], 64
        for channels in (64, 128, 256, 512):
            for stride in (1 if channels == 64 else 2, 1):
                blocks.append(Block(inputs, channels, stride))
                inputs = channels
        self.blocks = nn.Sequential(*blocks)
        self.out = nn.Linear(512, CLASSES)

    def forward(self, images):
        return self.out(self.blocks(self.stem(images)).mean((2, 3)))


def trainer(network, images, labels, variant):
    forward = compiled(network) if variant == "compiled" else network
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)

    def step():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(forward(images), labels).backward()
        optimizer.step()

    return graph_of(step).replay if variant == "graph" else step


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=VARIANTS, default="plain")
    parser.add_argument("--tf32", action="store_true", help="let the GPU round products' operands")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=30)
    options = parser.parse_args()
    torch.set_default_device("cuda")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = options.tf32
    torch.backends.cudnn.benchmark = True
    layout = torch.contiguous_format if options.variant == "plain" else torch.channels_last
    network = ResNet().to(memory_format=layout)
    images = torch.rand(options.batch, 3, SIDE, SIDE).to(memory_format=layout)
    labels = torch.randint(0, CLASSES, (options.batch,))

    def report(what, run):
        times = timed(run, options.repeats, warmup=5)
        print(json.dumps({"what": what, "ms": [round(ms, 6) for ms in times]}), flush=True)

    report("step", trainer(network, images, labels, options.variant))
    network.eval()
    forward = compiled(network) if options.variant == "compiled" else network
    with torch.inference_mode():
        call = lambda: forward(images)  # noqa: E731
        report("inference", graph_of(call).replay if options.variant == "graph" else call)


if __name__ == "__main__":
    main()
