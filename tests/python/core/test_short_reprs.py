"""`reprlib`, which pytest and pdb print with, shows arrays."""

import array
import reprlib

import lazulite.core as lz


def test_arrays():
    assert reprlib.repr(lz.array([1, 2])) == "array([1, 2], dtype=int32)"
    assert reprlib.repr([lz.array(1.5)]) == "[array(1.5, dtype=float32)]"
    assert "..." in reprlib.repr(lz.zeros((30, 30)))
    assert reprlib.repr(array.array("i", [1, 2])) == "array('i', [1, 2])"


def test_in_an_assertion(tmp_path):
    import os
    import subprocess
    import sys

    (tmp_path / "test_one.py").write_text(
        "import lazulite.core as lz\ndef test():\n    assert lz.array([1]) == lz.array([2])\n"
    )
    command = [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path)]
    out = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    assert "assert array([1], dtype=int32) == array([2], dtype=int32)" in out.stdout, out.stdout
