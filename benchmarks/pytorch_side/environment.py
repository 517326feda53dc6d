"""Finds or makes a Python that can import PyTorch, apart from the system's packages."""

import shutil
import subprocess
import sys
from pathlib import Path

import environments


def python():
    """The interpreter to use: $LAZULITE_PYTORCH_PYTHON, or one in the cache, made when missing."""
    try:
        return environments.interpreter_of(environments.PYTORCH)
    except environments.Unavailable as error:
        sys.exit(f"PyTorch can't be had: {error}")


def environment(interpreter):
    """The variables for a process of this interpreter."""
    return environments.environment(environments.PYTORCH, interpreter)


def can_compile(interpreter):
    """Whether torch.compile can work: it calls a C++ compiler and needs Python's headers."""
    code = "import sysconfig; print(sysconfig.get_path('include'))"
    done = subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=True)
    return bool(shutil.which("g++")) and Path(done.stdout.strip(), "Python.h").exists()
