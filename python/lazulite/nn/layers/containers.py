"""Modules made of others."""

from .base import Module

__all__ = ["Sequential"]


class Sequential(Module):
    """Calls modules, or functions, one after the other; they are in ``layers``.

    Example:
        >>> nn.Sequential(nn.Linear(4, 2), nn.relu)(mx.zeros((3, 4))).shape
        (3, 2)
    """

    def __init__(self, *modules):
        super().__init__()
        self.layers = list(modules)

    def __call__(self, x):
        for layer in self["layers"]:
            x = layer(x)
        return x
