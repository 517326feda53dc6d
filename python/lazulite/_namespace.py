"""What ``__array_namespace_info__`` of the core answers with, as the Python array API has it."""

from __future__ import annotations

from typing import Optional, Tuple, Union

import lazulite.core as mx

_KINDS = {
    "bool": ("bool_",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64",),
}
_KINDS["integral"] = _KINDS["signed integer"] + _KINDS["unsigned integer"]
_KINDS["numeric"] = _KINDS["integral"] + ("float32", "complex64", "float64")


def _expect_device(device) -> None:
    if device is not None and not isinstance(device, mx.Device):
        raise TypeError(f"Expected a Device, not {type(device).__name__}")


class ArrayNamespaceInfo:
    """What the namespace can do, and its devices and dtypes."""

    __module__ = "lazulite.core"

    def capabilities(self) -> dict:
        """Whether masks read arrays within every transformation, and how many axes are sure."""
        return {
            "boolean indexing": False,
            "data-dependent shapes": False,
            "max dimensions": 10,
        }

    def default_device(self) -> mx.Device:
        """The device that operations run on if none is named."""
        return mx.default_device()

    def default_dtypes(self, *, device: Optional[mx.Device] = None) -> dict:
        """The dtypes that numbers of Python become."""
        _expect_device(device)
        return {
            "real floating": mx.float32,
            "complex floating": mx.complex64,
            "integral": mx.int32,
            "indexing": mx.int32,
        }

    def devices(self) -> Tuple[mx.Device, ...]:
        """The devices that there are."""
        out = [mx.Device(mx.cpu, i) for i in range(mx.device_count(mx.cpu))]
        if mx.is_available(mx.gpu):
            out += [mx.Device(mx.gpu, i) for i in range(mx.device_count(mx.gpu))]
        return tuple(out)

    def dtypes(
        self,
        *,
        device: Optional[mx.Device] = None,
        kind: Union[None, str, Tuple[str, ...]] = None,
    ) -> dict:
        """The dtypes by name: all, or those of the kinds (``"bool"``, ``"signed integer"``,
        ``"unsigned integer"``, ``"integral"``, ``"real floating"``, ``"complex floating"``,
        ``"numeric"``). Another kind is a ValueError."""
        _expect_device(device)
        kinds = ("bool", "numeric") if kind is None else kind
        if isinstance(kinds, str):
            kinds = (kinds,)
        if not isinstance(kinds, tuple) or any(k not in _KINDS for k in kinds):
            raise ValueError(f"Unsupported dtype kind: {kinds!r}; known are {', '.join(_KINDS)}")
        names = dict.fromkeys(name for k in kinds for name in _KINDS[k])
        return {name.rstrip("_"): getattr(mx, name) for name in names}
