"""Ctrl-C while something is computed: KeyboardInterrupt at once, and the arrays are right later."""

import subprocess
import sys

PROGRAM = """
import signal, threading, time
import lazulite.core as lz

# Whoever starts tests in the background of a shell ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)
a = lz.full((512, 512), 2.0 ** -9)
lz.eval(a)
{before}
products = a
for _ in range(60):
    products = products @ a
try:
    threading.Timer(0.005, signal.raise_signal, [signal.SIGINT]).start()
    {wait}
    print("ended")
except KeyboardInterrupt:
    print("interrupted")
print((products == products[0, 0]).all().item(), products[0, 0].item())
"""


def run(wait, before=""):
    text = PROGRAM.format(wait=wait, before=before)
    process = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=300, check=False
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.split("\n")[:2]


# Each row of `a` sums to one, so that products with it stay what they are.
EXPECTED = ["interrupted", f"True {2.0**-9}"]


def test_an_evaluation_is_interrupted():
    assert run("lz.eval(products)") == EXPECTED


def test_a_read_is_interrupted():
    assert run("products.tolist()") == EXPECTED
    assert run("memoryview(products)") == EXPECTED


def test_a_compiled_call_is_interrupted():
    before = "step = lz.compile(lambda x: x @ a)"
    wait = "lz.eval(step(products))"
    assert run(wait, before) == EXPECTED


def test_an_interrupt_before_is_not_lost():
    """One that arrives while Python itself runs is raised as ever."""
    # Not one long sleep: the signal comes to another thread, which would not end it.
    assert run("for _ in range(60_000): time.sleep(0.001)") == EXPECTED


def test_the_handler_of_the_user_is_called():
    before = """
def handler(number, frame):
    raise KeyboardInterrupt("mine")
signal.signal(signal.SIGINT, handler)
"""
    assert run("lz.eval(products)", before) == EXPECTED
