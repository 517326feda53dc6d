"""Options and indices that are no integers, or none that fit: refused in a sentence."""

import numpy as np
import pytest

import lazulite.core as lz
from lazulite import data


def images(count=5, **options):
    pixels = np.arange(count * 4, dtype=np.uint8).reshape(count, 2, 2, 1)
    return data.ImageDataset(pixels, np.arange(count), **options)


def every_data_set():
    return [images(), data.ArrayDataset(lz.arange(5)), images() + images()]


@pytest.mark.parametrize("index", [0.5, 1.0, "a", None, [0], slice(0, 1), np.float32(1)])
def test_an_index_is_an_integer(index):
    for dataset in (images(), images() + images()):
        with pytest.raises(TypeError, match="an index is .*; an integer was expected"):
            dataset[index]
    for dataset in every_data_set()[:2]:
        with pytest.raises(TypeError, match="an index is .*; an integer was expected"):
            dataset.__getitems__([0, index])


@pytest.mark.parametrize("index", [-1, 3, np.int8(3), np.uint64(3), lz.array(3), True])
def test_integers_of_others_are_indices(index):
    expected = range(5)[int(index)]
    assert images()[index][1] == expected
    assert (images() + images())[index][1] == (4 if index == -1 else expected)
    assert data.ArrayDataset(lz.arange(5)).__getitems__([index])[0][0].item() == expected


@pytest.mark.parametrize("index", [5, -6, 2**63, -(2**70)])
def test_indices_beyond_every_integer_are_out_of_range(index):
    with pytest.raises(IndexError, match=f"Index {index} is out of range for a data set of 5"):
        images()[index]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("batch_size", [0, -1, 1.5, True, None, "4", 2**63]),
        ("workers", [-1, 1025, 0.5, 2**40]),
        ("prefetch", [0, -1, 65537, 2**31, 1.0]),
        ("seed", [-1, 2**64, 0.0, None]),
        ("shuffle", ["no", 1, None]),
        ("drop_last", ["no", 0, None]),
    ],
)
def test_options_of_a_thread_loader(name, wrong):
    for value in wrong:
        with pytest.raises(ValueError, match=rf"^ThreadLoader: {name} is .*expected\.$"):
            data.ThreadLoader(images(), **{name: value})


def test_the_greatest_options_of_a_thread_loader():
    loader = data.ThreadLoader(images(), batch_size=2**63 - 1, seed=2**64 - 1, prefetch=65536)
    assert [y.tolist() for _, y in loader] == [[0, 1, 2, 3, 4]]
    for wrong in (-1, 0.5, 2**63):
        with pytest.raises(ValueError, match="next_epoch is"):
            loader.next_epoch = wrong


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": float("nan")}, "a mean of nan was given"),
        ({"mean": -float("inf")}, "a mean of inf was given"),
        ({"deviation": float("inf")}, "a deviation of inf was given"),
        ({"mean": "x"}, "mean is 'x'; a number"),
        ({"deviation": [None]}, "deviation is .*; a number"),
        ({"crop_padding": 1.5}, "crop_padding is 1.5"),
        ({"mirror": "no"}, "mirror is 'no'"),
        ({"num_classes": 5.5}, "num_classes is 5.5"),
        ({"num_classes": 2**40}, "num_classes is 1099511627776"),
        ({"class_names": ["one"]}, "5 of type str"),
        ({"class_names": [1, 2, 3, 4, 5]}, "5 of type str"),
    ],
)
def test_options_of_images(options, message):
    with pytest.raises(ValueError, match=f"ImageDataset: .*{message}"):
        images(**options)


def test_integers_of_numpy_are_options():
    two = np.int64(2)
    order = [y.tolist() for _, y in data.DataLoader(images(), two, True, generator=np.uint8(7))]
    assert order == [y.tolist() for _, y in data.DataLoader(images(), 2, True, generator=7)]
    assert len(data.DataLoader(images(), two, num_workers=two, prefetch_factor=two)) == 3
    assert list(data.BatchSampler(range(3), two, False)) == [[0, 1], [2]]
    assert len(data.RandomSampler(range(3), num_samples=two)) == 2
    assert len(data.WeightedRandomSampler([1, 1], two)) == 2


def test_a_seed_is_not_negative():
    with pytest.raises(ValueError, match="A seed is -1; an integer, 0 or more"):
        data.DataLoader(images(), shuffle=True, generator=-1)


@pytest.mark.parametrize("ways", [{}, {"num_workers": 1}])
def test_a_batch_of_nothing(ways):
    loader = data.DataLoader(images(), batch_sampler=[[0], []], **ways)
    with pytest.raises(ValueError, match="a batch has no samples"):
        list(loader)


@pytest.mark.parametrize("timeout", [1e9, 1e300, float("inf")])
def test_a_timeout_longer_than_the_system_can_wait(timeout):
    assert len(list(data.DataLoader(images(), num_workers=1, timeout=timeout))) == 5


def test_a_length_is_a_number():
    with pytest.raises(TypeError, match="a length is 'a'; a number was expected"):
        data.random_split(range(5), ["a"])
