"""Data sets, samplers and loaders.

`DataLoader` goes through any data set in batches of arrays, in this process or in others:

>>> import lazulite.data as data
>>> squares = data.ArrayDataset([1, 2, 3, 4], [1, 4, 9, 16])
>>> for numbers, results in data.DataLoader(squares, batch_size=2):
...     print(numbers.tolist(), results.tolist())
[1, 2] [1, 4]
[3, 4] [9, 16]

`mnist`, `cifar10` and others read data sets of images from their files, and `ThreadLoader` makes
batches of them in threads.
"""

from .collate import default_collate, default_convert
from .dataset import (
    ArrayDataset,
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)
from .images import ImageDataset, cifar10, cifar100, emnist, fashion_mnist, mnist
from .info import WorkerInfo, get_worker_info
from .loader import DataLoader
from .samplers import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from .threads import ThreadLoader

__all__ = [
    "ArrayDataset",
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "ImageDataset",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "ThreadLoader",
    "WeightedRandomSampler",
    "WorkerInfo",
    "cifar10",
    "cifar100",
    "default_collate",
    "default_convert",
    "emnist",
    "fashion_mnist",
    "get_worker_info",
    "mnist",
    "random_split",
]
