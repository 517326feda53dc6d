"""PyTorch's DataLoader on the same data sets, and PyTorch's data sets and tensors in ours."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from loader_cases import Images, as_is

import lazulite.core as lz
from lazulite import data


class Stream(torch.utils.data.IterableDataset):
    def __init__(self, size):
        self.size = size

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        for i in range(first, self.size, step):
            yield {"x": torch.full((2,), float(i)), "i": i}


def plain(batch):
    """A batch as lists, whoever made it."""
    if isinstance(batch, (list, tuple)):
        return [plain(x) for x in batch]
    if isinstance(batch, dict):
        return {k: plain(v) for k, v in batch.items()}
    return batch.tolist() if hasattr(batch, "tolist") else batch


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 3},
        {"batch_size": 3, "drop_last": True},
        {"batch_size": None},
        {"batch_size": 2, "sampler": [5, 1, 1, 7, 0]},
        {"batch_sampler": [[3, 1], [2]]},
    ],
    ids=str,
)
def test_batches_are_pytorchs(options, workers):
    theirs = torch.utils.data.DataLoader(Images(8), num_workers=workers, **options)
    ours = data.DataLoader(Images(8), num_workers=workers, **options)
    assert len(ours) == len(theirs)
    assert [plain(b) for b in ours] == [plain(b) for b in theirs]


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
@pytest.mark.parametrize("drop_last", [False, True])
def test_iterable_batches_are_pytorchs(workers, drop_last):
    options = {"batch_size": 2, "num_workers": workers, "drop_last": drop_last}
    theirs = torch.utils.data.DataLoader(Stream(11), **options)
    ours = data.DataLoader(Stream(11), **options)
    assert [plain(b) for b in ours] == [plain(b) for b in theirs]


def test_orders_are_pytorchs_with_its_samplers():
    def orders(loader, sampler):
        return [plain(b) for b in loader(Images(20), batch_size=4, sampler=sampler, num_workers=2)]

    def sampler():
        generator = torch.Generator().manual_seed(4)
        return torch.utils.data.RandomSampler(range(20), generator=generator)

    ours = orders(data.DataLoader, sampler())
    assert ours == orders(torch.utils.data.DataLoader, sampler())


def test_its_generator_decides_the_order():
    def order():
        generator = torch.Generator().manual_seed(9)
        loader = data.DataLoader(range(30), batch_size=30, shuffle=True, generator=generator)
        return [plain(b) for b in (*loader, *loader)]

    first, second = order()
    assert order() == [first, second] and first != second
    assert sorted(first) == list(range(30))


@pytest.mark.parametrize("workers", [0, 2])
def test_its_data_sets(workers):
    x, y = torch.arange(12.0).reshape(6, 2), torch.arange(6)
    dataset = torch.utils.data.TensorDataset(x.requires_grad_(), y)
    first, second = torch.utils.data.Subset(dataset, [0, 2]), torch.utils.data.Subset(dataset, [5])
    both = torch.utils.data.ConcatDataset([first, second])
    batches = list(data.DataLoader(both, batch_size=2, num_workers=workers))
    assert all(isinstance(a, lz.array) for batch in batches for a in batch)
    assert plain(batches) == [[[[0, 1], [4, 5]], [0, 2]], [[[10, 11]], [5]]]
    assert batches[0][0].dtype == lz.float32 and batches[0][1].dtype == lz.int64


@pytest.mark.parametrize(
    "dtype",
    [
        "bool",
        "uint8",
        "int8",
        "int16",
        "int32",
        "int64",
        "float16",
        "bfloat16",
        "float32",
        "float64",
        "complex64",
    ],
)
@pytest.mark.parametrize("workers", [0, 1])
def test_its_tensors_of_every_dtype(dtype, workers):
    samples = [torch.tensor([0, 1, 1]).to(getattr(torch, dtype)) for _ in range(2)]
    (batch,) = data.DataLoader(samples, batch_size=2, num_workers=workers)
    name = {"bool": "bool_", "float64": "float32"}.get(dtype, dtype)
    assert batch.dtype == getattr(lz, name)
    assert batch.tolist() == [[0, 1, 1], [0, 1, 1]]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int64"])
def test_tensors_that_a_collate_fn_leaves_as_they_are(dtype):
    samples = [torch.arange(600).reshape(20, 30).to(getattr(torch, dtype)).T for _ in range(2)]
    (batch,) = data.DataLoader(samples, batch_size=2, num_workers=1, collate_fn=as_is)
    for received, sent in zip(batch, samples):
        assert type(received) is torch.Tensor and torch.equal(received, sent)
        received += 1


def test_workers_after_pytorch_has_used_its_threads():
    x = torch.randn(400, 400)
    x @ x
    samples = [np.ones((4, 4), np.float32)] * 6

    def through_pytorch(batch):
        tensors = torch.stack([torch.from_numpy(b) for b in batch])
        return (tensors @ tensors).sum().item(), torch.get_num_threads()

    loader = data.DataLoader(samples, batch_size=2, num_workers=2, collate_fn=through_pytorch)
    assert list(loader) == [(128.0, 1)] * 3


def test_samples_of_the_same_seed_are_pytorchs():
    def draw(batch):
        return torch.rand(()).item()

    loader = data.DataLoader(range(2), num_workers=1, collate_fn=draw, generator=5)
    first, second = list(loader)
    assert first != second
    loader = data.DataLoader(range(2), num_workers=1, collate_fn=draw, generator=5)
    assert list(loader) == [first, second]


class Computed(torch.utils.data.Dataset):
    def __len__(self):
        return 6

    def __getitem__(self, index):
        x = lz.ones((200, 200)) * index
        return lz.sum(x @ x).item()


def test_its_forked_workers_may_compute_with_arrays():
    # The parent has used its threads before.
    lz.eval(lz.ones((500, 500)) @ lz.ones((500, 500)))
    for loader in (torch.utils.data.DataLoader, data.DataLoader):
        batches = loader(Computed(), batch_size=3, num_workers=2, multiprocessing_context="fork")
        sums = [value for batch in batches for value in batch.tolist()]
        assert sums == [200.0**3 * i * i for i in range(6)]
