"""Finds or makes a Python that can import PyTorch, apart from the system's packages."""

import glob
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

TORCH = "torch==2.13.0"

# Linux x86-64 wheels are linked with CUDA even where only the CPU is used. With the toolkit and
# cuDNN on the machine, these few packages complete them; without, pip fetches all of CUDA.
BESIDE_A_CUDA_TOOLKIT = [
    "numpy", "typing_extensions", "sympy", "mpmath", "jinja2", "markupsafe", "networkx", "fsspec",
    "filelock", "setuptools<82", "nvidia-nccl-cu13", "nvidia-cusparselt-cu13",
    "nvidia-nvshmem-cu13", "nvidia-cufile",
]  # fmt: skip
TOOLKIT_FOLDERS = ["/usr/local/cuda/lib64", "/usr/local/cuda/lib"]


def cache_folder():
    """Where the environment lies: $LAZULITE_CACHE, or .cache in the source tree."""
    default = Path(__file__).resolve().parents[2] / ".cache"
    return Path(os.environ.get("LAZULITE_CACHE", default))


def python():
    """The interpreter to use: $LAZULITE_PYTORCH_PYTHON, or one in the cache, made when missing."""
    given = os.environ.get("LAZULITE_PYTORCH_PYTHON")
    if given:
        if not shutil.which(given):
            sys.exit(f"LAZULITE_PYTORCH_PYTHON names {given}, which is not a program.")
        if not imports_torch(given):
            sys.exit(f"LAZULITE_PYTORCH_PYTHON names {given}, which cannot import torch.")
        return given
    folder = cache_folder() / TORCH.replace("==", "-")
    interpreter = str(folder / "bin" / "python")
    if not (folder / "complete").exists():
        make(folder, interpreter)
        (folder / "complete").touch()
    return interpreter


def make(folder, interpreter):
    print(f"Setting up PyTorch in {folder} (once; about two gigabytes)", file=sys.stderr)
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if has_cuda_toolkit():
            subprocess.run([*pip, "--no-deps", TORCH], check=True)
            subprocess.run([*pip, "--no-deps", *BESIDE_A_CUDA_TOOLKIT], check=True)
        if not imports_torch(interpreter):
            subprocess.run([*pip, TORCH, "numpy"], check=True)
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd))
        sys.exit(f"Setting up PyTorch failed: `{command}` ended with code {error.returncode}.")
    if not imports_torch(interpreter):
        sys.exit(f"PyTorch was installed in {folder}, but it cannot be imported from there.")


def has_cuda_toolkit():
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return False
    folders = [*TOOLKIT_FOLDERS, "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu"]
    wanted = ["libcublas.so.13", "libcudnn.so.9"]
    return all(any(Path(folder, name).exists() for folder in folders) for name in wanted)


def environment(interpreter):
    """The variables for a process of this interpreter: the libraries that torch loads by name."""
    lib = Path(interpreter).absolute().parent.parent / "lib"
    folders = sorted(glob.glob(f"{lib}/python3*/site-packages/nvidia/*/lib"))
    folders += [folder for folder in TOOLKIT_FOLDERS if os.path.isdir(folder)]
    folders += filter(None, [os.environ.get("LD_LIBRARY_PATH")])
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(folders)}


def imports_torch(interpreter):
    done = subprocess.run(
        [interpreter, "-c", "import torch"], env=environment(interpreter), capture_output=True
    )
    return done.returncode == 0


def can_compile(interpreter):
    """Whether torch.compile can work: it calls a C++ compiler and needs Python's headers."""
    code = "import sysconfig; print(sysconfig.get_path('include'))"
    done = subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=True)
    return bool(shutil.which("g++")) and Path(done.stdout.strip(), "Python.h").exists()


def enter():
    """Starts the running script again inside the environment, unless it is there already."""
    if os.environ.get("LAZULITE_INSIDE_PYTORCH") == "1":
        return
    interpreter = python()
    variables = {**environment(interpreter), "LAZULITE_INSIDE_PYTORCH": "1"}
    os.execve(interpreter, [interpreter, *sys.argv], variables)
