"""Workers that fail, die or are left alone: an error that says so, and nothing left behind."""

import gc
import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback

import pytest
from loader_cases import BadSample, Failing, Images, Numbers, as_is, fail_to_start

import lazulite.core as lz
from lazulite import data

STARTS = ["fork", "spawn", "forkserver"]


def shared_memory():
    """The names in shared memory, but for those by which OpenMP's libraries know themselves."""
    return {name for name in os.listdir("/dev/shm") if not name.startswith("__KMP_")}


def left_in_shared_memory(before):
    """What is new there and stays: other processes come and go."""
    for _ in range(50):
        if not shared_memory() - before:
            break
        time.sleep(0.1)
    return shared_memory() - before


def open_files():
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture(autouse=True)
def _nothing_is_left():
    before = shared_memory()
    yield
    gc.collect()
    assert multiprocessing.active_children() == []
    assert left_in_shared_memory(before) == set()


@pytest.mark.parametrize("start", STARTS)
def test_an_exception_arrives_with_its_traceback(start):
    loader = data.DataLoader(
        Failing(12, "exception"), batch_size=2, num_workers=2, multiprocessing_context=start
    )
    loop = iter(loader)
    assert next(loop)[1].tolist() == [0, 1]
    assert next(loop)[1].tolist() == [2, 3]
    with pytest.raises(FileNotFoundError) as caught:
        next(loop)
    assert (caught.value.errno, caught.value.filename) == (2, "five.png")
    text = "".join(traceback.format_exception(caught.value))
    assert "worker 0 of a DataLoader, batch 2" in text
    assert "in _fail" in text and 'raise FileNotFoundError(2, "no such image"' in text
    # The others are there.
    assert [y.tolist() for _, y in loop] == [[6, 7], [8, 9], [10, 11]]


@pytest.mark.parametrize("how", ["unpicklable", "local"])
def test_an_exception_that_cannot_be_pickled_arrives_as_text(how):
    loader = data.DataLoader(Failing(6, how), batch_size=3, num_workers=1)
    with pytest.raises(RuntimeError) as caught:
        list(loader)
    assert not isinstance(caught.value, BadSample)
    name, message = {
        "unpicklable": ("BadSample", "sample 5 is torn"),
        "local": ("Local", "defined in a function"),
    }[how]
    text = str(caught.value)
    assert "in _fail" in text and f"{name}: {message}" in text and "batch 1" in text


def test_a_batch_that_cannot_be_pickled_is_an_error():
    loader = data.DataLoader(Images(4), num_workers=1, collate_fn=lambda batch: lambda: batch)
    with pytest.raises((AttributeError, TypeError, RuntimeError), match="pickle"):
        list(loader)


def test_a_data_set_that_cannot_be_sent_is_an_error():
    dataset = [lambda: 1]
    loader = data.DataLoader(dataset, num_workers=2, multiprocessing_context="spawn")
    with pytest.raises((AttributeError, TypeError, RuntimeError), match="pickle"):
        iter(loader)


def test_an_error_of_worker_init_fn_is_raised():
    loader = data.DataLoader(Images(4), num_workers=2, worker_init_fn=fail_to_start)
    with pytest.raises(LookupError, match="worker 0 has no disk"):
        next(iter(loader))


def test_an_iterable_data_set_that_fails():
    class Broken(data.IterableDataset):
        def __iter__(self):
            yield from range(3)
            raise ValueError("the stream broke")

    loop = iter(data.DataLoader(Broken(), num_workers=1))
    assert [next(loop).item() for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="the stream broke"):
        next(loop)
    assert list(loop) == []


def test_stop_iteration_in_a_data_set_does_not_end_the_loop_quietly():
    class Stopping(Images):
        def __getitem__(self, index):
            raise StopIteration

    for workers in (0, 1):
        with pytest.raises(RuntimeError, match="StopIteration"):
            list(data.DataLoader(Stopping(3), num_workers=workers))


def test_an_error_of_the_sampler_is_raised():
    def order():
        yield 0
        raise OSError("no order")

    for workers in (0, 2):
        with pytest.raises(OSError, match="no order"):
            list(data.DataLoader(Images(3), sampler=order(), num_workers=workers))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("kill", r"was killed by signal 9 \(SIGKILL\)"),
        ("segfault", r"was killed by signal 11 \(SIGSEGV\)"),
        ("exit", "ended with exit code 3"),
    ],
)
def test_a_worker_that_dies_is_an_error_that_says_so(how, says, start):
    loader = data.DataLoader(
        Failing(40, how), batch_size=2, num_workers=2, multiprocessing_context=start
    )
    loop = iter(loader)
    # What was sent before arrives.
    assert next(loop)[1].tolist() == [0, 1]
    assert next(loop)[1].tolist() == [2, 3]
    with pytest.raises(RuntimeError, match=rf"worker 0 \(process \d+\) {says}.*batch 2"):
        next(loop)
    assert list(loop) == []
    assert multiprocessing.active_children() == []


def test_a_worker_killed_while_the_loop_waits():
    loop = iter(data.DataLoader(Failing(40, "sleep"), batch_size=10, num_workers=1))
    (worker,) = multiprocessing.active_children()
    threading.Timer(0.3, os.kill, (worker.pid, signal.SIGKILL)).start()
    with pytest.raises(RuntimeError, match="SIGKILL"):
        next(loop)


def test_persistent_workers_start_anew_after_one_has_died():
    loader = data.DataLoader(Images(6), batch_size=2, num_workers=2, persistent_workers=True)
    expected = [[0, 1], [2, 3], [4, 5]]
    assert [y.tolist() for _, y in loader] == expected
    os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="SIGKILL"):
        list(loader)
    assert [y.tolist() for _, y in loader] == expected
    del loader


def test_timeout():
    loader = data.DataLoader(Failing(40, "sleep"), batch_size=10, num_workers=1, timeout=0.3)
    with pytest.raises(RuntimeError, match=r"timed out after 0.3 seconds: worker 0 .* batch 0"):
        list(loader)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("start", STARTS)
def test_a_loop_left_early_leaves_nothing(start):
    loader = data.DataLoader(
        Images(500, (100, 100)), batch_size=8, num_workers=2, multiprocessing_context=start
    )
    for _ in loader:
        break
    del _
    assert multiprocessing.active_children() == []
    files = open_files()
    for _ in range(3):
        loop = iter(loader)
        next(loop)
        next(loop)
        del loop
    assert multiprocessing.active_children() == []
    assert open_files() == files


def test_a_loop_in_a_cycle_ends_with_the_cycle():
    loop = iter(data.DataLoader(Images(100), num_workers=2))
    cycle = [loop]
    cycle.append(cycle)
    del loop, cycle
    assert len(multiprocessing.active_children()) == 2
    gc.collect()
    assert multiprocessing.active_children() == []


def test_many_epochs_keep_memory_and_files():
    loader = data.DataLoader(Images(64, (200, 200)), batch_size=8, num_workers=2)
    list(loader)
    files = open_files()
    for _ in range(5):
        for _ in loader:
            pass
    del _
    assert open_files() == files


def run_program(text, tmp_path, *, interrupt_after=None, kill_after=None):
    """Runs a program in a process group of its own; returns its exit status and what it said."""
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(text))
    path = os.pathsep.join([str(pathlib.Path(__file__).parent), *filter(None, sys.path)])
    process = subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "ignore::DeprecationWarning", str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
        # Whoever runs the tests in the background of a shell ignores it, and so would the program.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    started = process.stdout.readline()
    if interrupt_after is not None:
        time.sleep(interrupt_after)
        os.killpg(process.pid, signal.SIGINT)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(process.pid, signal.SIGKILL)
    try:
        out, errors = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process, started + out, errors


def members(process):
    """The processes that stay in the group: Python's own servers take a moment to end."""
    limit = time.monotonic() + 10
    while (left := _members_now(process)) and time.monotonic() < limit:
        time.sleep(0.02)
    return left


def _members_now(process):
    left = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == process.pid and fields[0] != "Z":
                left.append(int(entry.name))
    return left


LOOP = """
    import sys, time
    import lazulite.data as data
    from loader_cases import Failing, Images, Numbers
    def main():
        global loop, loader
        loader = data.DataLoader({dataset}, batch_size=4, num_workers=2,
                                 multiprocessing_context={start!r}, persistent_workers={stay})
        loop = iter(loader)
        next(loop)
        print("started", flush=True)
        {then}
    if __name__ == "__main__":
        main()
"""


@pytest.mark.parametrize("stay", [False, True])
@pytest.mark.parametrize("start", STARTS)
def test_a_program_that_ends_in_a_loop_leaves_nothing(start, stay, tmp_path):
    text = LOOP.format(dataset="Images(100)", start=start, stay=stay, then="sys.exit(7)")
    process, out, errors = run_program(text, tmp_path)
    assert (process.returncode, out, errors) == (7, "started\n", "")
    assert members(process) == []


@pytest.mark.parametrize("start", STARTS)
def test_a_program_that_is_killed_leaves_no_workers(start, tmp_path):
    text = LOOP.format(dataset="Images(100)", start=start, stay=True, then="time.sleep(60)")
    process, _, _ = run_program(text, tmp_path, kill_after=0.1)
    assert process.returncode == -signal.SIGKILL
    assert members(process) == []


@pytest.mark.parametrize("start", STARTS)
def test_ctrl_c_while_a_worker_is_busy(start, tmp_path):
    text = LOOP.format(dataset="Failing(100, 'sleep')", start=start, stay=False, then="list(loop)")
    process, _, errors = run_program(text, tmp_path, interrupt_after=0.5)
    assert process.returncode in (-signal.SIGINT, 130)
    assert errors.rstrip().endswith("KeyboardInterrupt")
    # One traceback, the program's: the workers say nothing.
    assert errors.count("Traceback") == 1
    assert members(process) == []


def test_ctrl_c_that_is_caught_leaves_a_loader_that_goes_on(tmp_path):
    then = """
        try:
            print(len(list(loop)))
        except KeyboardInterrupt:
            print("caught", list(loop))
        import multiprocessing
        print(multiprocessing.active_children())
        loader.dataset.how = "none"
        print(sum(len(y.tolist()) for _, y in loader))
    """
    text = LOOP.format(dataset="Failing(100, 'sleep')", start="fork", stay=True, then=then.strip())
    process, out, errors = run_program(text, tmp_path, interrupt_after=0.5)
    assert (process.returncode, errors) == (0, "")
    assert out.split("\n") == ["started", "caught []", "[]", "100", ""]


def test_a_fork_while_threads_load_and_compute():
    stop = threading.Event()
    wrong = []

    def load():
        loader = data.DataLoader(Images(20), batch_size=5, num_workers=1)
        while not stop.is_set():
            if [y.tolist()[0] for _, y in loader] != [0, 5, 10, 15]:
                wrong.append("load")

    def compute():
        # Not NumPy's products: OpenBLAS may wait for ever where one is under way at a fork.
        x = lz.arange(40000, dtype=lz.float32).reshape(200, 200) / 40000
        expected = lz.sum(x @ x).item()
        while not stop.is_set():
            if lz.sum(x @ x).item() != expected:
                wrong.append("compute")

    threads = [threading.Thread(target=f) for f in (load, load, compute)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(15):
            loader = data.DataLoader(Images(24), batch_size=4, num_workers=2)
            assert [y.tolist()[0] for _, y in loader] == [0, 4, 8, 12, 16, 20]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_forked_child_cannot_go_on_with_its_parents_loop():
    loader = data.DataLoader(
        range(8), num_workers=2, persistent_workers=True, collate_fn=as_is, generator=0
    )
    loop = iter(loader)
    assert next(loop) == [0]
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            next(loop)
            says = "went on"
        except RuntimeError as error:
            says = str(error)
        try:
            says += f" {[y for (y,) in loader]}"
        except BaseException as error:  # noqa: BLE001
            says += repr(error)
        del loop, loader
        gc.collect()
        os.write(writer, says.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        says = file.read()
    os.waitpid(child, 0)
    assert "belongs to another process" in says and says.endswith("[0, 1, 2, 3, 4, 5, 6, 7]")
    assert list(loop) == [[i] for i in range(1, 8)]


def test_loaders_in_threads():
    results = {}

    def load(k):
        loader = data.DataLoader(Numbers(30), batch_size=3, num_workers=2, collate_fn=as_is)
        results[k] = list(loader)

    threads = [threading.Thread(target=load, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results[0]) == 10 and all(results[k] == results[0] for k in range(4))


def test_ending_a_worker_imports_nothing():
    # Whatever collects garbage may end one, another import too.
    program = """
import gc, sys
from lazulite import data
loop = iter(data.DataLoader(range(100), num_workers=1, multiprocessing_context="fork"))
next(loop)
imported = []
class Finder:
    def find_spec(self, name, path, target=None):
        imported.append(name)
sys.meta_path.insert(0, Finder())
del loop
gc.collect()
print(imported)
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
