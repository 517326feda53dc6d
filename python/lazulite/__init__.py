"""Lazy arrays and deep learning: MLX's interface on ordinary CPUs and NVIDIA GPUs."""

from lazulite.core import *  # noqa: F403
from lazulite.core import __version__ as __version__

from lazulite import _short_repr as _short_repr  # noqa: E402
from lazulite import debug as debug  # noqa: E402
from lazulite.debug import monitor as monitor  # noqa: E402
from lazulite.debug import profile as profile  # noqa: E402
