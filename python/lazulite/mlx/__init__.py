"""MLX's name for Lazulite: programs written for MLX run on it unchanged.

    python -m lazulite.mlx program.py arguments
    python -m lazulite.mlx -m module arguments
    python -m lazulite.mlx -c code

The program, and every Python process that it starts through `sys.executable` or
`multiprocessing`, finds Lazulite under the name `mlx`, whether or not MLX is installed: the folder
`path` here comes first in their `PYTHONPATH`.
"""

from __future__ import annotations

from pathlib import Path

#: The version of MLX whose behaviour is that of Lazulite under its name.
VERSION = "0.32.4"

#: The folder in which `import mlx` finds Lazulite.
PATH = Path(__file__).parent / "path"
