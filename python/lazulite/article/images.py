"""The data set, read once and handed to every program as plain arrays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import data
from .files import write_atomically


LEAST_IMAGES = 10
LEAST_SIDE = 8  # what three poolings leave one pixel of


@dataclass(frozen=True)
class Kind:
    title: str
    read: Callable


SETS = {
    "mnist": Kind("MNIST", data.mnist),
    "fashion-mnist": Kind("Fashion-MNIST", data.fashion_mnist),
    "cifar10": Kind("CIFAR-10", data.cifar10),
    "cifar100": Kind("CIFAR-100", data.cifar100),
}


def check(training, test) -> None:
    if len(training) < LEAST_IMAGES or len(test) == 0:
        raise ValueError(
            f"there are {len(training)} training and {len(test)} test images; at least "
            f"{LEAST_IMAGES}, a tenth of which validates, and one are needed"
        )
    height, width, _ = training.shape
    if height != width or height < LEAST_SIDE or test.shape != training.shape:
        raise ValueError(
            f"the images have {height}x{width} pixels, those of the test set "
            f"{test.shape[0]}x{test.shape[1]}; square ones of one size, of at least "
            f"{LEAST_SIDE}x{LEAST_SIDE}, were expected"
        )


def prepare(dataset: str, path: str, folder: Path) -> dict:
    """Writes the arrays to `folder`, and returns what the report says of them. Raises ValueError
    with a sentence if the files can't be read."""
    kind = SETS[dataset]
    training, test = kind.read(path, "train"), kind.read(path, "test")
    check(training, test)
    digest = hashlib.sha256()
    arrays = {}
    for split, images in (("train", training), ("test", test)):
        arrays[f"{split}_images"] = np.asarray(images.images)
        arrays[f"{split}_labels"] = np.asarray(images.labels)
    for array in arrays.values():
        digest.update(str(array.shape).encode() + array.tobytes())
    height, width, channels = training.shape
    description = {
        "name": kind.title,
        "training": len(training) * 9 // 10,
        "validation": len(training) - len(training) * 9 // 10,
        "test": len(test),
        "height": height,
        "width": width,
        "channels": channels,
        "classes": training.num_classes,
        "digest": digest.hexdigest(),
    }
    note = folder / "data.json"
    if not note.exists() or json.loads(note.read_text()) != description:
        folder.mkdir(parents=True, exist_ok=True)
        note.unlink(missing_ok=True)
        for name, array in {**arrays, "classes": np.array(training.num_classes)}.items():
            np.save(folder / f"{name}.npy", array)
        # Last: with it the arrays are complete.
        write_atomically(note, json.dumps(description))
    return description
