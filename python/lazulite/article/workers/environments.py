"""Finds or makes a Python that can import a peer, apart from everybody's own packages.

Needs nothing but Python: the benchmarks use it without Lazulite.
"""

from __future__ import annotations

import glob
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


class Unavailable(Exception):
    """A sentence that says why a peer can't be had."""


@dataclass(frozen=True)
class Peer:
    name: str
    requirement: str
    module: str  #: what a program imports
    variable: str  #: names an interpreter that has it already
    option: str  #: of the command line, that does so, too
    size: str


PYTORCH = Peer(
    "PyTorch", "torch==2.13.0", "torch", "LAZULITE_PYTORCH_PYTHON", "--pytorch-python",
    "two gigabytes",
)  # fmt: skip
MLX = Peer(
    "MLX", "mlx[cpu]==0.32.4", "mlx.core", "LAZULITE_MLX_PYTHON", "--mlx-python",
    "a hundred megabytes",
)  # fmt: skip

# Linux x86-64 wheels of PyTorch are linked with CUDA even where only the CPU is used. With the
# toolkit and cuDNN on the machine, these few packages complete them; without, pip fetches all of
# CUDA.
BESIDE_A_CUDA_TOOLKIT = [
    "numpy", "typing_extensions", "sympy", "mpmath", "jinja2", "markupsafe", "networkx", "fsspec",
    "filelock", "setuptools<82", "nvidia-nccl-cu13", "nvidia-cusparselt-cu13",
    "nvidia-nvshmem-cu13", "nvidia-cufile",
]  # fmt: skip
TOOLKIT_FOLDERS = ["/usr/local/cuda/lib64", "/usr/local/cuda/lib"]
LIBRARY_FOLDERS = [*TOOLKIT_FOLDERS, "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu"]
MOST_SECONDS_TO_IMPORT = 120


def cache_folder() -> Path:
    """Where environments lie: $LAZULITE_CACHE, .cache in a source tree, or the user's cache."""
    given = os.environ.get("LAZULITE_CACHE")
    if given:
        return Path(given)
    tree = Path(__file__).resolve().parents[4]
    if (tree / "CMakePresets.json").exists():
        return tree / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lazulite"


def environment_folder(peer: Peer) -> Path:
    return cache_folder() / peer.requirement.replace("==", "-").replace("[cpu]", "")


def interpreter_of(peer: Peer, install: bool = True, named: str | None = None) -> str:
    """The interpreter to use: `named`, the one that the peer's variable names, or one in the cache,
    which is made when it is missing, if `install`. Raises Unavailable."""
    given = named or os.environ.get(peer.variable)
    if given:
        whence = peer.option if named else peer.variable
        program = shutil.which(given)
        if not program:
            raise Unavailable(f"{whence} names {given}, which is not a program.")
        if version_of(peer, program) is None:
            raise Unavailable(f"{whence} names {given}, which {cannot_import(peer)}")
        return program
    folder = environment_folder(peer)
    interpreter = str(folder / "bin" / "python")
    if not (folder / "complete").exists():
        if not install:
            raise Unavailable(f"{peer.name} is not installed in {folder}.")
        make(peer, folder, interpreter)
        (folder / "complete").touch()
    return interpreter


def make(peer: Peer, folder: Path, interpreter: str) -> None:
    print(f"Setting up {peer.name} in {folder} (once; about {peer.size})", file=sys.stderr)
    try:
        subprocess.run(
            [sys.executable, "-m", "venv", "--clear", folder], check=True, capture_output=True
        )
        pip = [interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pip += ["--retries", "2", "--timeout", "20"]
        if peer is PYTORCH and has_cuda_toolkit():
            subprocess.run([*pip, "--no-deps", peer.requirement], check=True, capture_output=True)
            subprocess.run([*pip, "--no-deps", *BESIDE_A_CUDA_TOOLKIT], check=True)
        if version_of(peer, interpreter) is None:
            subprocess.run([*pip, peer.requirement, "numpy"], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd))
        last = (error.stderr or b"").decode(errors="replace").strip().splitlines()[-1:]
        raise Unavailable(
            f"setting it up failed: `{command}` ended with code {error.returncode}"
            + (f" ({last[0]})." if last else ".")
        ) from None
    if version_of(peer, interpreter) is None:
        raise Unavailable(f"it was installed in {folder}, but can't be imported from there.")


def has_cuda_toolkit() -> bool:
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return False
    wanted = ["libcublas.so.13", "libcudnn.so.9"]
    return all(any(Path(folder, name).exists() for folder in LIBRARY_FOLDERS) for name in wanted)


def variables_of(interpreter: str, with_folders: bool) -> dict[str, str]:
    """For a process of this interpreter; with the folders of the libraries that torch loads by
    name, if asked for."""
    out = dict(os.environ)
    # The peer's own packages, and not those of whoever starts it.
    out.pop("PYTHONPATH", None)
    if with_folders:
        lib = Path(interpreter).absolute().parent.parent / "lib"
        folders = sorted(glob.glob(f"{lib}/python3*/site-packages/nvidia/*/lib"))
        folders += [folder for folder in TOOLKIT_FOLDERS if os.path.isdir(folder)]
        folders += filter(None, [os.environ.get("LD_LIBRARY_PATH")])
        out["LD_LIBRARY_PATH"] = ":".join(folders)
    return out


def answer_of(interpreter: str, code: str, variables: dict[str, str]) -> str | None:
    """What the code prints; None where it fails."""
    try:
        done = subprocess.run(
            [interpreter, "-c", code], env=variables, capture_output=True, text=True,
            timeout=MOST_SECONDS_TO_IMPORT,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def probe(peer: Peer, interpreter: str) -> tuple[str, dict[str, str]] | None:
    """The peer's version and the variables with which it can be imported; None where it can't be.

    An interpreter that finds its libraries by itself is left alone: those of a toolkit may be
    others than it was built with."""
    code = f"import {peer.module} as peer; print(peer.__version__)"
    for with_folders in (False, True):
        variables = variables_of(interpreter, with_folders)
        version = answer_of(interpreter, code, variables)
        if version is not None:
            return version, variables
    return None


def cannot_import(peer: Peer) -> str:
    return f"cannot import {peer.module}, at least not within {MOST_SECONDS_TO_IMPORT} s."


def environment(peer: Peer, interpreter: str) -> dict[str, str]:
    """The variables for a process of this interpreter. Raises Unavailable."""
    found = probe(peer, interpreter)
    if found is None:
        raise Unavailable(f"{interpreter} {cannot_import(peer)}")
    return found[1]


def version_of(peer: Peer, interpreter: str) -> str | None:
    """What the peer calls its version; None where it can't be imported."""
    found = probe(peer, interpreter)
    return found[0] if found else None


def torch_gpu(interpreter: str) -> str | None:
    """The name of the GPU that torch uses; None where there is none."""
    code = "import torch; print(torch.cuda.get_device_name() if torch.cuda.is_available() else '')"
    return answer_of(interpreter, code, environment(PYTORCH, interpreter)) or None
