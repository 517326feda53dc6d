"""The programs that take turns: one command a side, which prints JSON lines with its times."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[1]


@dataclass
class Side:
    name: str
    command: list
    environment: dict = field(default=None, repr=False)

    def run(self, what, options):
        """One run -> {name of the measurement: the line that tells its result}."""
        command = [*self.command, "--what", what]
        for option, value in options.items():
            command += [f"--{option}", str(value)]
        return self.lines(command)

    def lines(self, command):
        """The lines that a command prints, by the names of the measurements."""
        done = subprocess.run(
            command, env=self.environment, cwd=BENCHMARKS, capture_output=True, text=True
        )
        if done.returncode != 0:
            shown = " ".join(command)
            raise RuntimeError(f"`{shown}` ended with code {done.returncode}:\n{done.stderr}")
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return {line["what"]: line for line in lines}


def pytorch_sides(interpreter, environment, variants, device="cpu", tf32=False):
    worker = [interpreter, "-m", "pytorch_side.worker", "--device", device]
    worker += ["--tf32"] if tf32 else []
    label = "PyTorch TF32" if tf32 else "PyTorch"
    return {v: Side(f"{label} {v}", [*worker, "--variant", v], environment) for v in variants}


def lazulite_sides(program, variants, device="cpu"):
    environment = {**os.environ, "LAZULITE_DEVICE": "cuda"} if device == "gpu" else None
    return {v: Side(f"Lazulite {v}", [program, "--variant", v], environment) for v in variants}
