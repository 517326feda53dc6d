"""What options and indices may be."""

import operator

_LARGEST = 2**63 - 1


def as_integer(owner, name, value, expected, least=0, most=_LARGEST):
    """`value`, an integer of Python, NumPy or an array of one, as Python's.

    Raises ValueError, which says what was `expected`, unless it is one from `least` to `most`.
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or not least <= number <= most:
        raise ValueError(f"{owner}: {name} is {value!r}; {expected} was expected.")
    return number


def as_flag(owner, name, value):
    """`value`, True or False. Raises ValueError for anything else."""
    if value is not True and value is not False:
        raise ValueError(f"{owner}: {name} is {value!r}; a bool was expected.")
    return value


def as_position(owner, index, size):
    """`index` counted from the front, where negative ones count from the end.

    Raises TypeError unless it is an integer, and IndexError if it is out of range.
    """
    try:
        number = operator.index(index)
    except TypeError:
        raise TypeError(f"{owner}: an index is {index!r}; an integer was expected.") from None
    if not -size <= number < size:
        raise IndexError(f"Index {number} is out of range for a data set of {size} samples.")
    return number % size
