"""The Python line that an error names, which is where the operation was called."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import lazulite.core as lz
import lazulite.nn as nn


def test_each_of_many_lines_is_told_from_the_others():
    lines = 1500
    source = "def make(x, index, out):\n" + "    out.append(x[index])\n" * lines
    scope = {}
    exec(compile(source, "many_lines.py", "exec"), scope)
    wrong = []
    for _ in range(2):  # the second time, where each line has been seen
        wrong.clear()
        scope["make"](lz.arange(3), lz.array([5]), wrong)
    for line, array in enumerate(wrong, 2):
        with pytest.raises(IndexError, match=re.escape(f"(many_lines.py, line {line})")):
            array.tolist()


def test_a_library_function_is_not_where_an_operation_was_called():
    layer = nn.Embedding(3, 2)
    wrong = [
        layer(lz.array([7])),
        nn.Sequential(layer, nn.ReLU())(lz.array([8])),
    ]
    here = test_a_library_function_is_not_where_an_operation_was_called.__code__.co_firstlineno
    for offset, array in ((3, wrong[0]), (4, wrong[1])):
        with pytest.raises(IndexError, match=rf"test_origins\.py, line {here + offset}\)"):
            array.tolist()


PROGRAM = """\
import lazulite.core as lz
import lazulite.nn as nn

print(lz.__file__)
wrong = nn.Sequential(nn.Embedding(3, 2), nn.ReLU())(lz.array([7]))
try:
    wrong.tolist()
except IndexError as error:
    print(error)
"""


@pytest.mark.parametrize("where", ["elsewhere", "python"])
@pytest.mark.parametrize("folder", ["mine", "python/lazulite", "lib/site-packages/lazulite"])
def test_the_package_is_told_from_programs_by_its_own_folder(tmp_path, where, folder):
    packages, program = tmp_path / where, tmp_path / folder / "train.py"
    packages.mkdir()
    (packages / "lazulite").symlink_to(Path(lz.__file__).parent)
    program.parent.mkdir(parents=True, exist_ok=where == "python")
    if where == "python" and folder == "python/lazulite":
        pytest.skip("the program would lie in the package itself")
    program.write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    done = subprocess.run(
        [sys.executable, "-P", program], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    place, message = done.stdout.splitlines()
    assert place.startswith(str(packages))
    assert f"({program}, line 5)" in message
