"""Random numbers for orders: from whatever a program has as its generator."""

import numbers
import sys

from .. import core


def seed_from(generator):
    """A number below 2^62, drawn from `generator`.

    `generator` may be None (the state of `core.random`, so `core.random.seed` repeats the order), a
    `numpy.random.Generator` or `RandomState`, a `random.Random` or a `torch.Generator`. Raises
    TypeError for anything else.
    """
    if generator is None:
        high, low = core.random.randint(0, 2**31 - 1, shape=(2,)).tolist()
        return high << 31 | low
    random = sys.modules.get("random")
    if random is not None and isinstance(generator, random.Random):
        return generator.getrandbits(62)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        if isinstance(generator, numpy.random.Generator):
            return int(generator.integers(2**62))
        if isinstance(generator, numpy.random.RandomState):
            return int(generator.randint(2**62))
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(generator, torch.Generator):
        return int(torch.randint(2**62, (), generator=generator))
    raise TypeError(
        f"A {type(generator).__name__} was given as generator; None, a seed, a key of "
        "lazulite.random, or a generator of NumPy, PyTorch or the module random was expected."
    )


def as_generator(generator):
    """`generator`, or for a seed (an integer or a key) a generator that starts from it."""
    if isinstance(generator, core.array):
        generator = [int(x) for x in generator.flatten().tolist()]
    elif isinstance(generator, numbers.Integral):
        if generator < 0:
            raise ValueError(f"A seed is {generator}; an integer, 0 or more, was expected.")
    else:
        return generator
    import numpy

    return numpy.random.default_rng(generator)


def numpy_generator(generator):
    """A NumPy generator that starts from the next draw of `generator`."""
    import numpy

    return numpy.random.default_rng(seed_from(as_generator(generator)))
