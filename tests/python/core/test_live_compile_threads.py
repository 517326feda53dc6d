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
