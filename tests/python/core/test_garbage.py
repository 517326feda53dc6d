"""What holds Python objects takes part in garbage collection, and nothing is left at exit."""

import gc
import subprocess
import sys
import textwrap
import weakref

import pytest

import lazulite.core as lz


def identity_rules(function):
    """A custom function with all of its rules."""
    custom = lz.custom_function(function)
    custom.vjp(lambda primals, cotangents, outputs: cotangents)
    custom.jvp(lambda primals, tangents: tangents)
    custom.vmap(lambda inputs, axes: (inputs, axes))
    return custom


THREADS = """
        import os, threading
        def work():
            x = lz.ones((64, 64))
            while True:
                x = x @ x * 0.01
                lz.eval(x)
        for _ in range(4):
            threading.Thread(target=work, daemon=True).start()
    """

WRAPPERS = {
    "grad": lz.grad,
    "value_and_grad": lz.value_and_grad,
    "vmap": lz.vmap,
    "checkpoint": lz.checkpoint,
    "custom_function": identity_rules,
    "compile": lz.compile,
    "compile with inputs": lambda f: lz.compile(f, inputs=[]),
    "grad of vmap": lambda f: lz.grad(lambda x: lz.vmap(f)(x).sum()),
    "grad of checkpoint": lambda f: lz.grad(lz.checkpoint(f)),
    "grad of custom_function": lambda f: lz.grad(identity_rules(f)),
    "vmap of custom_function": lambda f: lz.vmap(identity_rules(f)),
    "compile of grad of custom_function": lambda f: lz.compile(lz.grad(identity_rules(f))),
}


class Holder:
    """Something that a function reaches and that reaches the function."""

    scale = 2.0


def argument(name):
    return lz.array([1.0, 2.0]) if "vmap" in name else lz.array(3.0)


@pytest.mark.parametrize("called", [False, True], ids=["made", "called"])
@pytest.mark.parametrize("name", WRAPPERS)
def test_cycles_through_wrappers_are_collected(name, called):
    holder = Holder()

    def function(x):
        return x * holder.scale

    holder.wrapper = WRAPPERS[name](function)
    if called:
        # Kept without being evaluated: what a graph holds must not count either.
        holder.result = holder.wrapper(argument(name))
    gone = weakref.ref(holder)
    del function, holder
    gc.collect()
    assert gone() is None


def test_rules_are_let_go_where_the_derivative_fails():
    holder = Holder()
    custom = identity_rules(lambda x: x * holder.scale)

    def function(x):
        holder.between = custom(x)
        raise RuntimeError("stop")

    holder.function = function
    with pytest.raises(RuntimeError, match="stop"):
        lz.grad(function)(lz.array(1.0))
    gone = weakref.ref(holder)
    del custom, function, holder
    gc.collect()
    assert gone() is None


def test_rules_hold_in_derivatives_of_derivatives():
    @lz.custom_function
    def cube(x):
        return x * x * x

    @cube.vjp
    def _(x, cotangent, output):
        # Not the derivative, so that it shows.
        return cotangent * 5 * x

    second = lz.grad(lambda x: lz.grad(cube)(x) * x)
    # (5x) x, whose derivative is 10x.
    assert second(lz.array(3.0)).item() == 30
    # The inner derivative ends before the outer one asks.
    inner = lz.grad(lambda x: cube(x) + lz.grad(lambda y: y * y)(x))
    assert inner(lz.array(3.0)).item() == 17


PROGRAMS = {
    "globals": """
        state = {"w": lz.array([1.0, 2.0])}
        wrappers = [make(lambda x: (x * state["w"]).sum()) for make in (
            lz.grad, lz.vmap, lz.checkpoint, lz.custom_function, lz.compile,
            lambda f: lz.compile(f, inputs=state, outputs=state))]
        results = [w(lz.ones((2, 2))) for w in wrappers[1:2]]
        results += [w(lz.ones(2)) for w in wrappers[:1] + wrappers[2:]]
    """,
    "a compiled function that holds a custom function": """
        @lz.custom_function
        def f(x):
            return lz.exp(x)

        @f.vjp
        def _(x, cotangent, output):
            return cotangent * output

        @lz.compile
        def step(x):
            return lz.grad(lambda y: f(y).sum())(x)

        frozen = lz.compile(lambda x: lz.grad(f)(x), inputs=[])
        a = step(lz.ones(3))
        b = frozen(lz.array(1.0))
    """,
    "an export that outlives its array": """
        import numpy as np
        view = np.asarray(lz.arange(10))
        shared = lz.asarray(np.broadcast_to(np.float32(1), 3))
        capsule = lz.ones(3).__dlpack__()
    """,
    "pending work": """
        big = lz.random.normal((500, 500))
        products = [big @ big for _ in range(4)]
        lz.async_eval(products)
    """,
    "a trained module": """
        import lazulite.nn as nn
        import lazulite.optimizers as optim

        net, adam = nn.Linear(4, 2), optim.Adam(1e-3)
        loss = nn.value_and_grad(net, lambda x: net(x).sum())

        @lz.compile
        def step(x):
            value, gradients = loss(x)
            adam.update(net, gradients)
            return value

        net.step = step
        values = [step(lz.ones((3, 4))) for _ in range(3)]
    """,
    "threads that still run": THREADS,
    "a child of threads that still run": THREADS
    + """
        child = os.fork()
        if child:
            os.waitpid(child, 0)
    """,
    "an exception": """
        try:
            lz.take(lz.arange(5), lz.array(9)).item()
        except IndexError as error:
            kept = error
        iterator = iter(lz.arange(3))
        next(iterator)
    """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_left_at_exit(name, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import lazulite.core as lz\n" + textwrap.dedent(PROGRAMS[name]))
    # When such threads ask for Python's lock is a matter of chance.
    for _ in range(8 if "threads" in name else 1):
        run = subprocess.run(
            [sys.executable, program], capture_output=True, text=True, timeout=120, check=False
        )
        assert run.returncode == 0, run.stderr
    assert run.stderr == ""
