"""The names of MLX's modules, each of which is the module of Lazulite that answers to it."""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from types import ModuleType

import lazulite.core
from lazulite.mlx import VERSION

_PARTS = ("nn", "optimizers", "utils")


class _Loader(importlib.abc.Loader):
    """Gives a module of Lazulite a second name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def create_module(self, spec) -> ModuleType:
        module = importlib.import_module(self.name)
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # Imports inside the module go on by its own specification.
        module.__spec__ = self.spec
        module.__name__ = self.name.replace("lazulite", "mlx", 1)
        _rename(module)
        # Whoever looks for the module that a class or function names, as `inspect` does.
        for name in [name for name in sys.modules if name.startswith(f"{self.name}.")]:
            part = sys.modules[name]
            part.__name__ = name.replace("lazulite", "mlx", 1)
            _rename(part)
            sys.modules.setdefault(part.__name__, part)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the parts of `mlx` in Lazulite, before any MLX that is installed."""

    def find_spec(self, fullname, path=None, target=None):
        package, _, rest = fullname.partition(".")
        if package != "mlx" or rest.partition(".")[0] not in _PARTS:
            return None
        name = f"lazulite.{rest}"
        found = importlib.util.find_spec(name)
        if found is None:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        is_package = found.submodule_search_locations is not None
        return importlib.machinery.ModuleSpec(fullname, _Loader(name), is_package=is_package)


def _rename(module: ModuleType) -> None:
    """Lets what a module shows say that it is MLX's."""
    for value in list(vars(module).values()):
        own = getattr(value, "__module__", None)
        if isinstance(own, str) and own.partition(".")[0] == "lazulite":
            # Some are immutable.
            with contextlib.suppress(AttributeError, TypeError):
                value.__module__ = own.replace("lazulite", "mlx", 1)


def install() -> None:
    """Makes `mlx` and its parts Lazulite's in this process."""
    core = lazulite.core
    if "mlx.core" in sys.modules:
        return
    core._set_module_name("mlx.core")
    core.__version__ = VERSION
    parts = [part for part in vars(core).values() if isinstance(part, ModuleType)]
    for module in [core, *(p for p in parts if p.__name__.startswith("lazulite.core."))]:
        _rename(module)
        module.__name__ = module.__name__.replace("lazulite", "mlx", 1)
        sys.modules[module.__name__] = module
    sys.modules["mlx"].core = core
    sys.meta_path.insert(0, _Finder())
