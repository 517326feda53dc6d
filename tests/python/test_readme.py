"""The README's program in Python does what it says, as it is printed."""

import pathlib
import re
import subprocess
import sys

README = pathlib.Path(__file__).parents[2] / "README.md"


def test_the_example_trains(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.S)
    assert len(blocks) == 1
    program = tmp_path / "program.py"
    program.write_text(blocks[0])
    run = subprocess.run(
        [sys.executable, str(program)], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    # 64 images are learnt by heart: the loss of chance is 2.3.
    assert float(run.stdout) < 1.0
    assert (tmp_path / "net.safetensors").stat().st_size > 400_000
