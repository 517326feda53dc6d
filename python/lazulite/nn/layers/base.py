"""The class that layers and models derive from."""

from __future__ import annotations

import os
from typing import Any, Callable, Iterable, List, Optional, Tuple, Union

import lazulite.core as mx

from ...utils import tree_flatten, tree_unflatten
from ._items import select, update, update_modules

__all__ = ["Module"]

_array = mx.array
_stored = (mx.array, dict, list, tuple)


class Module(dict):
    """The base class of layers and of models.

    A module is a dictionary: arrays, other modules, and lists, tuples and dictionaries of them that
    are assigned to its attributes become its items; other attributes are stored beside them. The
    arrays, also those of the modules within, are its parameters, except where the attribute's name
    begins with an underscore. A parameter is trainable unless it was frozen with :meth:`freeze`.

    Example:
        >>> class MLP(nn.Module):
        ...     def __init__(self, dims: int):
        ...         super().__init__()
        ...         self.layers = [nn.Linear(dims, 32), nn.Linear(32, 1)]
        ...
        ...     def __call__(self, x):
        ...         return self.layers[1](nn.relu(self.layers[0](x)))
        >>> model = MLP(4)
        >>> model(mx.zeros((8, 4))).shape
        (8, 1)
    """

    __call__: Callable

    def __init__(self) -> None:
        """Called by the subclasses before they assign attributes."""
        self._no_grad = set()
        self._training = True

    @property
    def training(self) -> bool:
        """Whether the module is in training mode; set by :meth:`train` and :meth:`eval`."""
        return self._training

    @property
    def state(self) -> dict:
        """The module itself, as a dictionary: what is written into it is written into the module.

        Beside the parameters it has everything else that is stored in the module's items, such as
        the running statistics of :class:`BatchNorm`.
        """
        return self

    # ---- printing

    def _extra_repr(self) -> str:
        """What a subclass says of itself in its representation."""
        return ""

    def __repr__(self) -> str:
        children = tree_flatten(self.children(), is_leaf=self.is_module)
        text = f"{type(self).__name__}({self._extra_repr()}"
        for name, child in children:
            text += f"\n  ({name}): " + repr(child).replace("\n", "\n  ")
        return text + ("\n)" if children else ")")

    # ---- attributes

    def __getattr__(self, key: str):
        value = self.get(key)
        if value is None:
            # Fails with the usual message, or with that of a property that failed.
            return super().__getattribute__(key)
        return value

    def __setattr__(self, key: str, value: Any):
        if isinstance(value, _stored):
            # What an attribute of the object or of its class would hide must not become an item.
            if key not in self and hasattr(self, key):
                super().__delattr__(key)
            if isinstance(value, _array):
                # Such as running statistics, which come back if a batch turns out to be bad.
                mx._replaced(self.get(key), value)
            self[key] = value
        else:
            super().__setattr__(key, value)
            if key in self:
                del self[key]

    def __delattr__(self, name: str):
        if name in self:
            del self[name]
        else:
            super().__delattr__(name)

    # ---- files

    def load_weights(
        self,
        file_or_weights: Union[str, os.PathLike, List[Tuple[str, mx.array]]],
        strict: bool = True,
    ) -> Module:
        """Replaces parameters by those of a file, or of a list of names and arrays.

        Args:
            file_or_weights: The path of an ``.npz`` or ``.safetensors`` file, or the pairs.
            strict: Whether names and shapes must be those of the module's parameters. Otherwise
                unknown names are left out, and shapes are not looked at.

        Returns:
            The module.

        Raises:
            ValueError: with ``strict``, a parameter is missing, unknown, of another shape, or no
                array; or the file's format is unknown.

        Example:
            >>> nn.Linear(2, 1).load_weights([("weight", mx.ones((1, 2)))], strict=False)
            Linear(input_dims=2, output_dims=1, bias=True)
        """
        weights = file_or_weights
        if isinstance(weights, (str, os.PathLike)):
            weights = mx.load(weights)
        weights = dict(weights)
        if strict:
            self._check_weights(weights)
        if weights:
            self.update(tree_unflatten(list(weights.items())), strict=False)
        return self

    def _check_weights(self, weights: dict):
        current = tree_flatten(self.parameters(), destination={})
        for names, what in (
            (weights.keys() - current.keys(), "Received {} parameters not in model"),
            (current.keys() - weights.keys(), "Missing {} parameters"),
        ):
            if names:
                raise ValueError(f"{what.format(len(names))}: \n" + ",\n".join(sorted(names)) + ".")
        for name, array in current.items():
            given = weights[name]
            if not isinstance(given, _array):
                raise ValueError(
                    f"Expected mx.array but received {type(given)} for parameter {name}"
                )
            if given.shape != array.shape:
                raise ValueError(
                    f"Expected shape {array.shape} but received shape {given.shape} for parameter "
                    f"{name}"
                )

    def save_weights(self, file: Union[str, os.PathLike]):
        """Writes the parameters into an ``.npz`` or ``.safetensors`` file, as its name says.

        Raises:
            ValueError: the name ends otherwise.
        """
        weights = tree_flatten(self.parameters(), destination={})
        file = os.fspath(file)
        if file.endswith(".npz"):
            mx.savez(file, **weights)
        elif file.endswith(".safetensors"):
            mx.save_safetensors(file, weights)
        else:
            raise ValueError(
                f"Unsupported file extension for {file}. Use '.npz' or '.safetensors'."
            )

    # ---- filters

    @staticmethod
    def is_module(value: Any) -> bool:
        """Whether ``value`` is a module."""
        return isinstance(value, Module)

    @staticmethod
    def valid_child_filter(module: Module, key: str, value: Any) -> bool:
        """Selects what may be or hold a module: modules, dictionaries and lists."""
        return isinstance(value, (dict, list))

    @staticmethod
    def valid_parameter_filter(module: Module, key: str, value: Any) -> bool:
        """Selects what may be or hold a parameter: arrays, modules, dictionaries and lists whose
        name does not begin with an underscore."""
        return isinstance(value, (dict, list, _array)) and not key.startswith("_")

    @staticmethod
    def trainable_parameter_filter(module: Module, key: str, value: Any) -> bool:
        """Selects what :meth:`valid_parameter_filter` selects and is not frozen."""
        return Module.valid_parameter_filter(module, key, value) and key not in module._no_grad

    def filter_and_map(
        self,
        filter_fn: Callable[[Module, str, Any], bool],
        map_fn: Optional[Callable] = None,
        is_leaf_fn: Optional[Callable[[Module, str, Any], bool]] = None,
    ) -> dict:
        """The module's contents as dictionaries and lists, as far as a filter selects them.

        Args:
            filter_fn: Called with the module, the key and the value of every item, also of
                modules, lists (key ``name.0``) and dictionaries (key ``name.key``) within. What it
                refuses is left out of a module, and is ``{}`` in a list or dictionary.
            map_fn: What to put in place of a leaf.
            is_leaf_fn: Called like ``filter_fn``; says what is a leaf. Without it, everything is
                but modules, dictionaries and lists.

        Raises:
            RuntimeError: ``is_leaf_fn`` refuses what cannot be taken apart.

        Example:
            >>> nn.Linear(2, 1).filter_and_map(nn.Module.valid_parameter_filter, lambda x: x.shape)
            {'weight': (1, 2), 'bias': (1,)}
        """
        return {
            key: select(self, key, value, filter_fn, map_fn, is_leaf_fn)
            for key, value in self.items()
            if filter_fn(self, key, value)
        }

    def parameters(self) -> dict:
        """All parameters, as a tree of dictionaries and lists."""
        return self.filter_and_map(self.valid_parameter_filter)

    def trainable_parameters(self) -> dict:
        """The parameters that are not frozen, as a tree of dictionaries and lists."""
        return self.filter_and_map(self.trainable_parameter_filter)

    def children(self) -> dict:
        """The modules directly within this one, as a tree of dictionaries and lists."""
        return self.filter_and_map(
            self.valid_child_filter, is_leaf_fn=lambda module, key, value: isinstance(value, Module)
        )

    def leaf_modules(self) -> dict:
        """The modules within this one that have none themselves, as a tree."""

        def is_leaf(module, key, value):
            return isinstance(value, Module) and not tree_flatten(
                value.children(), is_leaf=self.is_module
            )

        return self.filter_and_map(self.valid_child_filter, is_leaf_fn=is_leaf)

    # ---- changes

    def update(self, parameters: dict, strict: bool = True) -> Module:
        """Replaces parameters.

        Args:
            parameters: A tree like that of :meth:`parameters`, or a part of it.
            strict: Whether what is not in the module, or is no array where the module has one, is
                an error. Otherwise unknown places are left out, and any value is taken.

        Returns:
            The module.

        Raises:
            ValueError: see ``strict``.

        Example:
            >>> nn.Linear(2, 1).update({"bias": mx.zeros(1)}).bias
            array([0], dtype=float32)
        """
        update(self, parameters, strict)
        return self

    def apply(
        self,
        map_fn: Callable[[mx.array], mx.array],
        filter_fn: Optional[Callable[[Module, str, Any], bool]] = None,
    ) -> Module:
        """Replaces each parameter by what ``map_fn`` returns for it.

        Args:
            map_fn: Takes an array and returns one.
            filter_fn: Selects the arrays; without it, all parameters.

        Returns:
            The module.

        Example:
            >>> nn.Linear(2, 1).apply(lambda x: x.astype(mx.float16)).bias.dtype == mx.float16
            True
        """
        self.update(self.filter_and_map(filter_fn or Module.valid_parameter_filter, map_fn))
        return self

    def update_modules(self, modules: dict, strict: bool = True) -> Module:
        """Replaces modules within this one.

        Args:
            modules: A tree like that of :meth:`children` or :meth:`leaf_modules`, or a part of it.
            strict: Whether what is not in the module, or is no module, is an error.

        Returns:
            The module.

        Raises:
            ValueError: see ``strict``.

        Example:
            >>> nn.Sequential(nn.ReLU(), nn.ReLU()).update_modules({"layers": [nn.Tanh()]})
            Sequential(
              (layers.0): Tanh()
              (layers.1): ReLU()
            )
        """
        update_modules(self, modules, strict)
        return self

    def apply_to_modules(self, apply_fn: Callable[[str, Module], Any]) -> Module:
        """Calls ``apply_fn`` with the path and the module, for this module (its path is ``""``) and
        all modules within.

        Returns:
            The module.
        """
        for name, module in self.named_modules():
            apply_fn(name, module)
        return self

    def modules(self) -> List[Module]:
        """This module and all modules within."""
        return [module for _, module in self.named_modules()]

    def named_modules(self) -> List[Tuple[str, Module]]:
        """This module and all modules within, with their paths (``""`` for this one)."""
        found = []
        pending = [("", self)]
        while pending:
            name, module = pending.pop()
            found.append((name, module))
            prefix = f".{name}" if name else ""
            pending += tree_flatten(module.children(), prefix=prefix, is_leaf=self.is_module)
        return found

    # ---- freezing

    def _own_parameters(self) -> dict:
        return self.filter_and_map(
            lambda module, key, value: (
                not isinstance(value, Module) and Module.valid_parameter_filter(module, key, value)
            )
        )

    def _validate_keys(self, keys: List[str], strict: bool) -> List[str]:
        if strict:
            for key in keys:
                if key not in self:
                    raise KeyError(f"Module doesn't contain member {key}.")
        return keys

    def _validate_keys_recursive(self, keys: List[str]):
        modules = self.modules()
        for key in keys:
            if not any(key in module for module in modules):
                raise KeyError(f"Module doesn't contain member {key}.")

    def freeze(
        self,
        *,
        recurse: bool = True,
        keys: Optional[Union[str, List[str]]] = None,
        strict: bool = False,
    ) -> Module:
        """Takes parameters out of :meth:`trainable_parameters`.

        Args:
            recurse: Whether the modules within are frozen too.
            keys: The names of the attributes to freeze; without it, all parameters.
            strict: Whether a name that no module has is an error.

        Returns:
            The module.

        Raises:
            KeyError: see ``strict``.

        Example:
            >>> list(nn.Linear(2, 1).freeze(keys="bias").trainable_parameters())
            ['weight']
        """
        keys = _named(self, recurse, keys, strict)

        def freeze(name, module):
            frozen = keys
            if frozen is None:
                frozen = [path for path, _ in tree_flatten(module._own_parameters())]
            module._no_grad.update(frozen)

        if recurse:
            self.apply_to_modules(freeze)
        else:
            freeze("", self)
        return self

    def unfreeze(
        self,
        *,
        recurse: bool = True,
        keys: Optional[Union[str, List[str]]] = None,
        strict: bool = False,
    ) -> Module:
        """Gives parameters back to :meth:`trainable_parameters`: the inverse of :meth:`freeze`,
        with the same arguments.

        Example:
            >>> list(nn.Linear(2, 1).freeze().unfreeze(keys="bias").trainable_parameters())
            ['bias']
        """
        keys = _named(self, recurse, keys, strict)

        def unfreeze(name, module):
            if keys is None:
                module._no_grad.clear()
            else:
                module._no_grad.difference_update(keys)
            module._no_grad.update(module._always_frozen())

        if recurse:
            self.apply_to_modules(unfreeze)
        else:
            unfreeze("", self)
        return self

    def _always_frozen(self) -> Iterable[str]:
        """The names of what is no parameter to train, whatever is unfrozen."""
        return ()

    # ---- modes and dtypes

    def _set_training_mode(self, mode: bool):
        self._training = mode

    def train(self, mode: bool = True) -> Module:
        """Sets the mode of this module and of all modules within: layers such as
        :class:`Dropout` and :class:`BatchNorm` compute something else in training.

        Returns:
            The module.
        """
        self.apply_to_modules(lambda name, module: module._set_training_mode(mode))
        return self

    def eval(self) -> Module:
        """Leaves training mode: :meth:`train` with ``False``."""
        return self.train(False)

    def set_dtype(
        self,
        dtype: mx.Dtype,
        predicate: Optional[Callable[[mx.Dtype], bool]] = lambda dtype: mx.issubdtype(
            dtype, mx.floating
        ),
    ):
        """Converts the parameters to another dtype.

        Args:
            dtype: The dtype.
            predicate: Called with a parameter's dtype, says whether to convert it; by default
                floating-point ones are. ``None`` converts all.
        """
        if predicate is None:
            self.apply(lambda x: x.astype(dtype))
        else:
            self.apply(lambda x: x.astype(dtype) if predicate(x.dtype) else x)


def _named(module, recurse, keys, strict):
    """The names given to freeze and unfreeze as a list that was checked, or None for all."""
    if keys is None:
        return None
    if not isinstance(keys, list):
        keys = [keys]
    if strict and recurse:
        module._validate_keys_recursive(keys)
    else:
        module._validate_keys(keys, strict)
    return keys
