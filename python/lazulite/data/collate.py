"""Samples into batches: what stacks them where a loader is given no collate_fn."""

from __future__ import annotations

import array
import collections.abc
import copy
import numbers

from .. import core
from .arrays import Pending, as_array, host_array

_TEXT = (str, bytes)
_BUFFERS = (array.array, memoryview)


def default_collate(batch: collections.abc.Iterable) -> object:
    """One batch of a list of samples, which are alike.

    - arrays of equal shapes (Lazulite, NumPy, PyTorch, PIL images, whatever has `__array__`)
      become one array with a new first axis, of their dtype (float64 becomes float32, complex128
      complex64);
    - Python's numbers become an array of one axis: bool, int32 (int64 where they need it), float32
      or complex64;
    - str and bytes become a list;
    - dicts become a dict of batches, lists and tuples a list of batches, named tuples a named
      tuple of batches.

    Raises TypeError for anything else, and ValueError for no samples or some that do not fit
    together; both say which sample, and which part of it.

    >>> batch = default_collate([{"x": [1, 2.5], "name": "a"}, {"x": [3, 4.5], "name": "b"}])
    >>> [x.tolist() for x in batch["x"]], batch["name"]
    ([[1, 3], [2.5, 4.5]], ['a', 'b'])
    """
    return collate(_with_samples(batch), as_array)


def default_convert(sample: object) -> object:
    """The arrays in a sample (NumPy, PyTorch, whatever has `__array__`) as Lazulite arrays.

    Goes into dicts, lists and tuples, and leaves everything else as it is: what a loader does with
    samples where its batch_size is None.

    >>> data.default_convert({"x": np.array([1.0, 2.0], np.float32), "name": "first"})
    {'x': array([1, 2], dtype=float32), 'name': 'first'}
    """
    return convert(sample, as_array)


def default_in_worker(collate_fn):
    """`collate_fn` for a worker: one of the two above leaves making the arrays to the loader."""
    if collate_fn is default_collate:
        return lambda batch: collate(_with_samples(batch), Pending)
    if collate_fn is default_convert:
        return lambda sample: convert(sample, Pending)
    return collate_fn


def _with_samples(batch):
    batch = list(batch)
    if not batch:
        raise ValueError("default_collate: a batch has no samples; at least one was expected.")
    return batch


def collate(batch, make, place=""):
    first = batch[0]
    if isinstance(first, _TEXT):
        return list(batch)
    if _is_array(first):
        return make(_stack(batch, place))
    if isinstance(first, numbers.Number):
        return make(_numbers(batch, place))
    if isinstance(first, collections.abc.Mapping):
        return _collate_mappings(batch, make, place)
    if isinstance(first, collections.abc.Sequence):
        return _collate_sequences(batch, make, place)
    raise TypeError(_unfit(0, place, first))


def _collate_mappings(batch, make, place):
    first = batch[0]
    for i, sample in enumerate(batch):
        missing = [key for key in first if key not in sample]
        if missing:
            raise ValueError(f"default_collate: {_of(i, place)} lacks the key {missing[0]!r}.")
    parts = {key: collate([s[key] for s in batch], make, f"{place}[{key!r}]") for key in first}
    return _like(first, parts)


def _collate_sequences(batch, make, place):
    first = batch[0]
    for i, sample in enumerate(batch):
        if not isinstance(sample, collections.abc.Sequence) or len(sample) != len(first):
            count = f"{len(sample)} elements" if hasattr(sample, "__len__") else "no length"
            raise ValueError(
                f"default_collate: {_of(i, place)} has {count}, the first has {len(first)}."
            )
    parts = [collate(list(part), make, f"{place}[{n}]") for n, part in enumerate(zip(*batch))]
    return type(first)(*parts) if hasattr(first, "_fields") else parts


def convert(sample, make, place=""):
    if _is_array(sample):
        import numpy

        return make(_of_our_dtypes(numpy.array(_host(sample, 0, place)), 0, place))
    if isinstance(sample, collections.abc.Mapping):
        return _like(sample, {k: convert(v, make, f"{place}[{k!r}]") for k, v in sample.items()})
    if isinstance(sample, (list, tuple)):
        parts = [convert(v, make, f"{place}[{n}]") for n, v in enumerate(sample)]
        return type(sample)(*parts) if hasattr(sample, "_fields") else type(sample)(parts)
    return sample


def _is_array(value):
    kind = type(value)
    return (
        isinstance(value, (core.array, *_BUFFERS))
        or hasattr(kind, "__array__")
        or hasattr(value, "__array_interface__")
        or hasattr(kind, "__dlpack__")
    )


def _host(value, i, place):
    try:
        return host_array(value)
    except Exception as error:
        error.add_note(f"default_collate: {_of(i, place)} could not be read as an array.")
        raise


def _stack(batch, place):
    import numpy

    core.eval([x for x in batch if isinstance(x, core.array)])
    arrays = []
    for i, value in enumerate(batch):
        if not _is_array(value) and not isinstance(value, numbers.Number):
            raise TypeError(_unfit(i, place, value))
        arrays.append(_host(value, i, place))
        if arrays[-1].shape != arrays[0].shape:
            raise ValueError(
                f"default_collate: {_of(i, place)} has the shape {arrays[-1].shape}, the first "
                f"{arrays[0].shape}; arrays of one shape were expected (a collate_fn can pad them)."
            )
    return _of_our_dtypes(numpy.stack(arrays), 0, place)


def _of_our_dtypes(values, i, place):
    if values.dtype.kind in "biufcV" and not values.dtype.names:
        smaller = {"f8": "f4", "c16": "c8"}.get(values.dtype.str[1:])
        return values.astype(smaller) if smaller else values
    raise TypeError(
        f"default_collate: {_of(i, place)} is an array of {values.dtype}; numbers were expected."
    )


def _numbers(batch, place):
    import numpy

    for i, value in enumerate(batch):
        if not isinstance(value, numbers.Number):
            raise TypeError(_unfit(i, place, value))
    values = numpy.array(batch)
    if values.dtype.kind in "iu":
        info = numpy.iinfo(numpy.int32)
        fits = values.size == 0 or (values.min() >= info.min and values.max() <= info.max)
        return values.astype(numpy.int32) if fits else values
    return _of_our_dtypes(values, 0, place)


def _like(mapping, parts):
    """`parts` in a mapping of the same kind."""
    if type(mapping) is dict:
        return parts
    try:
        other = copy.copy(mapping)
        other.update(parts)
        return other
    except Exception:  # noqa: BLE001
        # A mapping that cannot be copied or changed.
        return parts


def _of(i, place):
    return f"sample {i} of the batch" if not place else f"{place} of sample {i} of the batch"


def _unfit(i, place, value):
    return (
        f"default_collate: {_of(i, place)} is of type {type(value).__name__}; numbers, str, bytes, "
        "arrays, and dicts, tuples or lists of these were expected (a collate_fn can turn it into "
        "one)."
    )
