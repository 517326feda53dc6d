"""Conversions and graphs, again and again, by one thread and by many: memory stays, values hold.

The long form is `pytest tests/python/core/test_soak.py --soak 1000000`.
"""

import copy
import ctypes
import gc
import pickle
import sys
import threading

import numpy as np
import pytest

import lazulite.core as lz


@lz.custom_function
def doubled(x):
    return x * 2


@doubled.vjp
def _(x, cotangent, output):
    return cotangent * 2


STATE = {"sum": lz.zeros(3)}
HOST = np.arange(12, dtype=np.float32).reshape(3, 4)
HOST.flags.writeable = False
ONES = lz.ones(3)


@lz.compile
def compiled(x):
    STATE["sum"] = STATE["sum"] * 0.5 + x
    return x + 1


def conversions(i):
    x = lz.array([[i, 2.0], [3, 4]])
    assert x.tolist()[0][0] == i
    assert lz.array(HOST).sum().item() == 66
    assert lz.asarray(HOST)[1, 1].item() == 5
    assert np.asarray(x)[1, 1] == 4
    assert np.from_dlpack(x)[1, 0] == 3
    assert memoryview(x).shape == (2, 2)
    assert lz.array([ONES, ONES, [1, 2, 3]])[2, 1].item() == 2


def copies(i):
    x = lz.array([i, 1])
    assert pickle.loads(pickle.dumps(x))[0].item() == i
    assert copy.deepcopy(x)[0].item() == i
    x[0] = 5
    x += 1
    assert x.tolist() == [6, 2]


def graphs(i):
    x = lz.arange(6).reshape(2, 3) + i
    y = (x.astype(lz.float32) * 0.5)[:, ::2].sum()
    assert y.item() == (2 * i + 5) * 2 * 0.5 + 0
    assert x[lz.array([1, 0]), 0].tolist() == [i + 3, i]
    assert x.at[0].add(1)[0, 0].item() == i + 1


def unevaluated(i):
    # Few nodes: where the budget of pending ones ends, there is a plan for each place in the chain.
    x = lz.ones((8, 8)) * i
    assert (lz.sin(x) @ x + 1).shape == (8, 8)


def transforms(i):
    x = lz.array([1.0, 2.0, float(i)])
    assert lz.grad(lambda x: (x * x).sum())(x)[2].item() == 2 * i
    assert lz.grad(lambda x: doubled(x).sum())(x)[0].item() == 2
    assert lz.vmap(lambda x: x + 1)(x)[0].item() == 2
    assert lz.grad(lz.checkpoint(lambda x: lz.exp(x).sum()))(lz.zeros(2))[0].item() == 1
    assert lz.jvp(lambda x: x * 3, [x], [x])[1][0][1].item() == 6


def compiled_calls(i):
    assert compiled(ONES * i)[0].item() == i + 1


def errors(i):
    for wrong in (lambda: lz.take(ONES, lz.array(7)).item(), lambda: ONES @ lz.ones(4)):
        try:
            wrong()
        except (IndexError, ValueError):
            continue
        raise AssertionError("no error")


def randoms(i):
    lz.random.seed(i)
    a = lz.random.normal((4,))
    lz.random.seed(i)
    assert lz.array_equal(lz.random.normal((4,)), a).item()


WORK = (conversions, copies, graphs, unevaluated, transforms, compiled_calls, errors, randoms)


class Mallinfo(ctypes.Structure):
    _names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in _names.split()]


def allocated():
    """Bytes of the C library that are in use, blocks of Python that are, and bytes of arrays."""
    gc.collect()
    lz.synchronize()
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Mallinfo
    info = mallinfo()
    return np.array(
        [info.uordblks + info.hblkhd, sys.getallocatedblocks(), lz.get_active_memory()]
    )


@pytest.mark.parametrize("work", WORK, ids=lambda work: work.__name__)
def test_memory_stays(work, pytestconfig):
    count = max(pytestconfig.getoption("--soak") // (4 * len(WORK)), 64)
    growth = []
    before = allocated()
    for part in range(4):
        for i in range(count):
            work(i % 1000)
        after = allocated()
        growth.append(after - before)
        before = after
    # Tables grow once in a while; what is kept of each call would show in every part.
    grown = np.min(growth[1:], axis=0)
    assert grown[0] <= 16 * count + 1000, f"{grown[0]} bytes in {count} calls"
    assert grown[1] <= 0.05 * count + 50, f"{grown[1]} Python blocks in {count} calls"
    assert grown[2] <= 1000, f"{grown[2]} bytes of arrays in {count} calls"


def test_threads_build_and_evaluate_at_once(pytestconfig):
    count = max(pytestconfig.getoption("--soak") // 40, 16)
    wrong = []
    shared = lz.random.normal((32, 32))
    expected = np.asarray(shared @ shared)

    def work(number):
        try:
            x = lz.full((16, 16), number, dtype=lz.float32)
            for i in range(count):
                # Some are evaluated here, some by others, some are dropped.
                product = shared @ shared
                chain = lz.tanh(x * 0.1) + i
                if i % 3 == 0:
                    lz.async_eval(product, chain)
                if i % 5 == 0:
                    gradient = lz.grad(lambda x: (x * x).sum())(x)
                    assert gradient[0, 0].item() == 2 * number
                if i % 7 == 0:
                    assert abs(chain[1, 1].item() - (np.tanh(0.1 * number) + i)) < 1e-3
                if i % 2 == 0:
                    np.testing.assert_allclose(np.asarray(product), expected, rtol=1e-6)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_threads_share_pending_arrays(pytestconfig):
    count = max(pytestconfig.getoption("--soak") // 100, 16)
    barrier = threading.Barrier(4)
    current = []
    wrong = []

    def work():
        for i in range(count):
            if barrier.wait() == 0:
                x = lz.arange(1000) + i % 100
                current[:] = [x, (x * x).sum(), x[::-1][0]]
            barrier.wait()
            x, total, last = current
            first = i % 100
            expected = first, sum(k * k for k in range(first, first + 1000)), first + 999
            found = x[0].item(), total.item(), last.item()
            if found != expected:
                wrong.append((found, expected))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
