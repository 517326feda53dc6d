"""What importing costs, and that everything public is documented."""

import doctest
import subprocess
import sys

from lazulite import data


def test_importing_brings_nothing_that_is_not_needed_yet():
    program = (
        "import sys, lazulite.data; "
        "print([m for m in ('numpy', 'multiprocessing', 'socket', 'inspect') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert out.stdout == "[]\n"


def test_everything_public_has_documentation():
    for name in data.__all__:
        assert getattr(data, name).__doc__, name
    result = doctest.testmod(data)
    assert result.attempted > 0 and result.failed == 0
