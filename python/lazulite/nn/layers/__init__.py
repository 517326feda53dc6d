"""Layers and activations, a module a family."""

from .activation_layers import *  # noqa: F403
from .activations import *  # noqa: F403
from .base import Module as Module
from .containers import *  # noqa: F403
from .convolution import *  # noqa: F403
from .convolution_transpose import *  # noqa: F403
from .distributed import *  # noqa: F403
from .dropout import *  # noqa: F403
from .embedding import *  # noqa: F403
from .linear import *  # noqa: F403
from .normalization import *  # noqa: F403
from .pooling import *  # noqa: F403
from .positional_encoding import *  # noqa: F403
from .quantized import *  # noqa: F403
from .recurrent import *  # noqa: F403
from .transformer import *  # noqa: F403
from .upsample import *  # noqa: F403
