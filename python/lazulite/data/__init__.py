"""Data sets, samplers and loaders.

`DataLoader` goes through any data set in batches of arrays, in this process or in others:

>>> import lazulite.data as data
>>> squares = data.ArrayDataset([1, 2, 3, 4], [1, 4, 9, 16])
>>> for numbers, results in data.DataLoader(squares, batch_size=2):
...     print(numbers.tolist(), results.tolist())
[1, 2] [1, 4]
[3, 4] [9, 16]
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

__all__ = [
    "ArrayDataset",
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "WorkerInfo",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "random_split",
]
