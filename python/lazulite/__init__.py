"""Lazy arrays and deep learning: MLX's interface on ordinary CPUs and NVIDIA GPUs."""

from lazulite.core import *  # noqa: F403
from lazulite.core import __version__ as __version__
