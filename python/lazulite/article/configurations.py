"""What can be measured: frameworks, languages, devices and layouts that the machine has."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from .. import core
from . import machine
from .workers import environments
from .workers.environments import Unavailable

WORKERS = Path(environments.__file__).parent
SLOW_ROUND_SECONDS = 60


@dataclass
class Configuration:
    """One line of the report, and the program that measures it."""

    name: str
    title: str
    framework: str  #: what the article's files call it
    family: str  #: lazulite, pytorch or mlx
    device: str = "cpu"
    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    version: str = ""
    build: str = ""  #: changes whenever the program does
    native: bool = False  #: reads the data set's own files
    gpu: str = ""  #: the name of the one that it uses

    @property
    def is_lazulite(self) -> bool:
        return self.family == "lazulite"

    @property
    def suffix(self) -> str:
        """Of its checkpoints' names, by which frameworks tell what they read."""
        return ".pt" if self.family == "pytorch" else ".safetensors"

    @property
    def explains_its_losses(self) -> bool:
        """Whether its first losses are also asked for in float64, and with a learning rate that
        differs in its last bit: of each framework once. MLX would take long."""
        return self.name in ("lazulite-python", "pytorch")

    def arguments(self, options, folder: Path, seed: int, checkpoint: Path) -> list[str]:
        data = [f"--{options.dataset}", options.path] if self.native else ["--data", str(folder)]
        return [
            *self.command, *data, "--device", self.device, "--batch", str(options.batch),
            "--lr", repr(options.lr), "--seed", str(seed), "--checkpoint", str(checkpoint),
        ]  # fmt: skip


ALL = [
    Configuration("lazulite-cpp", "Lazulite, C++", "lazulite", "lazulite", native=True),
    Configuration("lazulite-python", "Lazulite, Python", "lazulite-python", "lazulite"),
    Configuration(
        "lazulite-cpp-gpu", "Lazulite, C++, GPU", "lazulite", "lazulite", "gpu", native=True
    ),
    Configuration(
        "lazulite-python-gpu", "Lazulite, Python, GPU", "lazulite-python", "lazulite", "gpu"
    ),
    Configuration("pytorch", "PyTorch", "pytorch", "pytorch"),
    Configuration(
        "pytorch-channels-last", "PyTorch, channels last", "pytorch-channels-last", "pytorch"
    ),
    Configuration("pytorch-gpu", "PyTorch, GPU", "pytorch", "pytorch", "gpu"),
    Configuration("mlx", "MLX", "mlx", "mlx"),
]
NAMES = [configuration.name for configuration in ALL]


def digest_of(paths: list[Path]) -> str:
    out = hashlib.sha256()
    for path in sorted(paths):
        out.update(path.name.encode() + path.read_bytes())
    return out.hexdigest()[:16]


def libraries() -> list[Path]:
    """What Lazulite's results depend on: its libraries, as this process has them loaded."""
    loaded = {Path(core.__file__)}
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            names = {line.split()[-1] for line in maps if "liblazulite" in line}
        loaded |= {Path(name) for name in names if os.path.exists(name)}
    except OSError:
        pass  # not Linux
    beside = {backend for path in set(loaded) for backend in path.parent.glob("liblazulite*.so*")}
    return [path for path in loaded | beside if path.is_file()]


def program_of(given: Path | None) -> Path | None:
    """lazulite-cnn: the one that was named, one of a source tree that was built, or of the path."""
    if given:
        if not os.access(given, os.X_OK) or given.is_dir():
            raise Unavailable(f"--program names '{given}', which is not a program.")
        return given.resolve()
    built = Path(core.__file__).parents[2] / "bin" / "lazulite-cnn"
    found = str(built) if built.exists() else shutil.which("lazulite-cnn")
    return Path(found) if found else None


def gpu_of_torch(interpreter: str) -> str:
    name = environments.torch_gpu(interpreter)
    if name is None:
        raise Unavailable("PyTorch finds no GPU.")
    return name


class Finder:
    """Asks the machine what it has, each question once."""

    def __init__(self, options):
        self.options = options
        self.answers: dict = {}

    def once(self, what, ask):
        if what not in self.answers:
            try:
                self.answers[what] = ask()
            except Unavailable as error:
                self.answers[what] = error
        if isinstance(self.answers[what], Unavailable):
            raise self.answers[what]
        return self.answers[what]

    def lazulite(self, configuration: Configuration) -> None:
        if configuration.device == "gpu":
            configuration.gpu = self.once("gpu", machine.gpu)
        build = self.once("build", lambda: digest_of(libraries()))
        configuration.version = core.__version__
        if configuration.native:
            program = self.once("program", lambda: program_of(self.options.program))
            if program is None:
                raise Unavailable("the program lazulite-cnn was not found; --program names it.")
            configuration.command = [
                str(program),
                "--turns",
                "--threads",
                str(self.options.threads),
            ]
            configuration.build = digest_of([program]) + build
        else:
            configuration.command = [
                sys.executable, str(WORKERS / "run_mlx.py"), "--framework", "lazulite",
            ]  # fmt: skip
            configuration.build = build
        configuration.environment = dict(os.environ)
        package = str(Path(core.__file__).parents[1])
        rest = os.environ.get("PYTHONPATH")
        configuration.environment["PYTHONPATH"] = os.pathsep.join(filter(None, [package, rest]))
        if configuration.device == "gpu":
            configuration.environment["LAZULITE_DEVICE"] = "cuda"

    def peer(self, configuration: Configuration) -> None:
        peer = environments.PYTORCH if configuration.family == "pytorch" else environments.MLX
        install = not self.options.no_install
        named = self.options.pytorch_python if peer.name == "PyTorch" else self.options.mlx_python
        interpreter = self.once(
            peer.name, lambda: environments.interpreter_of(peer, install, named)
        )
        configuration.version, variables = self.once(
            peer.name + " itself", lambda: environments.probe(peer, interpreter)
        )
        if configuration.device == "gpu":
            configuration.gpu = self.once("torch's gpu", lambda: gpu_of_torch(interpreter))
        script = "run_pytorch.py" if configuration.family == "pytorch" else "run_mlx.py"
        configuration.command = [
            interpreter, str(WORKERS / script), "--framework", configuration.family,
        ]  # fmt: skip
        if configuration.name == "pytorch-channels-last":
            configuration.command.append("--channels-last")
        configuration.environment = dict(variables)

    def prepare(self, configuration: Configuration) -> None:
        if configuration.is_lazulite:
            self.lazulite(configuration)
        else:
            self.peer(configuration)
        threads = str(self.options.threads)
        for variable in ("OMP_NUM_THREADS", "LAZULITE_NUM_THREADS", "MKL_NUM_THREADS"):
            configuration.environment[variable] = threads
        scripts = [] if configuration.native else list(WORKERS.glob("*.py"))
        configuration.build += digest_of(scripts) if scripts else ""


def find(options) -> tuple[list[Configuration], list[str]]:
    """Those that were asked for and can be had, and a sentence for each of the others."""
    wanted = options.configurations or [
        c.name for c in ALL if c.is_lazulite or not options.quick_without_peers
    ]
    found, left_out = [], []
    finder = Finder(options)
    for configuration in ALL:
        if configuration.name not in wanted:
            continue
        try:
            finder.prepare(configuration)
            found.append(configuration)
        except Unavailable as error:
            left_out.append(f"{configuration.title} is left out: {error}")
    if options.quick_without_peers:
        left_out.append(
            "PyTorch and MLX are left out of a quick look; --configurations names them."
        )
    return found, left_out
