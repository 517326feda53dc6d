"""Batches out of a data set, the same in a worker as without one."""

import itertools

from .dataset import is_iterable_style


class Exhausted(Exception):
    """An iterable data set has no further batch."""


def make_fetch(dataset, collate_fn, batched, batch_size, drop_last):
    """A function from what a sampler gives (a list of indices, or an index) to a batch.

    That of an iterable data set starts an iteration, takes None, and raises Exhausted at the end.
    """
    if is_iterable_style(dataset):
        fetch = _fetch_next(iter(dataset), batched, batch_size, drop_last)
    elif batched:
        fetch = getattr(dataset, "__getitems__", None) or (lambda all: [dataset[i] for i in all])
    else:
        fetch = dataset.__getitem__

    def fetch_and_collate(wanted):
        try:
            return collate_fn(fetch(wanted))
        except StopIteration as error:
            # It would end the loop as if everything had been loaded.
            raise RuntimeError("A data set or collate_fn raised StopIteration.") from error

    return fetch_and_collate


def _fetch_next(samples, batched, batch_size, drop_last):
    def fetch(_):
        batch = list(itertools.islice(samples, batch_size if batched else 1))
        if not batch or (batched and drop_last and len(batch) < batch_size):
            raise Exhausted
        return batch if batched else batch[0]

    return fetch
