"""Nests that contain themselves, or that are too deep for the stack, are errors and no crash."""

import subprocess
import sys

import pytest

PROGRAM = """
import lazulite.core as lz

inside = []
inside.append(inside)
named = {}
named["a"] = named
deep = lz.ones(2)
for _ in range(200_000):
    deep = [deep]

class Itself:
    def __mlx_array__(self):
        return self

class Link:
    pass

chain = None
for _ in range(200_000):
    link = Link()
    link.next, chain = chain, link

itself, x = Itself(), lz.ones(2)

def expect(call):
    for nest in (inside, deep, named):
        try:
            call(nest)
        except (RecursionError, ValueError, TypeError):
            continue
        raise AssertionError("no error")

CALLS
print("all refused")
"""

CALLS = {
    "array": "expect(lz.array)",
    "an operand": "expect(lz.exp)",
    "asarray": "expect(lz.asarray)",
    "an index": "expect(lambda nest: x[nest] if isinstance(nest, list) else x[[nest]])",
    "a value": "expect(lambda nest: x.__setitem__(0, nest))",
    "eval": "expect(lz.eval)",
    "async_eval": "expect(lz.async_eval)",
    "grad": "expect(lz.grad(lambda t: x.sum()))",
    "checkpoint": "expect(lz.checkpoint(lambda t: x))",
    "vmap": "expect(lz.vmap(lambda t: x))",
    "a result of vmap": "expect(lambda nest: lz.vmap(lambda t: nest)(x))",
    "a result of compile": "expect(lambda nest: lz.compile(lambda: nest)())",
    "inputs": "expect(lambda nest: lz.compile(lambda t: t, inputs=nest)(x))",
    "outputs": "expect(lambda nest: lz.compile(lambda t: t, outputs=nest)(x))",
    "a listed argument": "expect(lz.compile(lambda t: x, inputs=[]))",
    "vjp": "expect(lambda nest: lz.vjp(lambda t: nest, [x], [x]))",
    "meshgrid": "expect(lambda nest: lz.meshgrid(nest))",
    "an array that gives itself": (
        "for call in (lz.array, lz.exp, lambda o: x + o):\n"
        "    try:\n"
        "        call(itself)\n"
        "    except RecursionError:\n"
        "        continue\n"
        "    raise AssertionError('no error')"
    ),
    "what a compiled function reaches": (
        "try:\n"
        "    lz.compile(lambda t: t if chain else x)(x)\n"
        "except RecursionError:\n"
        "    pass"
    ),
    "a thread with a small stack": (
        "import threading\n"
        "threading.stack_size(256 << 10)\n"
        "found = []\n"
        "thread = threading.Thread(target=lambda: (expect(lz.array), found.append(1)))\n"
        "thread.start(), thread.join()\n"
        "assert found"
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_is_refused(name):
    program = PROGRAM.replace("CALLS", CALLS[name])
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (out.returncode, out.stdout) == (0, "all refused\n"), out.stderr[-2000:]


def test_what_is_deep_but_fits_is_taken():
    import lazulite.core as lz

    nest = lz.array([1.0, 2.0]) + 1
    for _ in range(900):
        nest = [nest]
    lz.eval(nest)
    assert lz.grad(lambda x, _: (x * x).sum())(lz.array(3.0), nest).item() == 6
