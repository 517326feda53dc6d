"""What the differential tests know of each function: how its arguments are drawn, and how close the
results must be. An entry is a line or a few, in the file of its family; the elementwise operations'
come from their table.
"""

from . import (  # noqa: F401
    conversions,
    convolutions,
    creation,
    elementwise,
    fast,
    indexing,
    items,
    layers,
    losses,
    products,
    random_numbers,
    reductions,
    shapes,
    training,
    transforms,
)
from .entry import ENTRIES, Entry

__all__ = ["ENTRIES", "Entry"]
