"""Lazulite under the name of MLX: what `lazulite.mlx` runs finds it here."""

import contextlib
import importlib.util
import pkgutil
import sys
from pathlib import Path

if importlib.util.find_spec("lazulite") is None:
    # The folder that holds Lazulite was on the path of the process that started this one only.
    sys.path.append(str(Path(__file__).parents[4]))

from lazulite.mlx import _names

# Other packages live under the same name (MLX's own modules are found before them).
with contextlib.suppress(FileNotFoundError):  # the working directory is gone
    __path__ = pkgutil.extend_path(__path__, __name__)
_names.install()
