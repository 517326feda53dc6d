"""Images for the examples: MNIST or CIFAR from files, or synthetic ones that can be learned."""

import gzip
import pickle
import tarfile
from pathlib import Path

import numpy as np


def synthetic(count, side=28, channels=1, classes=10, seed=0):
    """Noisy copies of one random pattern a class: `(images, labels)`, images in [0, 1].

    Images have the shape (count, side, side, channels) and are float32, labels uint32.
    """
    patterns = np.random.default_rng(1234).random((classes, side, side, channels))
    draws = np.random.default_rng(seed)
    labels = draws.integers(0, classes, count)
    noise = draws.normal(0, 0.2, (count, side, side, channels))
    images = np.clip(patterns[labels] + noise, 0, 1)
    return images.astype(np.float32), labels.astype(np.uint32)


def _idx(path):
    with gzip.open(path) as file:
        data = file.read()
    dimensions = data[3]
    shape = np.frombuffer(data, ">i4", dimensions, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def mnist(folder):
    """MNIST's `(images, labels, test images, test labels)`, images (count, 28, 28, 1) in [0, 1]."""
    out = []
    for part in ("train", "t10k"):
        images = _idx(Path(folder) / f"{part}-images-idx3-ubyte.gz")
        labels = _idx(Path(folder) / f"{part}-labels-idx1-ubyte.gz")
        out += [images[..., None].astype(np.float32) / 255, labels.astype(np.uint32)]
    return tuple(out)


def cifar(archive, classes=10):
    """The same of a CIFAR archive of pickles (`cifar-10-python.tar.gz`), images (count, 32, 32, 3)."""
    key = b"labels" if classes == 10 else b"fine_labels"
    parts = {True: [], False: []}
    with tarfile.open(archive) as tar:
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            if not member.isfile() or "html" in member.name:
                continue
            content = pickle.load(tar.extractfile(member), encoding="bytes")
            if key in content:
                parts["test" in Path(member.name).name].append(content)
    out = []
    for contents in (parts[False], parts[True]):
        planes = np.concatenate([content[b"data"] for content in contents])
        images = planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).astype(np.float32) / 255
        out += [images, np.concatenate([content[key] for content in contents]).astype(np.uint32)]
    return tuple(out)
