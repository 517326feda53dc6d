"""Between arrays of other libraries, NumPy's and ours."""

import sys

from .. import core


def host_array(value):
    """`value`, an array of some library, as a NumPy array that shares its memory if it can."""
    import numpy

    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        if value.dtype == torch.bfloat16:
            import ml_dtypes

            return value.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
        return value.numpy()
    if isinstance(value, core.array):
        # Buffers of bfloat16 are none that NumPy takes.
        return value.__array__()
    if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
        return numpy.from_dlpack(value)
    return numpy.asarray(value)


def as_array(values):
    """The array of `values`, a NumPy array that nobody writes to any more."""
    values.flags.writeable = False
    return core.asarray(values)


class Pending:
    """A NumPy array that becomes an array when it arrives."""

    def __init__(self, values):
        self.values = values

    def __reduce__(self):
        values = self.values.view()
        values.flags.writeable = False
        return as_array, (values,)
