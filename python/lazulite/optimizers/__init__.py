"""Optimizers and schedules."""

from .optimizers import *  # noqa: F403
from .schedulers import *  # noqa: F403
