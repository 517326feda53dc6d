"""Threads read and assign to one array object: what is read is some value that it had."""

from __future__ import annotations

import threading

import lazulite.core as lz
import numpy as np
import pytest

READS = {
    "tolist": lambda a: a.tolist()[0],
    "item": lambda a: a.item(),
    "float": lambda a: float(a),
    "print": lambda a: float(str(a).split("[")[1].split("]")[0]),
    "bytes": lambda a: np.frombuffer(bytes(a), np.float32)[0],
    "state": lambda a: np.frombuffer(a.__getstate__()[0], np.float32)[0],
    "buffer": lambda a: memoryview(a)[0],
    "dlpack": lambda a: np.from_dlpack(a)[0],
    "numpy": lambda a: np.asarray(a)[0],
}
#: Sizes of the array; others have a hundred elements.
READS_OF = {"item": 1, "float": 1, "print": 1}


@pytest.mark.parametrize("read", READS)
def test_reading_what_others_assign_to(read):
    shared = lz.zeros(READS_OF.get(read, 100))
    found = []

    def use():
        for k in range(1000):
            shared[0] = float(k)
            found.append(READS[read](shared))

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3000
    assert set(found) <= set(range(1000))
