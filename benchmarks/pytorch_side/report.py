"""What was measured, as a table for people and as a record for machines."""

import json
import os
import platform
import statistics
import subprocess


class Results:
    """Times in milliseconds (for memory: KiB) by measurement and side."""

    def __init__(self):
        self.values = {}

    def add(self, measurement, side, values):
        self.values.setdefault(measurement, {}).setdefault(side, []).extend(values)

    def best(self, measurement, side):
        return min(self.values[measurement][side])

    def write(self, path, conditions):
        record = {"conditions": conditions, "values": self.values}
        temporary = f"{path}.part"
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
        os.replace(temporary, path)


def graphics_card():
    query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        return subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def conditions(device="cpu"):
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((x.split(": ")[1].strip() for x in file if "model name" in x), model)
    except OSError:
        pass  # not Linux: the plain name stays
    card = {"card": graphics_card()} if device == "gpu" else {}
    return {
        **card,
        "processor": model,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": os.getloadavg()[0],
    }


def scaled(name, value):
    """A value with the unit that reads best."""
    if name == "memory":
        return f"{value / 1024:.1f} MiB"
    return f"{1e3 * value:.1f} us" if value < 1 else f"{value:.2f} ms"


def table(results, reference="Lazulite"):
    """Lines of text: each side's minimum and median, and how many times Lazulite's minimum."""
    lines = [f"{'measurement':<28}{'side':<26}{'minimum':>12}{'median':>12}{'ratio':>8}"]
    for name, sides in results.values.items():
        own = [min(values) for side, values in sides.items() if side.startswith(reference)]
        for side, values in sides.items():
            ratio = f"{min(values) / min(own):.2f}" if own else "-"
            median = scaled(name, statistics.median(values))
            lines.append(f"{name:<28}{side:<26}{scaled(name, min(values)):>12}{median:>12}{ratio:>8}")
    return lines


def verdicts(results, targets):
    """One line a target: (measurement, PyTorch's variant, Lazulite's variant, at least this ratio)."""
    for name, theirs, ours, wanted in targets:
        sides = results.values.get(name, {})
        if theirs in sides and ours in sides:
            ratio = results.best(name, theirs) / results.best(name, ours)
            word = "reached" if ratio >= wanted else "MISSED"
            yield f"{name}: {theirs} / {ours} = {ratio:.2f}, wanted {wanted:.1f}: {word}"
