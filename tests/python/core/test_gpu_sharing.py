"""Arrays on an NVIDIA GPU and PyTorch's, in one process: each sees the other's memory where it lies.

Skipped where there is no such GPU, or no PyTorch that uses it. It runs by itself, too:
python -P tests/python/core/test_gpu_sharing.py
"""

import gc
import os
import pathlib
import subprocess
import sys
import textwrap
import threading
import unittest

import numpy as np

import lazulite.core as lz

try:
    import torch
except ImportError:
    torch = None

DTYPES = ["bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
          "float16", "bfloat16", "float32", "float64", "complex64"]  # fmt: skip
SLEEP = 300_000_000  # cycles of the GPU, some tenths of a second


def setUpModule():
    if torch is None:
        raise unittest.SkipTest("there is no PyTorch")
    if not torch.cuda.is_available():
        raise unittest.SkipTest("PyTorch finds no NVIDIA GPU")
    if not lz.cuda.is_available():
        raise unittest.SkipTest("Lazulite finds no NVIDIA GPU that it can use")
    global before
    before = lz.default_device()
    lz.set_default_device(lz.gpu)


def tearDownModule():
    lz.set_default_device(before)


def lazulite_dtype(name):
    return getattr(lz, "bool_" if name == "bool" else name)


def made(values, dtype=lz.float32):
    """An array that the GPU has computed."""
    return lz.array(values).astype(dtype) + lz.zeros((), dtype)


def address(array):
    return array.__cuda_array_interface__["data"][0]


def numbers(tensor):
    return tensor.detach().cpu().to(torch.float32).numpy()


def slow_chain(x, times=60):
    """Some tens of milliseconds of products of 2048 x 2048 that end where they began."""
    for _ in range(times):
        x = x @ x
    return x


class Export(unittest.TestCase):
    def test_the_memory_is_shared(self):
        for count in (3, 100_000):  # in a slab of small blocks, and by itself
            x = made(np.arange(count))
            t = torch.from_dlpack(x)
            self.assertEqual((t.device.type, t.device.index), ("cuda", 0))
            self.assertEqual(x.__dlpack_device__(), (2, 0))
            self.assertEqual(t.data_ptr(), address(x))
            np.testing.assert_array_equal(numbers(t), np.arange(count, dtype=np.float32))
            u = torch.as_tensor(x, device="cuda")
            self.assertEqual(u.data_ptr(), t.data_ptr())
            np.testing.assert_array_equal(numbers(u), np.arange(count, dtype=np.float32))

    def test_dtypes(self):
        for name in DTYPES:
            with self.subTest(dtype=name):
                if not hasattr(torch, name):
                    continue
                x = made([[0, 1, 1], [1, 0, 1]], lazulite_dtype(name))
                t = torch.from_dlpack(x)
                self.assertEqual(t.dtype, getattr(torch, name))
                self.assertEqual(t.cpu().tolist(), [[0, 1, 1], [1, 0, 1]])

    def test_views(self):
        whole = np.arange(30, dtype=np.float32).reshape(5, 6)
        x = made(whole)
        for view in (
            lambda a: a[1:4],
            lambda a: a[::2, 1::2],
            lambda a: a.T,
            lambda a: a[2],
            lambda a: a[2, 3],
            lambda a: a[3:3],
        ):
            t = torch.from_dlpack(view(x))
            self.assertEqual(tuple(t.shape), view(whole).shape)
            np.testing.assert_array_equal(numbers(t), view(whole))

    def test_host_arrays_stay_on_the_host(self):
        x = lz.array([1.0, 2.0])
        self.assertEqual(torch.from_dlpack(x).device.type, "cpu")
        self.assertEqual((x * 2).tolist(), [2, 4])
        self.assertEqual(x.__dlpack_device__(), (1, 0))
        self.assertFalse(hasattr(x, "__cuda_array_interface__"))
        for count in (2, 100_000):
            y = lz.array(np.arange(count, dtype=np.float32))
            capsule = y.__dlpack__(dl_device=(2, 0), stream=1)
            t = torch.utils.dlpack.from_dlpack(capsule)
            self.assertEqual(t.device.type, "cuda")
            np.testing.assert_array_equal(numbers(t), np.arange(count, dtype=np.float32))
        z = made([1.0, 2.0])
        np.testing.assert_array_equal(np.from_dlpack(z, device="cpu"), np.float32([1, 2]))
        np.testing.assert_array_equal(np.asarray(z), np.float32([1, 2]))

    def test_it_comes_behind_the_work_that_makes_it(self):
        start = lz.full((2048, 2048), 1 / 2048)
        lz.eval(start)
        expected = np.array(slow_chain(start))
        side = torch.cuda.Stream()
        for stream in (torch.cuda.current_stream(), side):
            with torch.cuda.stream(stream):
                t = torch.from_dlpack(slow_chain(start))
                u = t.clone()
            stream.synchronize()
            np.testing.assert_array_equal(numbers(u), expected)
        u = torch.as_tensor(slow_chain(start), device="cuda").clone()
        np.testing.assert_array_equal(numbers(u), expected)

    def test_it_is_not_written_while_it_lives(self):
        x = made(np.ones(100_000))
        t = torch.from_dlpack(x)
        for _ in range(20):
            x = x + 1
            lz.eval(x)
        np.testing.assert_array_equal(numbers(t), np.ones(100_000, np.float32))
        self.assertEqual(x[7].item(), 21)
        y = made(np.ones(100_000))
        u = torch.as_tensor(y, device="cuda")
        for _ in range(20):
            y += 1
            lz.eval(y)
        np.testing.assert_array_equal(numbers(u), np.ones(100_000, np.float32))
        self.assertEqual(y[7].item(), 21)

    def test_updates_in_place_leave_it(self):
        weights = made(np.ones(100_000))
        lz.eval(weights)

        @lz.compile
        def step(w):
            return w * 2

        weights = step(step(weights))
        lz.eval(weights)
        t = torch.from_dlpack(weights)
        for _ in range(5):
            weights = step(weights)
            lz.eval(weights)
        np.testing.assert_array_equal(numbers(t), np.full(100_000, 4, np.float32))
        self.assertEqual(weights[0].item(), 128)

    def test_memory_is_not_reused_before_the_reader_is_done(self):
        for side in (None, torch.cuda.Stream()):
            for count in (300, 1_000_000):
                x = made(np.full(count, 7.0))
                lz.eval(x)
                with torch.cuda.stream(side):
                    t = torch.from_dlpack(x)
                    torch.cuda._sleep(SLEEP)
                    u = t * 1
                del t, x
                gc.collect()
                others = [made(np.full(count, float(i))) for i in range(5)]
                lz.eval(others)
                torch.cuda.synchronize()
                np.testing.assert_array_equal(numbers(u), np.full(count, 7, np.float32))

    def test_either_may_end_first(self):
        x = made(np.arange(100_000))
        t = torch.from_dlpack(x)
        del x
        gc.collect()
        lz.eval([made(np.zeros(100_000)) for _ in range(4)])
        np.testing.assert_array_equal(numbers(t), np.arange(100_000, dtype=np.float32))
        del t
        x = made(np.arange(5))
        t = torch.from_dlpack(x)
        thread = threading.Thread(target=lambda tensors: tensors.clear(), args=([t],))
        del t
        thread.start()
        thread.join()
        self.assertEqual(x.tolist(), [0, 1, 2, 3, 4])

    def test_failures_are_raised(self):
        failed = lz.take(made(np.arange(4.0)), lz.array([9]))
        with self.assertRaises(IndexError):
            torch.from_dlpack(failed)
        with self.assertRaises(ValueError):
            made([1.0]).__dlpack__(stream=0)
        with self.assertRaises(BufferError):
            made([1.0]).__dlpack__(dl_device=(2, 99))


class Import(unittest.TestCase):
    def test_the_memory_is_shared(self):
        t = torch.arange(12.0, device="cuda").reshape(3, 4)
        for share in (lz.from_dlpack, lz.asarray):
            x = share(t, copy=False)
            self.assertEqual(address(x), t.data_ptr())
            self.assertEqual(x.tolist(), t.tolist())
            self.assertEqual((x * 2).tolist(), (t * 2).tolist())
        for copy in (lz.array, lz.asarray, lz.from_dlpack):
            x = copy(t)
            self.assertNotEqual(address(x), t.data_ptr())
            self.assertEqual(x.__dlpack_device__(), (2, 0))
            self.assertEqual(x.tolist(), t.tolist())

    def test_by_the_interface_alone(self):
        class Shown:
            def __init__(self, tensor):
                self.tensor = tensor

            @property
            def __cuda_array_interface__(self):
                return self.tensor.__cuda_array_interface__

        t = torch.arange(12.0, device="cuda").reshape(3, 4)
        for view in (t, t[1:, ::2], t.t()):
            x = lz.asarray(Shown(view), copy=False)
            self.assertEqual(address(x), view.data_ptr())
            self.assertEqual((x + 0).tolist(), view.tolist())
            self.assertEqual(lz.array(Shown(view)).tolist(), view.tolist())

    def test_dtypes(self):
        for name in DTYPES:
            with self.subTest(dtype=name):
                if not hasattr(torch, name):
                    continue
                t = torch.tensor([[0, 1, 1], [1, 0, 1]]).to(getattr(torch, name)).cuda()
                x = lz.asarray(t, dtype=lazulite_dtype(name), copy=False)
                self.assertEqual(x.dtype, lazulite_dtype(name))
                self.assertEqual(x.tolist(), [[0, 1, 1], [1, 0, 1]])
                y = lz.array(t)
                kept = lz.float32 if name == "float64" else lazulite_dtype(name)
                self.assertEqual(y.dtype, kept)
                self.assertEqual(y.tolist(), [[0, 1, 1], [1, 0, 1]])
                self.assertEqual(lz.array(t, dtype=lz.int32).tolist(), [[0, 1, 1], [1, 0, 1]])
        with self.assertRaisesRegex(ValueError, "complex128"):
            lz.array(torch.zeros(2, dtype=torch.complex128, device="cuda"))

    def test_views(self):
        t = torch.arange(240.0, device="cuda").reshape(2, 4, 5, 6)
        views = [
            t[1:], t[:, 1:3, ::2, 1], t.permute(3, 1, 0, 2), t[0, 0, 0, 3], t[:0], t[0, :, 0:0],
            t.to(memory_format=torch.channels_last), t.flatten().unfold(0, 8, 3),
            t[:1].expand(7, 4, 5, 6), t.flatten()[1:], t.flatten()[3:100:7],
        ]  # fmt: skip
        for view in views:
            expected = numbers(view)
            for x in (lz.from_dlpack(view, copy=False), lz.array(view)):
                self.assertEqual(x.shape, tuple(view.shape))
                np.testing.assert_array_equal(np.array(x), expected)
                np.testing.assert_array_equal(np.array(x * 2), expected * 2)
                np.testing.assert_array_equal(np.array(x.sum()), np.float32(expected.sum()))

    def test_products_of_what_lies_anywhere(self):
        t = torch.arange(5000.0, device="cuda")[1:4097].reshape(64, 64)
        x = lz.from_dlpack(t, copy=False)
        theirs = (t.double() @ t.double().t()).float().cpu().numpy()
        np.testing.assert_allclose(np.array(x @ x.T), theirs, rtol=1e-5)

    def test_it_comes_behind_the_producers_work(self):
        for side in (None, torch.cuda.Stream()):
            for count in (300, 1_000_000):
                for take in (lambda t: lz.from_dlpack(t, copy=False), lz.array):
                    t = torch.zeros(count, device="cuda")
                    torch.cuda.synchronize()
                    with torch.cuda.stream(side):
                        torch.cuda._sleep(SLEEP)
                        t.fill_(7)
                        x = take(t)
                    y = x + 0
                    np.testing.assert_array_equal(np.array(y), np.full(count, 7, np.float32))
                    np.testing.assert_array_equal(np.array(x), np.full(count, 7, np.float32))

    def test_changes_of_the_source(self):
        t = torch.ones(1000, device="cuda")
        shared, copied = lz.from_dlpack(t, copy=False), lz.array(t)
        t.add_(1)
        torch.cuda.synchronize()
        self.assertEqual((shared + 0)[5].item(), 2)
        self.assertEqual((copied + 0)[5].item(), 1)
        t.add_(1)
        self.assertEqual((copied + 0)[5].item(), 1)

    def test_the_source_is_not_written(self):
        t = torch.ones(100_000, device="cuda")
        x = lz.from_dlpack(t, copy=False)

        @lz.compile
        def step(w):
            return w + 1

        for _ in range(10):
            x = step(x)
            lz.eval(x)
        self.assertEqual(x[3].item(), 11)
        np.testing.assert_array_equal(numbers(t), np.ones(100_000, np.float32))

    def test_either_may_end_first(self):
        gc.collect()
        lz.eval(made([0.0]))
        held = torch.cuda.memory_allocated()
        t = torch.full((1_000_000,), 3.0, device="cuda")
        x = lz.from_dlpack(t, copy=False)
        del t
        gc.collect()
        others = [torch.zeros(1_000_000, device="cuda") for _ in range(3)]
        np.testing.assert_array_equal(np.array(x + 1), np.full(1_000_000, 4, np.float32))
        self.assertGreaterEqual(torch.cuda.memory_allocated() - held, 16_000_000)
        del x, others
        gc.collect()
        lz.eval(made([0.0]))
        gc.collect()
        self.assertLess(torch.cuda.memory_allocated() - held, 4_000_000)

    def test_memory_that_is_still_read_is_kept(self):
        t = torch.full((2048, 2048), 1 / 2048, device="cuda")
        x = lz.from_dlpack(t, copy=False)
        expected = np.array(slow_chain(x + 0))
        y = slow_chain(x)
        lz.async_eval(y)
        del x, t
        gc.collect()
        others = [torch.zeros(2048, 2048, device="cuda") for _ in range(4)]
        np.testing.assert_array_equal(np.array(y), expected)
        del others

    def test_there_and_back(self):
        t = torch.arange(1000.0, device="cuda")
        back = torch.from_dlpack(lz.from_dlpack(t, copy=False))
        self.assertEqual(back.data_ptr(), t.data_ptr())
        self.assertTrue(torch.equal(back, t))
        x = made(np.arange(1000))
        again = lz.from_dlpack(torch.from_dlpack(x), copy=False)
        self.assertEqual(address(again), address(x))
        self.assertEqual(again.tolist(), x.tolist())

    def test_parameters(self):
        for device in ("cpu", "cuda"):
            t = torch.ones(3, device=device, requires_grad=True)
            for x in (lz.array(t), lz.array(t * 2 / 2), lz.from_dlpack(t.detach(), copy=False)):
                self.assertEqual(x.tolist(), [1, 1, 1])
        x = lz.from_dlpack(t, copy=False)
        self.assertEqual(address(x), t.data_ptr())

    def test_lists(self):
        rows = [torch.ones(2, device="cuda"), torch.zeros(2, device="cuda")]
        self.assertEqual(lz.array(rows).tolist(), [[1, 1], [0, 0]])

    def test_other_devices(self):
        self.assertEqual(lz.array(torch.ones(2)).__dlpack_device__(), (1, 0))
        with self.assertRaises((ValueError, TypeError, RuntimeError)):
            lz.array(torch.ones(2, device="meta"))
        if torch.cuda.device_count() < 2:
            self.skipTest("there is one GPU")
        t = torch.arange(5.0, device="cuda:1")
        x = lz.from_dlpack(t, copy=False)
        self.assertEqual(x.__dlpack_device__(), (2, 1))
        self.assertEqual((x * 2).tolist(), [0, 2, 4, 6, 8])
        self.assertEqual(lz.array(t).tolist(), t.tolist())


class CuPy(unittest.TestCase):
    def setUp(self):
        try:
            import cupy
        except ImportError:
            self.skipTest("there is no CuPy")
        self.cupy = cupy

    def test_ours(self):
        whole = np.arange(30, dtype=np.float32).reshape(5, 6)
        x = made(whole)
        for view in (lambda a: a, lambda a: a[::2, 1::2], lambda a: a.T, lambda a: a[::-1]):
            for theirs in (self.cupy.from_dlpack(view(x)), self.cupy.asarray(view(x))):
                np.testing.assert_array_equal(theirs.get(), view(whole))
        self.assertEqual(self.cupy.asarray(x).data.ptr, address(x))

    def test_theirs(self):
        whole = self.cupy.arange(30, dtype="float32").reshape(5, 6)
        for theirs in (whole, whole[::2, 1::2], whole.T, whole[::-1], whole[1:, ::-2], whole[:0]):
            for x in (lz.from_dlpack(theirs, copy=False), lz.array(theirs)):
                np.testing.assert_array_equal(np.array(x), theirs.get())
                np.testing.assert_array_equal(np.array(x * 2), theirs.get() * 2)
        self.assertEqual(address(lz.from_dlpack(whole, copy=False)), whole.data.ptr)

    def test_they_take_turns(self):
        x = made(np.ones(100_000))
        for stream in (self.cupy.cuda.Stream.null, self.cupy.cuda.Stream(non_blocking=True)):
            with stream:
                for _ in range(20):
                    x = lz.array(self.cupy.from_dlpack(x + 1) * 2)
        expected = np.float32(1)
        for _ in range(40):
            expected = (expected + np.float32(1)) * np.float32(2)
        np.testing.assert_array_equal(np.array(x), np.full(100_000, expected))


class Ranges(unittest.TestCase):
    """What a profiler is told of kernels."""

    program = """
        import ctypes
        import sys
        import lazulite.core as lz

        lz.set_default_device(lz.gpu)
        lz.eval(lz.ones(3) + 1)
        x = lz.random.normal((64, 64))
        product = x @ x
        lz.eval(product, lz.exp(x))
        noted = ctypes.CDLL(sys.argv[1]).fake_nvtx_ranges
        noted.restype = ctypes.c_char_p
        print(noted().decode())
    """

    def test_they_say_what_is_computed_for_which_line(self):
        build = pathlib.Path(__file__).parents[3] / "build"
        profiler = build / "tests" / "cuda_driver" / "libfake_nvtx.so"
        if not profiler.exists():
            self.skipTest(f"there is no {profiler}")
        done = subprocess.run(
            [sys.executable, "-P", "-c", textwrap.dedent(self.program), str(profiler)],
            env=dict(os.environ, LAZULITE_CUDA_NVTX="1", NVTX_INJECTION64_PATH=str(profiler)),
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("<Matmul (<string>, line 9)></>", done.stdout)
        self.assertRegex(done.stdout, r"<[^>]*exp[^>]* \(<string>, line 10\)></>")


if __name__ == "__main__":
    unittest.main(verbosity=2)
