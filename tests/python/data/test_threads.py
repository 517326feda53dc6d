"""The loader whose batches threads of the C++ library make."""

import os
import threading

import numpy as np
import pytest

import lazulite.core as lz
from lazulite import data


def numbers(count):
    """Sample i is (i, i), (label) i + 100."""
    x = np.repeat(np.arange(count, dtype=np.float32)[:, None], 2, axis=1)
    return data.ArrayDataset(x, np.arange(count) + 100)


def order(loader):
    return [[int(v) for v in x[:, 0].tolist()] for x, _ in loader]


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_batches(workers):
    loader = data.ThreadLoader(numbers(10), batch_size=4, workers=workers)
    assert len(loader) == 3
    for _ in range(2):
        batches = list(loader)
        assert [y.tolist() for _, y in batches] == [
            [100, 101, 102, 103],
            [104, 105, 106, 107],
            [108, 109],
        ]
        for x, y in batches:
            assert isinstance(x, lz.array) and x.dtype == lz.float32 and y.dtype == lz.int64
            assert np.array_equal(np.array(x), np.array(y)[:, None] - [100, 100])
    dropping = data.ThreadLoader(numbers(10), batch_size=4, workers=workers, drop_last=True)
    assert len(dropping) == 2 and order(dropping) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_the_order_depends_on_seed_and_epoch_alone():
    def orders(workers, seed):
        loader = data.ThreadLoader(
            numbers(50), batch_size=8, shuffle=True, seed=seed, workers=workers
        )
        return [order(loader) for _ in range(3)]

    epochs = orders(1, 5)
    assert orders(0, 5) == orders(4, 5) == epochs
    assert orders(1, 6) != epochs and epochs[0] != epochs[1] != epochs[2]
    for epoch in epochs:
        assert sorted(i for batch in epoch for i in batch) == list(range(50))
    loader = data.ThreadLoader(numbers(50), batch_size=8, shuffle=True, seed=5)
    loader.next_epoch = 2
    assert order(loader) == epochs[2] and loader.next_epoch == 3


def test_parts_of_a_split():
    training, validation = data.random_split(numbers(30), [0.9, 0.1], generator=0)
    both = order(data.ThreadLoader(training)) + order(data.ThreadLoader(validation))
    assert [len(b) for b in both] == [27, 3]
    assert both[0] == training.indices and sorted(sum(both, [])) == list(range(30))  # noqa: RUF017
    nested = data.Subset(training, [2, 0])
    assert order(data.ThreadLoader(nested)) == [[training.indices[2], training.indices[0]]]


def test_images():
    rng = np.random.default_rng(0)
    pixels, labels = rng.integers(0, 256, (9, 4, 4, 1), np.uint8), np.arange(9)
    plain = data.ImageDataset(pixels, labels)
    (batch,) = data.ThreadLoader(plain, batch_size=9)
    assert np.array_equal(np.array(batch[0]), pixels.astype(np.float32) / np.float32(255))
    assert batch[1].tolist() == labels.tolist() and batch[1].dtype == lz.int32
    moving = plain.with_options(crop_padding=2, mirror=True)

    def epochs(workers):
        loader = data.ThreadLoader(moving, batch_size=4, shuffle=True, seed=1, workers=workers)
        return [np.array(x).tobytes() for _ in range(2) for x, _ in loader]

    assert epochs(0) == epochs(2)


def test_a_loop_left_early_and_one_that_is_ended():
    loader = data.ThreadLoader(numbers(100), batch_size=5)
    for x, _ in loader:
        break
    assert x[:, 0].tolist() == [0, 1, 2, 3, 4]
    older = iter(loader)
    next(older)
    newer = iter(loader)
    with pytest.raises(ValueError, match="ended by a newer one"):
        next(older)
    assert len(list(newer)) == 20
    with pytest.raises(StopIteration):
        next(newer)


def test_batches_outlive_the_loader():
    kept = list(data.ThreadLoader(numbers(64), batch_size=8, workers=2))
    assert [x[0, 1].item() for x, _ in kept] == [0, 8, 16, 24, 32, 40, 48, 56]


def test_a_loop_shared_by_threads():
    loop = iter(data.ThreadLoader(numbers(4000), batch_size=4, workers=2))
    seen = []

    def take():
        for _, y in loop:
            seen.extend(y.tolist())

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(100, 4100))


def test_waiting_is_counted():
    loader = data.ThreadLoader(numbers(50), batch_size=1)
    before = loader.waited_seconds
    list(loader)
    assert 0 == before <= loader.waited_seconds


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"workers": -1}, "workers is -1"),
        ({"prefetch": 0}, "prefetch is 0"),
    ],
)
def test_options_that_do_not_fit(options, message):
    with pytest.raises(ValueError, match=message):
        data.ThreadLoader(numbers(3), **options)
    with pytest.raises(ValueError, match="next_epoch is -1"):
        data.ThreadLoader(numbers(3)).next_epoch = -1


@pytest.mark.parametrize("dataset", [[1, 2], data.ArrayDataset([1, 2])])
def test_other_data_sets(dataset):
    with pytest.raises(TypeError, match=f"is a {type(dataset).__name__}; an ImageDataset"):
        data.ThreadLoader(dataset)


def test_a_forked_child_needs_a_loader_of_its_own():
    loader = data.ThreadLoader(numbers(8), batch_size=4)
    assert len(list(loader)) == 2
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            iter(loader)
            says = "went on"
        except RuntimeError as error:
            says = str(error)
        says += str(order(data.ThreadLoader(numbers(4), batch_size=2)))
        os.write(writer, says.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        says = file.read()
    os.waitpid(child, 0)
    assert "belongs to another process" in says and says.endswith("[[0, 1], [2, 3]]")
