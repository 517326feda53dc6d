"""Compiled functions beside other threads, which change or call what they reach."""

import subprocess
import sys
import threading

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
