"""Neural networks: modules, layers, activations, losses, initialisers."""

from . import init as init
from . import losses as losses
from . import utils as utils
from .layers import *  # noqa: F403
from .utils import average_gradients as average_gradients
from .utils import value_and_grad as value_and_grad
