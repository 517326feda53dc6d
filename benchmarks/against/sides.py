"""The two builds, and the program `cases` that each of them has."""

import json
import os
import re
import shutil
import subprocess
import tempfile

# The overlay: what measures is the same on both sides.
BENCHMARKS = "benchmarks"


class Failure(Exception):
    """A sentence for whoever started the comparison."""


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        shown = " ".join(str(word) for word in command)
        raise Failure(f"`{shown}` ended with code {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def revision(root, name):
    return run(["git", "-C", root, "rev-parse", "--verify", f"{name}^{{commit}}"]).strip()


def build_tree(folder, jobs):
    options = ["-DLAZULITE_BUILD_BENCHMARKS=ON", "--log-level=WARNING"]
    run(["cmake", "--preset", "release", *options], cwd=folder)
    run(["cmake", "--build", "build", "--target", "cases", "-j", str(jobs)], cwd=folder)


def build_revision(root, folder, commit, jobs):
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        run(["git", "-C", root, "worktree", "prune"])
        run(["git", "-C", root, "worktree", "add", "--detach", folder, commit])
    run(["git", "-C", folder, "checkout", "--detach", "--force", commit])
    fetched = folder / ".deps"
    if not fetched.exists() and (root / ".deps").exists():
        fetched.symlink_to((root / ".deps").resolve())
    overlay(root / BENCHMARKS, folder / BENCHMARKS)
    build_tree(folder, jobs)


def overlay(source, target):
    """Copies the benchmarks; files that are the same keep their times, so that nothing is rebuilt."""
    wanted = {p.relative_to(source) for p in source.rglob("*") if p.is_file()}
    wanted = {p for p in wanted if "__pycache__" not in p.parts}
    for path in [p for p in target.rglob("*") if p.is_file()]:
        if path.relative_to(target) not in wanted:
            path.unlink()
    for path in wanted:
        to = target / path
        if to.exists() and to.read_bytes() == (source / path).read_bytes():
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / path, to)


class Side:
    def __init__(self, folder):
        self.program = folder / "build" / "benchmarks" / "cases"
        if not self.program.exists():
            raise Failure(f"{self.program} is missing: leave --no-build away")

    def cases(self, pattern):
        names = run([self.program, "--list"]).splitlines()
        return [name for name in names if re.search(pattern, name)]

    def microseconds(self, case, milliseconds):
        output = run([self.program, "--case", case, "--milliseconds", str(milliseconds)])
        return json.loads(output)["us"]

    def instructions(self, case):
        """Of one call on one thread: what so many more calls cost. Beside them the process does what
        depends on when its threads get their turns, which counts less, the more calls there are."""
        few, many = 100, 3100
        return (self._counted(case, many) - self._counted(case, few)) / (many - few)

    def _counted(self, case, calls):
        if not shutil.which("valgrind"):
            raise Failure(f"the brief case '{case}' is measured by valgrind, which is not installed")
        environment = {**os.environ, "LAZULITE_NUM_THREADS": "1"}
        with tempfile.TemporaryDirectory() as folder:
            out = f"{folder}/callgrind.out"
            tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
            run([*tool, self.program, "--case", case, "--calls", str(calls)], env=environment)
            with open(out, encoding="utf-8") as file:
                found = re.search(r"^(?:summary|totals): (\d+)", file.read(), re.MULTILINE)
        if not found:
            raise Failure(f"callgrind counted nothing for the case '{case}'")
        return int(found.group(1))
