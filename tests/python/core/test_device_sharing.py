"""Arrays in a device's memory as other libraries see them, and theirs here, by DLPack and
__cuda_array_interface__. Runs on the fake device of the C++ tests, in a process of its own, where
it takes the place of an NVIDIA GPU; test_gpu_sharing.py does the same with PyTorch on a real one."""

import ctypes
import gc
import os
import pathlib
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

import lazulite.core as lz

ON_DEVICE = os.environ.get("LAZULITE_DEVICE") == "fake"
ROOT = pathlib.Path(__file__).parents[3]
BUILD = "build-debug" if "build-debug" in str(lz.__file__) else "build"
PLUGINS = ROOT / BUILD / "tests" / "plugins"


@pytest.mark.skipif(ON_DEVICE, reason="this is the process that it starts")
def test_on_the_fake_device():
    if not PLUGINS.is_dir():
        pytest.skip(f"the fake device has not been built: there is no {PLUGINS}")
    environment = dict(os.environ, LAZULITE_DEVICE="fake", LAZULITE_BACKEND_PATH=str(PLUGINS))
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


on_device = pytest.mark.skipif(not ON_DEVICE, reason="runs on the fake device")

DISTANCE = 1 << 62  # between an address of the fake device and the host's memory behind it
DTYPES = ["bool_", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
          "float16", "bfloat16", "float32", "float64", "complex64"]  # fmt: skip


class Foreign:
    """What another library's array looks like that speaks DLPack: it shows one of ours."""

    def __init__(self, array, device=None):
        self.array, self.device, self.asked = array, device, []

    def __dlpack_device__(self):
        return self.device or self.array.__dlpack_device__()

    def __dlpack__(self, **options):
        self.asked.append(options)
        return self.array.__dlpack__(**options)


class WithInterface:
    """One that has the interface alone."""

    def __init__(self, array, **changes):
        self.array = array
        self.interface = dict(array.__cuda_array_interface__, **changes)

    @property
    def __cuda_array_interface__(self):
        return self.interface


def made(values, dtype=lz.float32):
    """An array that the device has computed."""
    return lz.array(values).astype(dtype) + lz.zeros((), dtype)


def address(array):
    return array.__cuda_array_interface__["data"][0]


def bytes_at(place, count):
    return ctypes.string_at(place - DISTANCE, count)


def numbers(array):
    return np.array(array.astype(lz.float32) if array.dtype == lz.bfloat16 else array)


@on_device
def test_where_arrays_lie():
    x = made([1.0, 2.0])
    assert x.__dlpack_device__() == (2, 0)
    assert x.tolist() == [1, 2] and x.__dlpack_device__() == (2, 0)
    assert x[1:].__dlpack_device__() == (2, 0)
    host = lz.array([1.0, 2.0])
    assert host.__dlpack_device__() == (1, 0)
    assert (host * 2).tolist() == [2, 4] and host.__dlpack_device__() == (1, 0)
    on_cpu = lz.add(host, host, stream=lz.cpu)
    assert on_cpu.__dlpack_device__() == (1, 0)
    assert not hasattr(on_cpu, "__cuda_array_interface__")
    with pytest.raises(AttributeError, match="does not lie in the memory of an NVIDIA GPU"):
        host.__cuda_array_interface__


@on_device
def test_the_memory_is_shared():
    x = made([[1.0, 2.0], [3.0, 4.0]])
    theirs = Foreign(x)
    for share in (lz.from_dlpack, lz.asarray):
        y = share(theirs, copy=False)
        assert y.tolist() == x.tolist() and y.dtype == x.dtype
        assert address(y) == address(x)
        assert y.__dlpack_device__() == (2, 0)
    assert all(options["stream"] == 1 for options in theirs.asked)
    # What says that it can't be written to is shared unless a copy is asked for.
    assert address(lz.from_dlpack(theirs)) == address(x)
    for copy in (lz.array, lambda a: lz.asarray(a, copy=True)):
        y = copy(theirs)
        assert y.tolist() == x.tolist() and y.__dlpack_device__() == (2, 0)
        assert address(y) != address(x)


@on_device
def test_what_may_be_written_to_is_copied():
    x = made([1.0, 2.0])
    writable, constant = (
        WithInterface(x, data=(address(x), read_only)) for read_only in (False, True)
    )
    assert address(lz.asarray(constant)) == address(x)
    copy, shared = lz.asarray(writable), lz.asarray(writable, copy=False)
    assert address(copy) != address(x) and address(shared) == address(x)
    ctypes.memmove(address(x) - DISTANCE, np.float32([5, 6]).tobytes(), 8)
    assert copy.tolist() == [1, 2]
    assert (shared + 0).tolist() == [5, 6]


@on_device
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(dtype):
    x = made([[0, 1, 1], [1, 0, 1]], getattr(lz, dtype))
    shared = lz.from_dlpack(Foreign(x), copy=False) if dtype != "float64" else None
    if shared is not None:
        assert shared.dtype == x.dtype
        np.testing.assert_array_equal(numbers(shared), numbers(x))
    assert lz.array(Foreign(x)).dtype == (lz.float32 if dtype == "float64" else x.dtype)
    assert lz.array(Foreign(x), dtype=lz.int32).tolist() == [[0, 1, 1], [1, 0, 1]]
    if dtype == "bfloat16":
        assert not hasattr(x, "__cuda_array_interface__")
        return
    interface = x.__cuda_array_interface__
    assert np.dtype(interface["typestr"]) == np.array(x).dtype
    assert (interface["shape"], interface["strides"], interface["version"]) == ((2, 3), None, 3)
    assert bytes_at(interface["data"][0], x.nbytes) == np.array(x).tobytes()
    y = lz.asarray(WithInterface(x), dtype=x.dtype, copy=False)
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(numbers(y), numbers(x))


@on_device
def test_float64_is_not_kept_unless_asked_for():
    x = made([1.0, 2.0], lz.float64)
    assert lz.from_dlpack(Foreign(x)).dtype == lz.float32
    with pytest.raises(ValueError, match="can't be shared"):
        lz.from_dlpack(Foreign(x), copy=False)
    kept = lz.asarray(Foreign(x), dtype=lz.float64, copy=False)
    assert kept.dtype == lz.float64 and address(kept) == address(x)


VIEWS = {
    "slice": lambda x: x[1:4],
    "steps": lambda x: x[::2, 1::2],
    "transposed": lambda x: x.T,
    "backwards": lambda x: x[::-1],
    "backwards columns": lambda x: x[1:, ::-2],
    "row": lambda x: x[2],
    "element": lambda x: x[2, 3],
    "no rows": lambda x: x[3:3],
}


@on_device
@pytest.mark.parametrize("view", VIEWS)
def test_views(view):
    x = made(np.arange(30.0).reshape(5, 6))
    ours, expected = VIEWS[view](x), VIEWS[view](np.arange(30, dtype=np.float32).reshape(5, 6))
    lz.eval(ours)
    for theirs in (Foreign(ours), WithInterface(ours)):
        shared, copied = lz.asarray(theirs, copy=False), lz.array(theirs)
        for y in (shared, copied):
            assert y.shape == expected.shape
            np.testing.assert_array_equal(np.array(y), expected)
            np.testing.assert_array_equal(np.array(y * 2), expected * 2)
        assert shared.size == 0 or address(shared) == address(ours)
    assert ours.size > 0 or address(ours) == 0


@on_device
def test_exports_are_not_written():
    x = made(np.ones(1000))
    lz.eval(x)
    y = lz.from_dlpack(Foreign(x), copy=False)
    capsule = x.__dlpack__()
    for _ in range(20):
        x = x + 1
        lz.eval(x)
    assert x.tolist() == [21] * 1000 and y.tolist() == [1] * 1000
    del capsule


@on_device
def test_what_an_interface_has_shown_stays_as_long_as_the_object():
    x = made(np.ones(1000))
    before = x.__cuda_array_interface__
    assert x.__cuda_array_interface__ == before
    for i in range(10):
        x += 1
        lz.eval(x, made(np.full(1000, i)))
    assert bytes_at(before["data"][0], 4000) == np.ones(1000, np.float32).tobytes()
    assert address(x) != before["data"][0]
    assert x.tolist() == [11] * 1000


@on_device
def test_the_owner_is_let_go():
    class Owner(WithInterface):
        pass

    owner = Owner(made([1.0, 2.0]))
    gone = weakref.ref(owner)
    y = lz.asarray(owner, copy=False)
    z = y + 1
    del owner
    gc.collect()
    assert gone() is not None and y.tolist() == [1, 2]
    del y
    assert z.tolist() == [2, 3]
    del z
    lz.eval(made([0.0]))
    gc.collect()
    assert gone() is None
    owner = Owner(made([1.0, 2.0]))
    gone = weakref.ref(owner)
    copy = lz.array(owner)
    del owner
    gc.collect()
    assert gone() is None and copy.tolist() == [1, 2]


@on_device
def test_exports_end_on_any_thread():
    for _ in range(20):
        capsules = [made([1.0, 2.0]).__dlpack__() for _ in range(3)]
        y = lz.from_dlpack(Foreign(made([3.0])), copy=False)

        def end(capsules, arrays):
            capsules.clear()
            arrays.clear()

        thread = threading.Thread(target=end, args=(capsules, [y]))
        del y
        thread.start()
        thread.join()
    assert made([1.0]).tolist() == [1]


@on_device
def test_other_devices_are_asked_for():
    x = made([1.0, 2.0])
    np.testing.assert_array_equal(np.from_dlpack(x, device="cpu"), np.float32([1, 2]))
    np.testing.assert_array_equal(np.asarray(x), np.float32([1, 2]))
    with pytest.raises((BufferError, RuntimeError)):
        np.from_dlpack(x)
    with pytest.raises(BufferError, match="copy=False was given"):
        x.__dlpack__(dl_device=(1, 0), copy=False)

    class Moved(Foreign):
        def __dlpack__(self, **options):
            return super().__dlpack__(dl_device=(2, 0), **options)

    host = lz.array([1.0, 2.0])
    y = lz.from_dlpack(Moved(host, device=(2, 0)), copy=False)
    assert y.__dlpack_device__() == (2, 0) and y.tolist() == [1, 2]
    own = x.__dlpack__(copy=True)
    assert own is not None
    for device, said in {(2, 7): "device 7 of DLPack's kind 2", (99, 0): "kind 99"}.items():
        with pytest.raises(BufferError, match=said):
            x.__dlpack__(dl_device=device)


@on_device
def test_work_that_goes_on():
    x = made(np.ones((200, 200))) / 200
    for _ in range(20):
        x = x @ x
    y = lz.from_dlpack(Foreign(x), copy=False)
    np.testing.assert_allclose(np.array(y + 0), np.full((200, 200), 1 / 200), rtol=1e-4)


@on_device
def test_a_failure_is_raised():
    failed = lz.take(made(np.arange(4.0)), lz.array([9]))
    for ask in (failed.__dlpack__, failed.__dlpack_device__):
        with pytest.raises(IndexError):
            ask()
    failed = lz.take(made(np.arange(4.0)), lz.array([9]))
    with pytest.raises(IndexError):
        failed.__cuda_array_interface__


@on_device
def test_tensors_that_derivatives_are_taken_of():
    class Parameter(Foreign):
        def __dlpack__(self, **options):
            raise BufferError("it requires a gradient")

    class Detachable(Parameter):
        def detach(self):
            return Foreign(self.array)

    x = made([1.0, 2.0])
    with pytest.raises(BufferError, match="requires a gradient"):
        lz.array(Parameter(x))
    assert lz.array(Detachable(x)).tolist() == [1, 2]
    assert address(lz.from_dlpack(Detachable(x), copy=False)) == address(x)


@on_device
def test_lists_of_them():
    rows = [Foreign(made([1.0, 2.0])), WithInterface(made([3.0, 4.0]))]
    assert lz.array(rows).tolist() == [[1, 2], [3, 4]]
    assert (made([1.0, 1.0]) + rows[1]).tolist() == [4, 5]


@on_device
def test_what_is_wrong_is_said():
    x = made([1.0, 2.0])
    with pytest.raises(ValueError, match="0 stands for no stream"):
        x.__dlpack__(stream=0)
    with pytest.raises(ValueError, match="device 5 of DLPack's kind 2, which cannot be used here"):
        lz.array(Foreign(x, device=(2, 5)))
    with pytest.raises(ValueError, match="no backend has devices of that kind"):
        lz.array(Foreign(x, device=(99, 0)))
    interface = x.__cuda_array_interface__
    place = interface["data"][0]
    for changes, said in [
        ({"typestr": ">f4"}, "elements of type '>f4'"),
        ({"typestr": "<c16"}, "elements of type '<c16'"),
        ({"mask": x}, "has a mask"),
        ({"data": (64, False)}, "no GPU's"),
        ({"data": (place + 2, False), "shape": (1,)}, "not aligned for float32"),
        ({"strides": (3,)}, "no whole elements"),
        ({"strides": (4, 4)}, "not as many strides as axes"),
        ({"shape": None}, "has no 'shape'"),
    ]:
        with pytest.raises(ValueError, match=said):
            lz.array(WithInterface(x, **changes))


def test_nothing_is_there_without_a_device():
    if ON_DEVICE:
        pytest.skip("the fake device is there")
    x = lz.array([1.0, 2.0]) + 1
    assert x.__dlpack_device__() == (1, 0)
    assert not hasattr(x, "__cuda_array_interface__")
    if not lz.cuda.is_available():
        with pytest.raises(ValueError, match="device 0 of DLPack's kind 2"):
            lz.array(Foreign(x, device=(2, 0)))
        with pytest.raises(BufferError, match="device 0 of DLPack's kind 2"):
            x.__dlpack__(dl_device=(2, 0))
