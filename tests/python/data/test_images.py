"""Data sets of images, compared with what Python's own modules read from the same files."""

import gzip
import os
import pathlib
import pickle
import struct
import tarfile

import numpy as np
import pytest

import lazulite.core as lz
from lazulite import data

FOLDER = os.environ.get("LAZULITE_TEST_DATA")
needs_files = pytest.mark.skipif(not FOLDER, reason="LAZULITE_TEST_DATA names no folder")


def read_idx(path):
    content = gzip.decompress(path.read_bytes())
    axes = content[3]
    shape = struct.unpack_from(f">{axes}I", content, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def write_mnist(folder, count, split="train"):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 5, 4), np.uint8)
    labels = rng.integers(0, 10, count).astype(np.uint8)
    prefix = {"train": "train", "test": "t10k"}[split]
    (folder / f"{prefix}-images-idx3-ubyte").write_bytes(
        struct.pack(">4I", 0x803, *images.shape) + images.tobytes()
    )
    (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(
        struct.pack(">2I", 0x801, count) + labels.tobytes()
    )
    return images, labels


@needs_files
@pytest.mark.parametrize(("split", "prefix"), [("train", "train"), ("test", "t10k")])
def test_mnist(split, prefix):
    folder = pathlib.Path(FOLDER) / "mnist"
    images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
    dataset = data.mnist(folder, split)
    assert (len(dataset), dataset.shape, dataset.num_classes) == (len(images), (28, 28, 1), 10)
    assert dataset.class_names == [str(i) for i in range(10)]
    assert dataset.images.dtype == lz.uint8 and dataset.labels.dtype == lz.int32
    assert np.array_equal(np.array(dataset.images)[..., 0], images)
    assert np.array_equal(np.array(dataset.labels), labels)
    image, label = dataset[17]
    assert label == labels[17] and image.dtype == lz.float32
    assert np.array_equal(np.array(image)[..., 0], images[17].astype(np.float32) / np.float32(255))


def cifar_pickles(archive, names):
    with tarfile.open(archive) as tar:
        batches = [pickle.load(tar.extractfile(name), encoding="bytes") for name in names]
    planes = np.concatenate([b[b"data"] for b in batches])
    return planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), batches


@needs_files
def test_cifar10():
    archive = pathlib.Path(FOLDER) / "cifar-10" / "cifar-10-python.tar.gz"
    names = [f"cifar-10-batches-py/data_batch_{i}" for i in range(1, 6)]
    images, batches = cifar_pickles(archive, names)
    dataset = data.cifar10(archive)
    assert np.array_equal(np.array(dataset.images), images)
    assert dataset.labels.tolist() == [x for b in batches for x in b[b"labels"]]
    assert dataset.num_classes == 10 and "airplane" in dataset.class_names
    # The binary layout, whose sample is larger, is the one that a folder gives.
    assert len(data.cifar10(archive.parent, "test")) == 1000


@needs_files
@pytest.mark.parametrize(("labels", "classes"), [("fine", 100), ("coarse", 20)])
def test_cifar100(labels, classes):
    archive = pathlib.Path(FOLDER) / "cifar-100" / "cifar-100-python.tar.gz"
    images, batches = cifar_pickles(archive, ["cifar-100-python/test"])
    dataset = data.cifar100(archive, "test", labels=labels)
    assert np.array_equal(np.array(dataset.images), images)
    assert dataset.labels.tolist() == batches[0][f"{labels}_labels".encode()]
    assert (dataset.num_classes, len(dataset.class_names)) == (classes, classes)


def test_files_in_mnists_layout(tmp_path):
    images, labels = write_mnist(tmp_path, 6)
    for read in (data.mnist, data.fashion_mnist):
        dataset = read(str(tmp_path), dtype=lz.uint8)
        image, label = dataset[-1]
        assert image.dtype == lz.uint8 and label == labels[5]
        assert np.array_equal(np.array(image)[..., 0], images[5])
    assert data.fashion_mnist(tmp_path).class_names[9] == "Ankle boot"


def test_emnist(tmp_path):
    images, labels = write_mnist(tmp_path, 4)
    for file in list(tmp_path.iterdir()):
        file.rename(tmp_path / f"emnist-digits-{file.name}")
    dataset = data.emnist(tmp_path, "digits")
    assert dataset.labels.tolist() == labels.tolist()
    assert np.array_equal(np.array(dataset.images)[..., 0], images)


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda path: data.mnist(path), "train-images-idx3-ubyte"),
        (lambda path: data.cifar10(path), "data_batch_1"),
        (lambda path: data.mnist(path, "training"), "split is 'training'; one of test, train"),
        (lambda path: data.emnist(path, "numbers"), "part is 'numbers'"),
        (lambda path: data.cifar100(path, labels="both"), "labels is 'both'"),
    ],
)
def test_files_that_are_not_there(read, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        read(tmp_path)


@pytest.fixture
def images():
    rng = np.random.default_rng(1)
    return rng.integers(0, 256, (20, 6, 5, 3), np.uint8), rng.integers(0, 7, 20)


def test_images_of_ones_own(images):
    pixels, labels = images
    names = list("abcdefg")
    dataset = data.ImageDataset(pixels, labels, num_classes=7, class_names=names)
    assert (len(dataset), dataset.shape, dataset.num_classes) == (20, (6, 5, 3), 7)
    assert dataset.class_names == names
    assert np.array_equal(np.array(dataset.images), pixels)
    x, y = dataset.batch([3, -1])
    assert np.array_equal(np.array(x), pixels[[3, 19]].astype(np.float32) / np.float32(255))
    assert y.tolist() == labels[[3, 19]].tolist()
    for wrong in (20, -21):
        with pytest.raises(IndexError, match=f"Index {wrong} is out of range"):
            dataset[wrong]


def test_normalisation(images):
    pixels, labels = images
    mean, deviation = [0.1, 0.2, 0.3], [0.5, 0.25, 2.0]
    dataset = data.ImageDataset(pixels, labels, mean=mean, deviation=deviation)
    expected = (pixels.astype(np.float64) / 255 - mean) / deviation
    x, _ = dataset.batch(range(20))
    assert np.allclose(np.array(x), expected, rtol=1e-6, atol=1e-6)
    other = dataset.with_options(dtype=lz.uint8)
    assert np.array_equal(np.array(other.batch([4])[0])[0], pixels[4])
    assert other.options["mean"] == mean


def test_augmentation(images):
    pixels, labels = images
    dataset = data.ImageDataset(pixels, labels, dtype=lz.uint8, crop_padding=1, mirror=True)
    padded = np.pad(pixels[0], ((1, 1), (1, 1), (0, 0)))
    crops = [padded[y : y + 6, x : x + 5] for y in range(3) for x in range(3)]
    possible = {c.tobytes() for c in crops} | {
        np.pad(pixels[0][:, ::-1], ((1, 1), (1, 1), (0, 0)))[y : y + 6, x : x + 5].tobytes()
        for y in range(3)
        for x in range(3)
    }
    drawn = {np.array(dataset.batch([0], seed)[0])[0].tobytes() for seed in range(300)}
    assert drawn == possible and len(possible) == 18
    assert np.array_equal(dataset.batch([0, 5], 9)[0], dataset.batch([0, 5], 9)[0])


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((np.zeros((2, 3, 3, 1)), [0, 1]), {}, "images are float64"),
        ((np.zeros((2, 3, 3), np.uint8), [0, 1]), {}, r"uint8 of shape \(2, 3, 3\)"),
        ((np.zeros((2, 3, 3, 1), np.uint8), [0.5, 1]), {}, "labels are float64"),
        ((np.zeros((2, 3, 3, 1), np.uint8), [0]), {}, "18 pixels and 1 labels"),
        ((np.zeros((2, 3, 3, 1), np.uint8), [0, -1]), {}, "a label is -1"),
        ((np.zeros((2, 3, 3, 1), np.uint8), [0, 5]), {"num_classes": 5}, "a label is 5; 0 to 4"),
        ((np.zeros((2, 3, 3, 1), np.uint8), [0, 1]), {"mean": [1, 2]}, "2 means or deviations"),
        ((np.zeros((2, 3, 3, 1), np.uint8), [0, 1]), {"deviation": 0}, "deviation of 0"),
        ((np.zeros((2, 3, 3, 1), np.uint8), [0, 1]), {"crop_padding": -1}, "crop_padding is -1"),
        ((np.zeros((2, 3, 3, 1), np.uint8), [0, 1]), {"dtype": lz.int32}, "float32 or uint8"),
    ],
)
def test_images_that_do_not_fit(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        data.ImageDataset(*arguments, **options)


def test_images_pickle(images):
    dataset = data.ImageDataset(*images, class_names=list("abcdefg"), mean=0.5)
    again = pickle.loads(pickle.dumps(dataset))
    assert np.array_equal(again.images, dataset.images) and again.options == dataset.options
    assert again.class_names == dataset.class_names
    assert np.array_equal(again[3][0], dataset[3][0]) and again[3][1] == dataset[3][1]


@pytest.mark.parametrize("start", [None, "fork", "spawn"])
def test_images_in_a_loader_with_processes(images, start):
    pixels, labels = images
    dataset = data.ImageDataset(pixels, labels)
    way = {"num_workers": 2, "multiprocessing_context": start} if start else {}
    batches = list(data.DataLoader(dataset, batch_size=8, **way))
    x = np.concatenate([np.array(b) for b, _ in batches])
    assert np.array_equal(x, pixels.astype(np.float32) / np.float32(255))
    assert [v for _, y in batches for v in y.tolist()] == labels.tolist()
