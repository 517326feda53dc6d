"""A loop over a loader without workers."""

from lazulite.core import _loaded, _loading_since

from .fetch import Exhausted, make_fetch


class SerialIterator:
    """Makes each batch when it is asked for."""

    def __init__(self, loader):
        self._wanted = loader.start_order()
        self._fetch = make_fetch(
            loader.dataset, loader.collate_fn, loader.batched, loader.batch_size, loader.drop_last
        )

    def __iter__(self):
        return self

    def __next__(self):
        wanted = next(self._wanted)
        start = _loading_since()
        try:
            return self._fetch(wanted)
        except Exhausted:
            self._wanted = iter(())
            raise StopIteration from None
        finally:
            _loaded(start)
