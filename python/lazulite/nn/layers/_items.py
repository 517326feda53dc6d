"""What a module holds, to any depth: which of it a filter selects, and how it is replaced."""

from __future__ import annotations

from typing import Any

import lazulite.core as mx

from . import base


def _invalid(value: Any) -> ValueError:
    return ValueError(f"Received invalid type: {type(value).__name__}.")


def _out_of_bounds(index: int, length: int) -> ValueError:
    return ValueError(f"List index {index} is out of bounds for destination of length {length}.")


def select(module, key, value, filter_fn, map_fn, is_leaf_fn):
    """The part of ``value``, the item ``key`` of ``module``, that the filter selects."""
    if is_leaf_fn is None:
        leaf = not isinstance(value, (dict, list))
    else:
        leaf = is_leaf_fn(module, key, value)
    if leaf:
        return value if map_fn is None else map_fn(value)
    if isinstance(value, base.Module):
        return {
            k: select(value, k, v, filter_fn, map_fn, is_leaf_fn)
            for k, v in value.items()
            if filter_fn(value, k, v)
        }

    def within(k, v):
        path = f"{key}.{k}"
        if not filter_fn(module, path, v):
            return {}
        return select(module, path, v, filter_fn, map_fn, is_leaf_fn)

    if isinstance(value, dict):
        return {k: within(k, v) for k, v in value.items()}
    if isinstance(value, list):
        return [within(i, v) for i, v in enumerate(value)]
    raise RuntimeError(
        f"filter_and_map: {key} is no leaf, but {type(value).__name__} cannot be taken apart"
    )


def update(target, values, strict):
    """Puts a tree's arrays in the places of a module's, dictionary's or list's; `strict` says
    whether what has no place, or is no array, is an error. Then nothing is changed."""
    _put(list(_places_of_arrays(target, values, strict)))


def update_modules(target, values, strict):
    """Does the same with a tree of modules."""
    _put(list(_places_of_modules(target, values, strict)))


def _put(changes):
    for container, key, new in changes:
        container[key] = new


def _items(target, values, strict, missing):
    """What a dictionary or a list of values has for a place in the target: its key, what is there,
    and what is to be."""
    if isinstance(values, dict):
        for key, new in values.items():
            if key in target:
                yield key, target[key], new
            elif strict:
                raise ValueError(f'Module does not have {missing} named "{key}".')
    elif isinstance(values, list):
        for i, new in enumerate(values):
            if i < len(target):
                yield i, target[i], new
            elif strict:
                raise _out_of_bounds(i, len(target))
    elif strict:
        raise _invalid(values)


def _places_of_arrays(target, values, strict):
    for key, current, new in _items(target, values, strict, "parameter"):
        if not isinstance(current, mx.array):
            yield from _places_of_arrays(current, new, strict)
        elif strict and not isinstance(new, mx.array):
            raise _invalid(new)
        else:
            yield target, key, new


def _places_of_modules(target, values, strict):
    for key, current, new in _items(target, values, strict, "sub-module"):
        if isinstance(current, base.Module) and isinstance(new, base.Module):
            yield target, key, new
        elif isinstance(current, (dict, list)):
            yield from _places_of_modules(current, new, strict)
        elif strict and new != {}:
            raise _invalid(new)
