"""What comes out of a loader, with and without workers."""

import multiprocessing
import os
import random

import numpy as np
import pytest
from loader_cases import Images, Numbers, WorkerFacts, as_is, mark_dataset

import lazulite.core as lz
from lazulite import data

WAYS = [
    pytest.param({}, id="serial"),
    pytest.param({"num_workers": 1, "multiprocessing_context": "fork"}, id="one"),
    pytest.param({"num_workers": 3, "multiprocessing_context": "fork"}, id="fork"),
    pytest.param({"num_workers": 2, "multiprocessing_context": "spawn"}, id="spawn"),
    pytest.param({"num_workers": 2, "multiprocessing_context": "forkserver"}, id="forkserver"),
    pytest.param(
        {"num_workers": 2, "persistent_workers": True, "prefetch_factor": 5}, id="persistent"
    ),
]


def labels(loader):
    return [y.tolist() for _, y in loader]


@pytest.mark.parametrize("way", WAYS)
def test_batches_have_the_samples_in_order(way):
    loader = data.DataLoader(Images(10), batch_size=4, **way)
    assert len(loader) == 3
    for _ in range(2):
        batches = list(loader)
        assert [y.tolist() for _, y in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
        for x, y in batches:
            assert isinstance(x, lz.array) and x.dtype == lz.float32 and y.dtype == lz.int32
            expected = np.broadcast_to(np.array(y)[:, None, None], (len(y.tolist()), 4, 3))
            assert np.array_equal(np.array(x), expected)


@pytest.mark.parametrize("way", WAYS)
def test_iterable_data_sets(way):
    loader = data.DataLoader(Numbers(11), batch_size=2, **way)
    workers = way.get("num_workers", 1)
    dealt = [list(range(11))[w::workers] for w in range(workers)]
    batches = [[part[i : i + 2] for i in range(0, len(part), 2)] for part in dealt]
    # In turn, and without those that have ended.
    expected = [b[i] for i in range(6) for b in batches if i < len(b)]
    for _ in range(2):
        assert [x.tolist() for x in loader] == expected
    with pytest.raises(TypeError):
        len(loader)


@pytest.mark.parametrize("way", WAYS)
def test_drop_last(way):
    loader = data.DataLoader(Images(10), batch_size=4, drop_last=True, **way)
    assert len(loader) == 2
    assert labels(loader) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_drop_last_of_an_iterable_is_each_workers():
    loader = data.DataLoader(Numbers(11), batch_size=4, drop_last=True, num_workers=2)
    assert [x.tolist() for x in loader] == [[0, 2, 4, 6], [1, 3, 5, 7]]


@pytest.mark.parametrize("way", WAYS)
def test_the_order_depends_on_the_generator_alone(way):
    def orders(way):
        loader = data.DataLoader(Images(40), batch_size=8, shuffle=True, generator=3, **way)
        return labels(loader), labels(loader)

    first, second = orders(way)
    assert (first, second) == orders({})
    assert first != second
    for epoch in (first, second):
        order = [label for batch in epoch for label in batch]
        assert sorted(order) == list(range(40))
        assert order != list(range(40))


@pytest.mark.parametrize(
    "make",
    [
        lambda: 7,
        lambda: random.Random(7),
        lambda: np.random.default_rng(7),
        lambda: np.random.RandomState(7),
        lambda: lz.random.key(7),
    ],
    ids=["int", "random", "numpy", "RandomState", "key"],
)
def test_generators(make):
    def orders():
        loader = data.DataLoader(Images(30), batch_size=30, shuffle=True, generator=make())
        return labels(loader)[0], labels(loader)[0]

    first, second = orders()
    assert orders() == (first, second)
    assert first != second and sorted(first) == list(range(30)) == sorted(second)


def test_without_a_generator_the_random_state_decides():
    def order():
        return labels(data.DataLoader(Images(30), batch_size=30, shuffle=True))[0]

    lz.random.seed(5)
    first, second = order(), order()
    lz.random.seed(5)
    assert [order(), order()] == [first, second]
    assert first != second


def test_something_else_is_no_generator():
    with pytest.raises(TypeError, match="A str was given as generator"):
        list(data.DataLoader(Images(3), shuffle=True, generator="seed"))


@pytest.mark.parametrize("way", WAYS)
def test_sampler(way):
    loader = data.DataLoader(Images(10), batch_size=2, sampler=[7, 1, 1, 9, 3], **way)
    assert len(loader) == 3
    assert labels(loader) == [[7, 1], [1, 9], [3]]


@pytest.mark.parametrize("way", WAYS)
def test_batch_sampler(way):
    loader = data.DataLoader(Images(10), batch_sampler=[[4], [0, 2, 4], (9, 8)], **way)
    assert (len(loader), loader.batch_size, loader.drop_last) == (3, None, False)
    assert labels(loader) == [[4], [0, 2, 4], [9, 8]]


@pytest.mark.parametrize("way", WAYS)
def test_without_batches(way):
    loader = data.DataLoader(Images(4), batch_size=None, **way)
    assert len(loader) == 4
    samples = list(loader)
    assert [y for _, y in samples] == [0, 1, 2, 3]
    assert all(isinstance(x, lz.array) and x.shape == (4, 3) for x, _ in samples)
    assert list(data.DataLoader(Numbers(5), batch_size=None)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("way", WAYS)
def test_collate_fn_decides_what_comes(way):
    loader = data.DataLoader(Images(3), batch_size=2, collate_fn=as_is, **way)
    for batch in loader:
        for x, y in batch:
            assert type(x) is np.ndarray and x.flags.writeable and type(y) is int
            assert np.array_equal(x, np.full((4, 3), y, np.float32))
            x += 1


@pytest.mark.parametrize("way", WAYS)
def test_samples_fetched_together(way):
    class Together(Images):
        def __getitem__(self, index):
            raise AssertionError("one by one")

        def __getitems__(self, indices):
            return [(np.full(2, i), i) for i in indices]

    if way.get("multiprocessing_context") in ("spawn", "forkserver"):
        pytest.skip("a class of a function cannot be sent to these")
    assert labels(data.DataLoader(Together(5), batch_size=2, **way)) == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize("start", ["fork", "spawn", "forkserver"])
def test_what_a_worker_knows(start):
    loader = data.DataLoader(
        WorkerFacts(8),
        batch_size=2,
        num_workers=2,
        worker_init_fn=mark_dataset,
        multiprocessing_context=start,
        generator=11,
        collate_fn=as_is,
    )
    epoch = [facts for batch in loader for facts in batch]
    assert [f["id"] for f in epoch] == [0, 0, 1, 1, 0, 0, 1, 1]
    assert {f["num_workers"] for f in epoch} == {2}
    assert [f["mark"] for f in epoch] == [100, 100, 101, 101, 100, 100, 101, 101]
    assert len({f["process"] for f in epoch} | {os.getpid()}) == 3
    first, second = epoch[0]["seed"], epoch[2]["seed"]
    assert second == first + 1
    # The seed is NumPy's as well, so that augmentation repeats.
    stream = np.random.RandomState(first % 2**32)
    drawn = [f["random"] for f in epoch if f["id"] == 0]
    assert drawn == [int(stream.randint(2**31)) for _ in drawn]
    assert data.get_worker_info() is None
    # New workers of the next epoch draw other numbers.
    assert next(iter(loader))[0]["seed"] != first


def test_persistent_workers_stay():
    before = set(multiprocessing.active_children())
    loader = data.DataLoader(
        WorkerFacts(6), num_workers=2, persistent_workers=True, collate_fn=as_is
    )
    first = {f["process"] for (f,) in loader}
    workers = set(multiprocessing.active_children()) - before
    assert {worker.pid for worker in workers} == first
    assert {f["process"] for (f,) in loader} == first
    # A loop that is left early leaves nothing behind for the next one.
    for _ in loader:
        break
    assert [f["id"] for (f,) in loader] == [0, 1, 0, 1, 0, 1]
    assert {f["process"] for (f,) in loader} == first
    del loader
    assert not workers & set(multiprocessing.active_children())


def test_a_new_loop_ends_the_older_one_of_persistent_workers():
    loader = data.DataLoader(Images(6), num_workers=2, persistent_workers=True)
    older = iter(loader)
    assert next(older)[1].tolist() == [0]
    newer = iter(loader)
    with pytest.raises(RuntimeError, match="ended by a newer one"):
        next(older)
    assert labels(newer) == [[i] for i in range(6)]


def test_two_loops_at_once():
    loader = data.DataLoader(Images(6), batch_size=2, num_workers=2)
    pairs = [(a.tolist(), b.tolist()) for (_, a), (_, b) in zip(loader, loader)]
    assert pairs == [([0, 1], [0, 1]), ([2, 3], [2, 3]), ([4, 5], [4, 5])]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_to_load(way):
    assert list(data.DataLoader(Images(0), batch_size=4, **way)) == []
    assert list(data.DataLoader(Numbers(0), batch_size=4, **way)) == []


def test_more_workers_and_more_ahead_than_batches():
    loader = data.DataLoader(Images(3), num_workers=5, prefetch_factor=100)
    assert labels(loader) == [[0], [1], [2]]


def test_many_large_requests_and_answers():
    # Far more than a socket holds in each direction: neither side waits for the other.
    order = [[i % 10] * 20000 for i in range(60)]
    loader = data.DataLoader(
        list(range(10)), batch_sampler=order, num_workers=1, prefetch_factor=60, collate_fn=as_is
    )
    assert list(loader) == order
    small = data.DataLoader(range(3000), num_workers=1, prefetch_factor=3000)
    assert [x.item() for x in small] == list(range(3000))


@pytest.mark.parametrize("elements", [0, 1, 1000, 5000, 70000, 3000001])
def test_arrays_of_every_size_arrive(elements):
    rng = np.random.default_rng(elements)
    samples = [rng.standard_normal(elements).astype(np.float32) for _ in range(3)]
    loader = data.DataLoader(samples, batch_size=3, num_workers=1)
    (batch,) = loader
    assert np.array_equal(np.array(batch), np.stack(samples))


def test_arrays_outlive_their_workers_and_each_other():
    loader = data.DataLoader(Images(40, (500, 500)), batch_size=4, num_workers=2)
    kept = [x for x, _ in loader]
    del loader
    for i, x in enumerate(kept):
        means = lz.mean(x, axis=(1, 2)).tolist()
        assert means == [4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3]


def test_batches_that_are_kept_do_not_use_up_files():
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    loader = data.DataLoader(Images(150, (300, 300)), num_workers=1, collate_fn=as_is)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, limits[1]))
    try:
        kept = [x for ((x, _),) in loader]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert [int(x[0, 0]) for x in kept] == list(range(150))


def test_every_dtype_arrives():
    for name in (
        "bool",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "uint32",
        "int32",
        "uint64",
        "int64",
        "float16",
        "float32",
    ):
        values = np.array([[0, 1], [1, 0]]).astype(name)
        (batch,) = data.DataLoader(list(values), batch_size=2, num_workers=1)
        assert batch.dtype == getattr(lz, "bool_" if name == "bool" else name)
        assert np.array_equal(np.array(batch), values)


def test_lengths():
    class Sized(Numbers):
        def __len__(self):
            return 11

    assert len(data.DataLoader(Sized(11), batch_size=4)) == 3
    assert len(data.DataLoader(Sized(11), batch_size=4, drop_last=True)) == 2
    assert len(data.DataLoader(Sized(11), batch_size=None)) == 11
    assert len(data.DataLoader(Images(11), batch_size=4)) == 3


def test_tqdm_knows_how_far_it_is():
    tqdm = pytest.importorskip("tqdm")
    import io

    text = io.StringIO()
    bar = tqdm.tqdm(data.DataLoader(Images(10), batch_size=2, num_workers=2), file=text)
    assert labels(bar) == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]
    assert "5/5" in text.getvalue()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0; a positive integer or None"),
        ({"batch_size": 2.0}, "batch_size is 2.0"),
        ({"num_workers": -1}, "num_workers is -1"),
        ({"timeout": -1}, "timeout is -1"),
        ({"prefetch_factor": 2}, "prefetch_factor needs workers"),
        ({"persistent_workers": True}, "persistent_workers needs workers"),
        ({"multiprocessing_context": "fork"}, "multiprocessing_context needs workers"),
        ({"num_workers": 1, "prefetch_factor": 0}, "prefetch_factor is 0"),
        ({"num_workers": 1, "multiprocessing_context": "thread"}, "one of .*'spawn'"),
        ({"sampler": [0], "shuffle": True}, "sampler excludes shuffle"),
        ({"batch_sampler": [[0]], "batch_size": 2}, "batch_sampler excludes batch_size"),
        ({"batch_sampler": [[0]], "drop_last": True}, "batch_sampler excludes drop_last"),
        ({"batch_sampler": [[0]], "sampler": [0]}, "batch_sampler excludes sampler"),
        ({"batch_size": None, "drop_last": True}, "batch_size=None excludes drop_last"),
    ],
)
def test_options_that_do_not_fit(options, message):
    with pytest.raises(ValueError, match=message):
        data.DataLoader(Images(4), **options)


@pytest.mark.parametrize("option", [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}])
def test_an_iterable_data_set_has_its_own_order(option):
    with pytest.raises(ValueError, match="an iterable data set"):
        data.DataLoader(Numbers(4), **option)
