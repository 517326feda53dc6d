"""Data sets of images, read from the files of their distributions."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Iterable, Sequence

from .. import core
from ..core import _data
from .checks import as_flag, as_integer, as_position
from .dataset import Dataset


def _as_list(name, values):
    try:
        alone = isinstance(values, str) or not hasattr(values, "__iter__")
        return [float(v) for v in ([values] if alone else values)]
    except (TypeError, ValueError):
        raise ValueError(
            f"ImageDataset: {name} is {values!r}; a number, or one for each channel, was expected."
        ) from None


def _seed():
    # Of a worker of a loader, from the worker's seed.
    import random

    return random.getrandbits(63)


class ImageDataset(Dataset):
    """Images kept as bytes, a quarter of the memory of float32, with a label each.

    `images` are uint8 of shape (n, height, width, channels), `labels` n integers from 0 to
    `num_classes` - 1 (by default, up to the greatest). Sample i is the image (height, width,
    channels), as the options say, and its label, an int:

    - `dtype`: float32 for pixels / 255, then normalised; uint8 for the bytes as they are.
    - `mean`, `deviation`: with float32, (pixel / 255 - mean) / deviation; one number, or one for
      each channel.
    - `crop_padding`: shifts each image at random by up to so many pixels; black comes in.
    - `mirror`: mirrors half of the images, chosen at random.

    Raises ValueError if the parts do not fit together or an option is out of its range.

    >>> import numpy as np
    >>> images = ImageDataset(np.zeros((2, 4, 4, 1), np.uint8), [0, 1], mean=0.5, deviation=0.5)
    >>> image, label = images[1]
    >>> image[0, 0].tolist(), label
    ([-1.0], 1)
    """

    def __init__(
        self,
        images: object,
        labels: object,
        *,
        num_classes: int | None = None,
        class_names: Sequence[str] = (),
        **options: object,
    ) -> None:
        import numpy

        images = numpy.asarray(images)
        labels = numpy.asarray(labels)
        if images.dtype != numpy.uint8 or images.ndim != 4:
            raise ValueError(
                f"ImageDataset: images are {images.dtype} of shape {images.shape}; uint8 of shape "
                "(count, height, width, channels) was expected."
            )
        if labels.dtype.kind not in "iu" or labels.ndim != 1:
            raise ValueError(
                f"ImageDataset: labels are {labels.dtype} of shape {labels.shape}; integers of "
                "shape (count,) were expected."
            )
        if num_classes is None:
            num_classes = max(int(labels.max()) + 1, 1) if labels.size else 0
        most = 2**31
        num_classes = as_integer(
            "ImageDataset", "num_classes", num_classes, f"an integer from 0 to {most}", 0, most
        )
        class_names = list(class_names)
        if len(class_names) not in (0, num_classes) or not all(
            isinstance(name, str) for name in class_names
        ):
            raise ValueError(
                f"ImageDataset: class_names are {reprlib.repr(class_names)}; no names, or "
                f"{num_classes} of type str, were expected."
            )
        if labels.size and not (labels.min() >= 0 and labels.max() < num_classes):
            wrong = labels.max() if labels.max() >= num_classes else labels.min()
            raise ValueError(
                f"ImageDataset: a label is {wrong}; 0 to {num_classes - 1} were expected."
            )
        native = _data.make_images(
            images.tobytes(), images.shape, labels.tolist(), num_classes, class_names
        )
        self._take(native, **options)

    @classmethod
    def _of(cls, native, options):
        images = cls.__new__(cls)
        images._take(native, **options)
        return images

    def _take(
        self, native, *, dtype=core.float32, mean=0.0, deviation=1.0, crop_padding=0, mirror=False
    ):
        if dtype not in (core.float32, core.uint8):
            raise ValueError(f"ImageDataset: dtype is {dtype}; float32 or uint8 was expected.")
        self.native = native.with_options(
            dtype == core.uint8,
            _as_list("mean", mean),
            _as_list("deviation", deviation),
            as_integer("ImageDataset", "crop_padding", crop_padding, "0 or more"),
            as_flag("ImageDataset", "mirror", mirror),
        )
        self.options = {
            "dtype": dtype,
            "mean": mean,
            "deviation": deviation,
            "crop_padding": crop_padding,
            "mirror": mirror,
        }

    def with_options(self, **options: object) -> ImageDataset:
        """The same images, sharing their memory, with these options instead of their own."""
        return ImageDataset._of(self.native, {**self.options, **options})

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return self.native.shape

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return self.native.num_classes

    @property
    def class_names(self) -> list[str]:
        """One name a class, or an empty list if the files give none."""
        return self.native.class_names

    @property
    def images(self) -> core.array:
        """All images as they are stored: uint8 (n, height, width, channels)."""
        return self.native.stored()[0]

    @property
    def labels(self) -> core.array:
        """All labels: int32 (n)."""
        return self.native.stored()[1]

    def batch(self, indices: Iterable[int], seed: int = 0) -> tuple[core.array, core.array]:
        """The images and the labels (int32) at `indices`, as two arrays.

        `seed` governs what is random about them. Raises TypeError unless the indices are integers,
        and IndexError if one is out of range.
        """
        chosen = [as_position("ImageDataset", i, len(self)) for i in indices]
        most = 2**64 - 1
        seed = as_integer("ImageDataset", "seed", seed, f"an integer from 0 to {most}", 0, most)
        return self.native.get(chosen, seed)

    def __len__(self) -> int:
        return len(self.native)

    def __getitem__(self, index: int) -> tuple[core.array, int]:
        images, labels = self.batch([index], _seed())
        return images[0], labels.item()

    def __getitems__(self, indices):
        import numpy

        images, labels = self.batch(indices, _seed())
        host = numpy.asarray(images)
        return [(core.array(image), label) for image, label in zip(host, labels.tolist())]

    def __reduce__(self):
        import numpy

        images, labels = (numpy.asarray(x) for x in self.native.stored())
        return _unpickle, (images, labels, self.num_classes, self.class_names, self.options)


def _unpickle(images, labels, num_classes, class_names, options):
    return ImageDataset(images, labels, num_classes=num_classes, class_names=class_names, **options)


def _read(name, path, split, options, part=""):
    return ImageDataset._of(_data.read_images(name, os.fspath(path), split, part), options)


def mnist(path: str | os.PathLike, split: str = "train", **options: object) -> ImageDataset:
    """MNIST: digits, 28 x 28, one channel.

    `path` is the folder with the files of the distribution, plain or gzip; `split` is "train" or
    "test"; `options` are those of `ImageDataset`. Raises ValueError if a file is missing (and lists
    what was looked for), damaged or mislabelled.

    `mnist("mnist", "test", mean=0.1307, deviation=0.3081)`

    >>> data.mnist("no folder")
    Traceback (most recent call last):
        ...
    ValueError: ...
    """
    return _read("mnist", path, split, options)


def fashion_mnist(path: str | os.PathLike, split: str = "train", **options: object) -> ImageDataset:
    """Fashion-MNIST: clothes, in the layout of `mnist`.

    >>> data.fashion_mnist("no folder")
    Traceback (most recent call last):
        ...
    ValueError: ...
    """
    return _read("fashion_mnist", path, split, options)


def emnist(
    path: str | os.PathLike, part: str, split: str = "train", **options: object
) -> ImageDataset:
    """A part of EMNIST: byclass, bymerge, balanced, letters, digits or mnist.

    As `mnist`. Labels count from 0; the images are transposed, as the files have them.

    >>> data.emnist("no folder", "letters")
    Traceback (most recent call last):
        ...
    ValueError: ...
    """
    return _read("emnist", path, split, options, part)


def cifar10(path: str | os.PathLike, split: str = "train", **options: object) -> ImageDataset:
    """CIFAR-10: 32 x 32 in colour, in its binary layout or the one pickled for Python.

    `path` is the folder with the files, a folder that holds the distribution's folder or archive,
    or such an archive itself. As `mnist` otherwise.

    >>> data.cifar10("no folder")
    Traceback (most recent call last):
        ...
    ValueError: ...
    """
    return _read("cifar10", path, split, options)


def cifar100(
    path: str | os.PathLike, split: str = "train", labels: str = "fine", **options: object
) -> ImageDataset:
    """CIFAR-100 with its "fine" (100) or "coarse" (20) labels. As `cifar10` otherwise.

    >>> data.cifar100("no folder")
    Traceback (most recent call last):
        ...
    ValueError: ...
    """
    return _read("cifar100", path, split, options, labels)
