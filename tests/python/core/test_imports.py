"""What an import brings with it, which is most of the time that it takes."""

import subprocess
import sys

PROGRAM = """
import sys
before = set(sys.modules)
import lazulite.core
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


def test_the_core_brings_little():
    out = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{PROGRAM}"],
        capture_output=True,
        text=True,
        check=True,
    )
    brought = set(out.stdout.split())
    assert "lazulite" in brought
    assert not brought & {"numpy", "typing", "inspect", "dataclasses", "multiprocessing", "json"}
