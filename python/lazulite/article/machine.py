"""What is said of the machine."""

from __future__ import annotations

import os
import platform

import numpy

from .. import core, debug
from .workers.environments import Unavailable


def processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def flags() -> set[str]:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("flags"):
                    return set(line.split(":", 1)[1].split())
    except OSError:
        pass
    return set()


def vectors() -> str:
    """The widest vectors that the processor has."""
    known = flags()
    widest = [("avx512f", "AVX-512"), ("avx2", "AVX2"), ("sse4_2", "SSE4")]
    return next((name for flag, name in widest if flag in known), platform.machine())


def system() -> str:
    release = getattr(platform, "freedesktop_os_release", dict)
    try:
        name = release().get("PRETTY_NAME")
    except OSError:
        name = None
    return name or f"{platform.system()} {platform.release()}"


def gpu() -> str:
    """The name of the GPU that Lazulite uses. Raises Unavailable."""
    if not core.is_available(core.gpu):
        raise Unavailable("there is no NVIDIA GPU that Lazulite can use.")
    with debug.monitor(interval=3600) as watched:
        watched.sample()
    names = [gpu.name for sample in watched.history for gpu in sample.gpus if gpu.name]
    return names[0] if names else "GPU"


def describe(threads: int, gpus: list[str]) -> dict:
    """For the report; `gpus` are those that something was measured on. Nothing in it names the
    machine or its user."""
    return {
        "processor": processor(),
        "vectors": vectors(),
        "processors": os.cpu_count(),
        "threads": threads,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "gpus": sorted(set(gpus)),
        "system": system(),
        "python": platform.python_version(),
        "numpy": numpy.__version__,
    }
