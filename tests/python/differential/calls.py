"""Calls that either package can perform, and what came of them, as plain data.

Both processes of the differential tests import this file: the one under test, which performs calls
on Lazulite, and the oracle, which performs them on MLX. It needs nothing but NumPy.
"""

from __future__ import annotations

import builtins
import importlib
import re
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Array:
    """An array: the name of its dtype, and its values (of bfloat16 in float32)."""

    dtype: str
    values: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    def __repr__(self) -> str:
        return f"array({self.values.tolist()}, {self.dtype}, shape={self.shape})"


@dataclass(frozen=True)
class Dtype:
    """A dtype, or a category of dtypes, by its name."""

    name: str


@dataclass(frozen=True)
class Object:
    """Anything else, by what it says of itself."""

    text: str


@dataclass(frozen=True)
class Raised:
    """An exception."""

    type: str
    message: str
    bases: tuple[str, ...]  # what it also is, among Python's own exceptions


@dataclass(frozen=True)
class Call:
    """A function by its path within the package (`core.add`), and its arguments."""

    name: str
    args: tuple = ()
    kwargs: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Program:
    """Python source that leaves its `result`, and the names that it is given besides
    `mx`, `nn`, `optim`, `utils` and `np`."""

    source: str
    names: dict = field(default_factory=dict)


def numpy_dtype(name: str) -> np.dtype:
    """The NumPy dtype in which values of a dtype travel."""
    names = {"bfloat16": "float32", "bool": "bool"}
    return np.dtype(names.get(name, name))


def _without_names(text: str) -> str:
    """A text without the package's name and the addresses of objects."""
    return re.sub(r"\b(mlx|lazulite)\.(?=core|nn|optim)| at 0x[0-9a-f]+", "", text)


def _raised(error: Exception) -> Raised:
    # A type of the package's own counts as those of Python that it derives from.
    names = [k.__name__ for k in type(error).__mro__ if k.__name__ in vars(builtins)]
    return Raised(names[0], str(error), tuple(names))


class Package:
    """One of the two packages, in this process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.core = importlib.import_module(f"{name}.core")

    def find(self, path: str):
        """What a path such as `nn.losses.mse_loss` names."""
        parts = path.split(".")
        found = importlib.import_module(f"{self.name}.{parts[0]}")
        for part in parts[1:]:
            found = getattr(found, part)
        return found

    def given(self, value):
        """An argument as the package's own."""
        if isinstance(value, Array):
            dtype = self.given(Dtype(value.dtype))
            return self.core.array(np.ascontiguousarray(value.values), dtype=dtype).reshape(
                value.shape
            )
        if isinstance(value, Dtype):
            return getattr(self.core, "bool_" if value.name == "bool" else value.name)
        if isinstance(value, (list, tuple)):
            return type(value)(self.given(item) for item in value)
        if isinstance(value, dict):
            return {key: self.given(item) for key, item in value.items()}
        return value

    def told(self, value):
        """A result as plain data."""
        core = self.core
        if isinstance(value, (Array, Dtype, Object, Raised)):  # told before
            return value
        if isinstance(value, core.array):
            dtype = str(value.dtype).rpartition(".")[2]
            if dtype == "bfloat16":
                value = value.astype(core.float32)
            return Array(dtype, np.array(value))
        if isinstance(value, core.Dtype):
            return Dtype(str(value).rpartition(".")[2])
        if value is None or isinstance(value, (bool, int, float, complex, bytes)):
            return value
        if isinstance(value, str):
            return _without_names(value)
        if isinstance(value, (list, tuple)):
            items = [self.told(item) for item in value]
            return items if isinstance(value, list) else tuple(items)
        if isinstance(value, dict):
            return {key: self.told(item) for key, item in value.items()}
        if isinstance(value, np.ndarray):
            return ("numpy", Array(str(value.dtype), value))
        return Object(_without_names(repr(value)))

    def perform(self, request: Call | Program):
        """Does what is asked; what came of it, or the exception."""
        try:
            if isinstance(request, Call):
                function = self.find(request.name)
                args = self.given(request.args)
                result = function(*args, **self.given(request.kwargs))
            else:
                names = {"mx": self.core, "np": np, "__name__": "program"}
                names["attempt"] = self.attempt
                for name, path in [("nn", "nn"), ("optim", "optimizers"), ("utils", "utils")]:
                    if name + "." in request.source:
                        names[name] = self.find(path)
                names.update(self.given(request.names))
                exec(compile(request.source, "program", "exec"), names)
                result = names["result"]
            return self.told(result)
        except Exception as error:
            return _raised(error)

    def attempt(self, function):
        """What a function of no arguments returns, or the exception: for programs of many."""
        try:
            return self.told(function())
        except Exception as error:
            return _raised(error)
