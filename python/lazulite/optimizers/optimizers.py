"""Optimizers. Each computes a parameter's next value from its gradient, in ``apply_single``."""

from .adam import Adam, Adamax, AdamW
from .adaptive import AdaDelta, Adafactor, Adagrad, RMSprop
from .base import MultiOptimizer, Optimizer
from .clipping import clip_grad_norm
from .momentum import SGD, Lion, Muon

__all__ = [
    "AdaDelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "MultiOptimizer",
    "Muon",
    "Optimizer",
    "RMSprop",
    "SGD",
    "clip_grad_norm",
]

# As in MLX, this is where they all are: programs, pickles and documents name it.
for _name in __all__:
    globals()[_name].__module__ = __name__
