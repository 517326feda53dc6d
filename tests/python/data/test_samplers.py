"""Orders: every index as often as it should be, and again with the same generator."""

import collections

import numpy as np
import pytest

import lazulite.core as lz
from lazulite.data import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


def test_sequential():
    sampler = SequentialSampler("abcd")
    assert (list(sampler), len(sampler)) == ([0, 1, 2, 3], 4)
    assert list(sampler) == [0, 1, 2, 3]


def test_random_is_a_permutation():
    sampler = RandomSampler(range(100), generator=1)
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(100))
    assert first != second and first != list(range(100))
    again = RandomSampler(range(100), generator=1)
    assert [list(again), list(again)] == [first, second]
    assert list(RandomSampler(range(100), generator=2)) != first
    assert {type(i) for i in first} == {int}


def test_random_of_more_than_a_chunk():
    size = 200_003
    assert np.array_equal(np.sort(list(RandomSampler(range(size), generator=0))), np.arange(size))


def test_random_permutations_are_even():
    counts = collections.Counter(
        tuple(RandomSampler(range(3), generator=seed)) for seed in range(3000)
    )
    assert len(counts) == 6
    # Five standard deviations of a binomial distribution around 500.
    assert all(abs(n - 500) < 103 for n in counts.values())


def test_random_num_samples():
    few = RandomSampler(range(10), num_samples=4, generator=0)
    assert len(few) == 4 and len(set(few)) == 4 and set(few) <= set(range(10))
    many = list(RandomSampler(range(10), num_samples=25, generator=0))
    counts = collections.Counter(many)
    assert len(many) == 25 and set(counts.values()) == {2, 3}
    drawn = list(RandomSampler(range(10), replacement=True, num_samples=5000, generator=0))
    assert len(drawn) == 5000 and set(drawn) == set(range(10))
    assert all(abs(n - 500) < 107 for n in collections.Counter(drawn).values())


@pytest.mark.parametrize("wrong", [0, -3, 2.5])
def test_random_num_samples_that_do_not_fit(wrong):
    with pytest.raises(ValueError, match=f"num_samples is {wrong}"):
        RandomSampler(range(10), num_samples=wrong)


def test_random_from_nothing():
    assert list(RandomSampler([])) == []
    with pytest.raises(ValueError, match="nothing to draw from"):
        list(RandomSampler([], num_samples=2))


def test_subset_random():
    sampler = SubsetRandomSampler([5, 50, 500], generator=4)
    assert len(sampler) == 3 and sorted(sampler) == [5, 50, 500]
    orders = {tuple(SubsetRandomSampler([5, 50, 500], generator=seed)) for seed in range(60)}
    assert len(orders) == 6


@pytest.mark.parametrize("weights", [[1, 0, 3], (1.0, 0.0, 3.0), np.array([1, 0, 3])])
def test_weighted(weights):
    drawn = list(WeightedRandomSampler(weights, 4000, generator=3))
    counts = collections.Counter(drawn)
    assert len(drawn) == 4000 and set(counts) == {0, 2}
    assert abs(counts[0] - 1000) < 5 * (4000 * 0.25 * 0.75) ** 0.5


def test_weighted_takes_an_array():
    assert list(WeightedRandomSampler(lz.array([0.0, 2.0]), 3, generator=0)) == [1, 1, 1]


def test_weighted_without_replacement():
    firsts = collections.Counter()
    for seed in range(2000):
        drawn = list(WeightedRandomSampler([1, 2, 7], 3, replacement=False, generator=seed))
        assert sorted(drawn) == [0, 1, 2]
        firsts[drawn[0]] += 1
    assert abs(firsts[2] - 1400) < 5 * (2000 * 0.7 * 0.3) ** 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, -1], 2), "weight 1 is -1.0"),
        (([1, float("nan")], 2), "weight 1 is nan"),
        (([0, 0], 2), "0 of the weights are positive"),
        (([1, 2, 0], 3, False), "3 samples were asked for, and 2"),
        (([1], 0), "num_samples is 0"),
        (([1], True), "num_samples is True"),
    ],
)
def test_weighted_that_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        WeightedRandomSampler(*arguments)


@pytest.mark.parametrize(
    ("size", "drop_last", "expected"),
    [
        (5, False, [[0, 1], [2, 3], [4]]),
        (5, True, [[0, 1], [2, 3]]),
        (4, True, [[0, 1], [2, 3]]),
        (0, False, []),
    ],
)
def test_batches(size, drop_last, expected):
    sampler = BatchSampler(SequentialSampler(range(size)), 2, drop_last)
    assert (list(sampler), len(sampler)) == (expected, len(expected))
    assert list(sampler) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((0, False), "batch_size is 0"), ((True, False), "batch_size is True"), ((2, 1), "drop_last")],
)
def test_batches_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        BatchSampler(range(4), *arguments)
