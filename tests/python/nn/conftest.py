"""Tests of lazulite.nn, lazulite.optimizers and lazulite.utils.

LAZULITE_CORE=mlx runs them on MLX's arrays, which tells faults of the Python side from others.
"""

import os
import sys

if os.environ.get("LAZULITE_CORE") == "mlx":
    import mlx.core

    sys.modules["lazulite.core"] = mlx.core
