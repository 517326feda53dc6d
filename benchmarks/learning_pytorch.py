#!/usr/bin/env python3
"""Trains the article's network in PyTorch, for comparison with what `lazulite-cnn` learns.

Reads the four IDX files (plain or .gz) of MNIST or Fashion-MNIST. Pixels are scaled to [0, 1];
90% of the training images train and 10% validate, chosen by the seed. Prints a JSON line an
epoch and one with the test accuracy at the end.
"""

import argparse
import gzip
import json
import struct
import sys
import time
from pathlib import Path

from pytorch_side import environment


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder with the IDX files")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--threads", type=int, default=0, help="0: PyTorch's own choice")
    parser.add_argument("--steps", type=int, help="stop each epoch after so many steps")
    return parser.parse_args()


def read_idx(folder, name):
    """One IDX file of bytes as (shape, bytes)."""
    path = next((p for p in (folder / name, folder / f"{name}.gz") if p.exists()), None)
    if path is None:
        sys.exit(f"{folder} has neither {name} nor {name}.gz.")
    content = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    kind, axes = content[2:4]
    if content[:2] != b"\0\0" or kind != 8:
        sys.exit(f"{path} is not an IDX file of bytes.")
    return struct.unpack_from(f">{axes}I", content, 4), bytearray(content[4 + 4 * axes :])


def read_split(folder, split, torch):
    shape, pixels = read_idx(folder, f"{split}-images-idx3-ubyte")
    _, labels = read_idx(folder, f"{split}-labels-idx1-ubyte")
    images = torch.frombuffer(pixels, dtype=torch.uint8).reshape(shape[0], 1, *shape[1:])
    return images.float() / 255, torch.frombuffer(labels, dtype=torch.uint8).long()


def evaluate(network, images, labels, torch):
    """Mean loss and accuracy in percent, at batch 512."""
    loss, right = 0.0, 0
    network.eval()
    with torch.inference_mode():
        for x, y in zip(images.split(512), labels.split(512)):
            output = network(x)
            loss += torch.nn.functional.nll_loss(output, y, reduction="sum").item()
            right += (output.argmax(1) == y).sum().item()
    return loss / len(labels), 100 * right / len(labels)


def train_epoch(network, optimizer, images, labels, options, torch):
    """Mean training loss over the epoch's steps."""
    network.train()
    order = torch.randperm(len(labels), device=labels.device)
    losses = []
    for indices in order.split(options.batch)[: options.steps]:
        optimizer.zero_grad()
        loss = torch.nn.functional.nll_loss(network(images[indices]), labels[indices])
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses).mean().item()


def main():
    options = parse()
    environment.enter()
    import torch
    from pytorch_side.network import ArticleCnn

    torch.manual_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    images, labels = read_split(options.data, "train", torch)
    order = torch.randperm(len(labels))
    cut = len(labels) * 9 // 10
    parts = [(images[i].to(options.device), labels[i].to(options.device))
             for i in (order[:cut], order[cut:])]  # fmt: skip
    test = [t.to(options.device) for t in read_split(options.data, "t10k", torch)]
    layout = torch.channels_last if options.device == "cpu" else torch.contiguous_format
    network = ArticleCnn(side=images.shape[-1]).to(options.device, memory_format=layout)
    optimizer = torch.optim.Adam(network.parameters(), lr=options.lr)
    for epoch in range(1, options.epochs + 1):
        start = time.perf_counter()
        loss = train_epoch(network, optimizer, *parts[0], options, torch)
        seconds = time.perf_counter() - start
        validation, accuracy = evaluate(network, *parts[1], torch)
        line = {
            "epoch": epoch, "training_loss": loss, "validation_loss": validation,
            "validation_accuracy": accuracy, "seconds": seconds,
        }  # fmt: skip
        print(json.dumps(line), flush=True)
    loss, accuracy = evaluate(network, *test, torch)
    print(json.dumps({"seed": options.seed, "test_loss": loss, "test_accuracy": accuracy}))


if __name__ == "__main__":
    main()
