"""Compiled functions beside other threads, which change or call what they reach."""

import subprocess
import sys
import threading

import pytest

import lazulite.core as lz


def test_other_threads_may_replace_what_is_read():
    state = {"w": lz.ones(8)}
    double = lz.compile(lambda x: x * state["w"])
    x, stop = lz.ones(8), threading.Event()

    def replace():
        while not stop.is_set():
            state["w"] = lz.ones(8)

    other = threading.Thread(target=replace)
    other.start()
    try:
        assert all(double(x).tolist() == [1] * 8 for _ in range(500))
    finally:
        stop.set()
        other.join()


def test_other_threads_see_the_old_state_until_the_new_one_is_there():
    state = {"w": lz.ones((8, 8))}
    seen, stop = set(), threading.Event()

    def advance(x):
        w = state["w"]
        for i in range(20):
            w = lz.sin(w @ w + i)
        state["w"] = w
        return x + 1

    def look():
        while not stop.is_set():
            seen.add(state["w"].shape)

    other = threading.Thread(target=look)
    other.start()
    try:
        for size in range(1, 20):
            lz.compile(advance)(lz.ones(size))
    finally:
        stop.set()
        other.join()
    assert seen == {(8, 8)}


def test_functions_are_first_called_in_two_threads():
    source = """
import threading
import lazulite as lz, lazulite.nn as nn, lazulite.optimizers as optim
net, adam = nn.Linear(4, 4), optim.Adam(0.1)
loss = nn.value_and_grad(net, lambda x: net(x).sum())
def train(x):
    value, gradients = loss(x)
    adam.update(net, gradients)
    return value
functions = [lz.compile(train), lz.compile(lambda x: net(x))]
barrier = threading.Barrier(2)
def run(function):
    barrier.wait()
    function(lz.ones((2, 4))).tolist()
threads = [threading.Thread(target=run, args=(f,)) for f in functions]
[t.start() for t in threads], [t.join() for t in threads]
"""
    for _ in range(3):
        subprocess.run([sys.executable, "-P", "-c", source], check=True, timeout=60)


CALLED_BY_FOUR = """
import threading
from functools import partial
import lazulite as lz, lazulite.nn as nn, lazulite.optimizers as optim
for turn in range(10):
    net, sgd = nn.Linear(8, 8), optim.SGD(RATE)
    loss = nn.value_and_grad(net, lambda x: (net(x) ** 2).mean())
    def train(x):
        value, gradients = loss(x)
        sgd.update(net, gradients)
        return value
    state = [net.state, sgd.state]
    step = WRAP(train)
    inputs = [lz.random.normal((4, 8)) for _ in range(4)]
    lz.eval(inputs, net.parameters())
    expected = [float((net(x) ** 2).mean().item()) for x in inputs]
    failures = []
    def run(i):
        try:
            for _ in range(20):
                got = step(inputs[i]).item()
                assert RATE or abs(got - expected[i]) < 1e-5, (got, expected[i])
        except BaseException as error:
            failures.append(error)
    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    [t.start() for t in threads], [t.join() for t in threads]
    assert not failures, failures
    assert all(value == value for value in net.weight.flatten().tolist())
"""


@pytest.mark.parametrize("rate", ["0.0", "0.1"])
@pytest.mark.parametrize(
    "wrap", ["lz.compile", "partial(lz.compile, inputs=state, outputs=state)"]
)
def test_one_step_is_called_by_several_threads(rate, wrap):
    source = CALLED_BY_FOUR.replace("RATE", rate).replace("WRAP", wrap)
    subprocess.run([sys.executable, "-P", "-c", source], check=True, timeout=120)


def test_a_child_forked_while_another_thread_traces_may_call():
    source = """
import os, threading
import lazulite as lz
tracing, go_on = threading.Event(), threading.Event()
def slow(x):
    tracing.set()
    go_on.wait()
    return x + 1
other = threading.Thread(target=lambda: lz.compile(slow)(lz.ones(3)).tolist())
other.start()
tracing.wait()
child = os.fork()
if child == 0:
    os._exit(lz.compile(lambda x: x * 2)(lz.ones(3)).tolist() != [2, 2, 2])
assert os.waitpid(child, 0)[1] == 0
go_on.set()
other.join()
"""
    subprocess.run([sys.executable, "-P", "-c", source], check=True, timeout=60)


HEAD = """
import threading, time, types
import lazulite as lz, lazulite.core as core
"""


def run(source):
    command = [sys.executable, "-P", "-c", HEAD + source]
    done = subprocess.run(command, check=True, timeout=60, stdout=subprocess.PIPE, text=True)
    return done.stdout.split()


WAITING_TRACES = {
    "joins": "thread.join()",
    "polls": "while thread.is_alive(): time.sleep(0.01)",
    "is busy": "while thread.is_alive(): pass",
}


OTHER_FUNCTIONS = {
    "live": "lz.compile(lambda y: y * 2)",
    "of what it was told": "lz.compile(lambda y: y * 2, inputs=[], outputs=[])",
    "in a derivative": "lz.grad(lz.compile(lambda y: (y * y).sum()))",
}


@pytest.mark.parametrize("function", OTHER_FUNCTIONS)
@pytest.mark.parametrize("waits", WAITING_TRACES)
def test_a_traced_function_waits_for_a_thread_that_calls_another(function, waits):
    # In a module, so that the traced function doesn't reach what the thread uses.
    source = f"""
other = types.ModuleType("other")
other.double, other.got = {OTHER_FUNCTIONS[function]}, []
def call():
    other.got += other.double(lz.array([1.0, 2.0])).tolist()
def traced(x):
    thread = threading.Thread(target=call)
    thread.start()
    {WAITING_TRACES[waits]}
    return x + other.got[0]
print(*lz.compile(traced)(lz.ones(2)).tolist(), *other.double(lz.array([3.0])).tolist())
"""
    assert run(source) == ["3.0", "3.0", "6.0"]


@pytest.mark.parametrize("waits", WAITING_TRACES)
def test_a_traced_function_waits_for_a_thread_that_uses_its_arrays(waits):
    source = f"""
core._set_patience_with_traces(1)
weights, errors = lz.ones(2), []
@lz.compile
def double():
    return weights * 2
def call():
    try:
        double()
    except RuntimeError as error:
        errors.append(str(error))
def traced(x):
    thread = threading.Thread(target=call)
    thread.start()
    {WAITING_TRACES[waits]}
    return x + weights
print(*lz.compile(traced)(lz.ones(2)).tolist(), *double().tolist())
assert len(errors) == 1 and "compile: another thread traces" in errors[0], errors
"""
    assert run(source) == ["2.0", "2.0", "2.0", "2.0"]


def test_a_trace_that_takes_long_is_waited_for():
    # It builds something again and again, for longer than one may stand still.
    source = """
core._set_patience_with_traces(4)
weights = lz.ones(2)
begun = threading.Event()
def slow(x):
    begun.set()
    for _ in range(45):
        time.sleep(0.1)
        x = x + weights
    return x
slow = lz.compile(slow)
thread = threading.Thread(target=lambda: print(*slow(lz.zeros(2)).tolist()))
thread.start()
begun.wait()
print(*slow(lz.zeros(2)).tolist())
thread.join()
"""
    assert run(source) == ["45.0"] * 4


def test_a_lock_held_by_a_thread_that_waits_for_a_trace_that_wants_it():
    source = """
core._set_patience_with_traces(1)
weights, lock, begun, held = lz.ones(2), threading.Lock(), threading.Event(), threading.Event()
def traced(x):
    begun.set()
    held.wait()
    with lock:
        return x + weights
traced = lz.compile(traced)
def first():
    print(*traced(lz.ones(2)).tolist())
def second():
    begun.wait()
    with lock:
        held.set()
        try:
            traced(lz.ones(2))
        except RuntimeError:
            print("refused")
threads = [threading.Thread(target=f) for f in (first, second)]
[t.start() for t in threads], [t.join() for t in threads]
"""
    assert run(source) == ["refused", "2.0", "2.0"]


def test_no_trace_begins_where_a_call_that_went_past_may_look():
    # What goes past a standing trace runs on with the values of what it reaches, although others
    # of its kind are called for the first time meanwhile.
    source = """
other = types.ModuleType("other")
other.weights = lz.ones(2)
other.begun, other.started, other.go_on = (threading.Event() for _ in range(3))
def slow(y):
    other.started.set()
    other.go_on.wait()
    other.weights = other.weights + y
    return other.weights * 2
other.slow, other.got = lz.compile(slow), []
def call():
    other.begun.wait()
    other.got += other.slow(lz.array([1.0, 2.0])).tolist()
thread = threading.Thread(target=call)
thread.start()
def traced(x):
    other.begun.set()
    other.started.wait()
    return x + 1
def quick(y):
    other.weights = other.weights + 1
    return other.weights + y
print(*lz.compile(traced)(lz.ones(2)).tolist())
print(*lz.compile(quick)(lz.zeros(2)).tolist())
other.go_on.set()
thread.join()
print(*other.got, *other.weights.tolist())
"""
    assert run(source) == "2.0 2.0 2.0 2.0 6.0 8.0 3.0 4.0".split()
