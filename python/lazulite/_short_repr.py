"""Lets `reprlib`, and with it pytest and pdb, show arrays.

It knows types by their names, and takes arrays for those of the module `array`.
"""

from __future__ import annotations

import reprlib

from lazulite.core import array

_of_others = reprlib.Repr.repr_array


def _repr_array(self, x, level):
    return self.repr_instance(x, level) if isinstance(x, array) else _of_others(self, x, level)


reprlib.Repr.repr_array = _repr_array
