"""Tools that say what the framework did."""

import io
import json
import os
import re
import subprocess
import sys
import time
import weakref
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import lazulite as lz
import lazulite.data as data
import lazulite.nn as nn
import lazulite.optimizers as optim


def line_here():
    return sys._getframe(1).f_lineno


def test_a_stray_print_is_found():
    x = lz.arange(4.0)
    with lz.debug.trace_evaluations() as trace:
        total = x
        for i in range(3):
            total = total * 2 + x
            if i == 1:
                print(total)
                line = line_here() - 1
        lz.eval(total)
    implicit = [record for record in trace if not record.explicit]
    assert [record.cause for record in implicit] == ["print"]
    assert implicit[0].place.endswith(f"test_debug.py, line {line}")
    assert implicit[0].operations == 5  # with arange
    assert [record.cause for record in trace] == ["print", "eval"]


@pytest.mark.parametrize(
    ("ask", "cause"),
    [
        (lambda x: x.item(), "item"),
        (bool, "truth value"),
        (float, "conversion"),
        (str, "print"),
        ("{:.2f}".format, "print"),
        (lambda x: x.tolist(), "conversion"),
        (memoryview, "conversion"),
        (lz.eval, "eval"),
        (lz.async_eval, "async_eval"),
    ],
)
def test_each_cause_has_its_name(ask, cause):
    x = lz.array(2.0) * 3
    with lz.debug.trace_evaluations() as trace:
        ask(x)
    assert [record.cause for record in trace] == [cause]
    assert "test_debug.py, line" in trace.records[0].place
    assert trace.records[0].operations == 1
    assert trace.records[0].seconds >= 0


def test_nothing_is_noted_afterwards():
    with lz.debug.trace_evaluations() as trace:
        pass
    lz.eval(lz.array(1.0) + 1)
    assert len(trace) == 0
    assert repr(trace) == "nothing yet"


def test_the_log_goes_to_the_standard_error_output(capfd):
    x = lz.array(1.0) + 1
    with lz.debug.trace_evaluations(log=True):
        x.item()
    assert re.search(r"test_debug.py, line \d+: item computed 1 operation in", capfd.readouterr().err)


def test_a_recompile_by_shape_is_found():
    @lz.compile
    def double(x):
        return x * 2

    with lz.debug.log_recompiles() as log:
        double(lz.zeros((4, 2)))
        double(lz.zeros((4, 2)))
        double(lz.zeros((3, 2)))
        line = line_here() - 1
    first, second = log.records
    assert first.first and not first.reasons
    assert not second.first
    assert second.reasons == ["argument 0 is float32 (3, 2) where it was float32 (4, 2)"]
    assert second.function.endswith("double")
    assert second.place.endswith(f"test_debug.py, line {line}")


SCALE = 2.0


def test_recompiles_by_constants_globals_and_flags_are_found():
    global SCALE
    net = nn.Dropout(0.5)
    rate = 1

    @lz.compile
    def f(x, k):
        return net(x) * SCALE * rate + k

    x = lz.zeros((2,))
    f(x, 1)
    with lz.debug.log_recompiles() as log:
        f(x, 2)
        SCALE = 3.0
        f(x, 2)
        rate = 5
        f(x, 2)
        net.eval()
        f(x, 2)
        f(x.astype(lz.float16), 2)
    SCALE = 2.0
    reasons = [record.reasons for record in log]
    assert reasons[0] == ["argument 1 is 2 where it was 1"]
    assert reasons[1] == ["the global `SCALE` is 3.0 where it was 2.0"]
    assert reasons[2] == ["the variable `rate` is 5 where it was 1"]
    assert len(reasons[3]) == 1 and "training" in reasons[3][0]
    assert reasons[4] == ["argument 0 is float16 (2,) where it was float32 (2,)"]


def test_recompiles_of_functions_with_inputs_are_found():
    state = [lz.zeros((2,))]
    f = lz.compile(lambda x: x + state[0], inputs=state)
    with lz.debug.log_recompiles() as log:
        f(lz.zeros((2,)))
        state[0] = lz.zeros((1,))
        f(lz.zeros((2,)))
    assert log.records[1].reasons == ["inputs[0] is float32 (1,) where it was float32 (2,)"]


def test_a_planted_nan_is_found_with_its_line():
    x = lz.array([1.0, 0.0, -1.0])
    with lz.debug.nan_guard():
        y = lz.exp(lz.log(x) + 1)
        line = line_here() - 1
        with pytest.raises(FloatingPointError) as caught:
            lz.eval(y)
    text = str(caught.value)
    assert text.startswith("log (")
    assert f"test_debug.py, line {line}" in text
    assert "1 NaN and 1 infinite of the 3 elements" in text
    assert "from -1 to 1" in text


def test_a_nan_in_a_compiled_gradient_is_found_with_the_line_of_the_function():
    lines = []

    def loss(w, x):
        lines.append(line_here() + 1)
        return lz.sqrt(w * x).sum()

    step = lz.compile(lz.grad(loss))
    w = lz.array([0.0, 4.0])
    step(w, lz.array([1.0, 1.0]))
    with lz.debug.nan_guard(), pytest.raises(FloatingPointError) as caught:
        lz.eval(step(w, lz.array([1.0, 1.0])))
    assert f"test_debug.py, line {lines[0]}, in its derivative" in str(caught.value)
    assert "1 infinite of the 2 elements" in str(caught.value)


def test_a_guarded_step_leaves_the_parameters():
    net = nn.Linear(2, 1)
    adam = optim.SGD(0.1)
    before = net.weight.tolist()

    def loss(x):
        return lz.log(net(x) * 0 - 1).sum()

    value_and_grad = nn.value_and_grad(net, loss)

    @lz.compile
    def step(x):
        value, gradients = value_and_grad(x)
        adam.update(net, gradients)
        return value

    with lz.debug.nan_guard(), pytest.raises(FloatingPointError):
        lz.eval(step(lz.ones((3, 2))))
    assert net.weight.tolist() == before


def test_export_to_dot(tmp_path):
    a = lz.array([1.0, 2.0])
    b = lz.exp(a) * a
    out = io.StringIO()
    assert lz.export_to_dot(out, b, first=a) is None
    assert out.getvalue().startswith("digraph {")
    assert 'label="first\\nfloat32 (2,)"' in out.getvalue()
    assert out.getvalue().count("shape=box") == 2
    path = tmp_path / "graph.dot"
    lz.export_to_dot(path, b)
    assert 'label="A\\nfloat32 (2,)"' in path.read_text()
    with pytest.raises(TypeError, match="export_to_dot: arrays are expected"):
        lz.export_to_dot(out, 3)


def check_boxes(picture):
    """No box lies over another or leaves the picture."""
    width, height = (float(picture.get(name)) for name in ("width", "height"))
    boxes = []
    for box in picture.iter("{http://www.w3.org/2000/svg}rect"):
        if box.get("x") is not None:
            x, y, w, h = (float(box.get(name)) for name in ("x", "y", "width", "height"))
            boxes.append((x, y, x + w, y + h))
    assert len(boxes) > 1
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert 0 <= left < right <= width and 0 <= top < bottom <= height
        for other in boxes[i + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart


def test_plan_svg(tmp_path):
    x = lz.ones((3, 3))
    out = io.StringIO()
    lz.debug.plan_svg(out, (lz.exp(x) * 2 + 1) @ x)
    picture = ElementTree.fromstring(out.getvalue())
    texts = [e.text.strip() for e in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "fused: 3 operations" in texts
    assert "result" in texts
    check_boxes(picture)

    @lz.compile
    def f(x):
        return lz.tanh(x) * x

    f(x)
    lz.debug.plan_svg(tmp_path / "plan.svg", f)
    assert "fused: 2 operations" in (tmp_path / "plan.svg").read_text()

    net = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 4))
    value_and_grad = nn.value_and_grad(net, lambda x: lz.mean(net(x) ** 2))
    lz.debug.plan_svg(tmp_path / "net.svg", *value_and_grad(lz.ones((8, 16))))
    check_boxes(ElementTree.parse(tmp_path / "net.svg").getroot())


def test_the_profile_names_the_line_and_the_function():
    x = lz.random.normal((64, 64))
    lz.eval(x)

    def product():
        return x @ x

    line = product.__code__.co_firstlineno + 1
    with lz.profile() as profile:
        for _ in range(3):
            lz.eval(product())
    (row,) = profile.rows
    assert (row.operation, row.calls, row.kernel) == ("Matmul", 3, "Matmul")
    assert row.place.endswith(f"test_debug.py, line {line}")
    assert row.function.endswith("product")
    assert row.operations == 3 * 2 * 64**3
    assert [record.cause for record in profile.evaluations] == ["eval"] * 3
    assert profile.memory[0].bytes == 3 * 64 * 64 * 4
    assert "Matmul" in repr(profile)


def test_the_profile_finds_lines_inside_compiled_functions():
    @lz.compile
    def step(x):
        y = x @ x
        return y.sum()

    line = step.__code__.co_firstlineno + 2
    x = lz.ones((32, 32))
    step(x)
    with lz.profile() as profile:
        lz.eval(step(x), step(lz.ones((16, 16))))
    places = {row.operation: row.place for row in profile.rows}
    assert places["Matmul"].endswith(f"test_debug.py, line {line}")
    assert [trace.reasons for trace in profile.traces] == [
        ["argument 0 is float32 (16, 16) where it was float32 (32, 32)"]
    ]


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = [nn.Linear(16, 16), nn.Linear(16, 16)]

    def __call__(self, x):
        for part in self.parts:
            x = nn.relu(part(x))
        return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = {"first": Block()}
        self.out = nn.Linear(16, 4)

    def __call__(self, x):
        return self.out(self.body["first"](x))


LAYERS = ["Net.body.first.parts.0", "Net.body.first.parts.1", "Net.out"]


@pytest.mark.parametrize("compiled", [False, True])
def test_the_profile_names_layers(compiled):
    """Two layers that one line calls are two rows."""
    net = Net()
    forward = lz.compile(net) if compiled else net
    x = lz.ones((8, 16))
    lz.eval(net.parameters(), x)
    if compiled:
        lz.eval(forward(x))  # traced before anybody watches
    with lz.profile() as profile:
        for _ in range(3):
            lz.eval(forward(x))
    products = [row for row in profile.rows if row.operations >= 3 * 2 * 8 * 16 * 4]
    assert sorted({row.module for row in products}) == LAYERS
    assert sum(row.calls for row in products if row.module == LAYERS[0]) == 3
    assert LAYERS[0] in repr(profile)
    # The same line outside of any layer.
    with lz.profile() as bare:
        lz.eval(lz.ones((8, 16)) @ x.T)
    assert {row.module for row in bare.rows} == {""}


def test_the_profile_names_the_layers_of_a_gradient():
    net = Net()

    @lz.compile
    def step(x):
        loss, gradients = nn.value_and_grad(net, lambda: lz.square(net(x)).mean())()
        return loss, gradients

    x = lz.ones((8, 16))
    lz.eval(step(x))
    with lz.profile() as profile:
        lz.eval(step(x))
    modules = {row.module for row in profile.rows if "in its derivative" in row.place}
    assert set(LAYERS) <= modules


def test_naming_a_layer_keeps_nothing_alive():
    """Before Python 3.13 looking into a frame makes it keep copies of its variables."""

    class Holder(nn.Module):
        def __call__(self, x):
            kept = weakref.ref(marker := Marker())
            y = x + 1
            del marker
            alive.append(kept() is not None)
            return y * 2

    class Marker:
        pass

    alive = []
    with lz.profile() as profile:
        lz.eval(Holder()(lz.ones(3)))
    assert alive == [False]
    assert {row.module for row in profile.rows} == {"Holder"}


def test_copies_have_their_part_of_the_time_line(tmp_path):
    images = np.ones((64, 1024, 64), np.float32)
    with lz.profile() as profile:
        for _ in range(3):
            lz.eval(lz.array(images))
    line = profile.time_line
    assert line["copy"] > 0.2 * line["wall"]
    profile.save_trace(tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    copies = [event for event in events if event.get("cat") == "copy"]
    assert len(copies) == 3
    assert sum(event["dur"] for event in copies) * 1e-6 == pytest.approx(line["copy"], rel=0.01)


def test_the_time_line_covers_the_wall():
    loader = data.DataLoader([lz.full((8,), i) for i in range(6)], batch_size=2)
    with lz.profile() as profile:
        for batch in loader:
            lz.eval(lz.exp(batch) * 2)
            time.sleep(0.005)
    line = profile.time_line
    parts = [line[part] for part in ("kernel", "copy", "plan", "loader", "idle", "program")]
    assert sum(parts) == pytest.approx(line["wall"], rel=0.02)
    assert line["program"] >= 0.015
    assert line["loader"] > 0
    assert line["kernel"] > 0


def test_the_profile_writes_its_files(tmp_path):
    x = lz.ones((32, 32))
    with lz.monitor(0.01) as monitor, lz.profile() as profile:
        lz.eval(lz.exp(x) @ x)
        monitor.sample()
    profile.save_trace(tmp_path / "trace.json", monitor)
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert {"evaluation", "plan", "kernel"} <= {event.get("cat") for event in events}
    assert {event["ph"] for event in events} == {"X", "C", "M"}
    profile.save_json(tmp_path / "profile.json")
    parts = json.loads((tmp_path / "profile.json").read_text())
    assert {row["operation"] for row in parts["rows"]} == {"exp", "Matmul"}
    profile.save_flame_graph(tmp_path / "flames.html")
    assert "</html>" in (tmp_path / "flames.html").read_text()


def test_the_monitor_sees_this_machine():
    with lz.monitor(0.01) as monitor:
        monitor.sample()
    sample = monitor.history[-1]
    assert len(sample.load) == os.cpu_count()
    assert all(0 <= load <= 1 for load in sample.load)
    assert 0 < sample.memory_used < sample.memory_total
    assert abs(sample.time - time.monotonic()) < 60
    assert f"{os.cpu_count()} cores" in monitor.view()
    assert all(sentence.endswith(".") for sentence in monitor.missing)


def test_top_shows_it_once():
    shown = subprocess.run(
        [sys.executable, "-P", "-m", "lazulite.top", "--once", "--interval", "0.05"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cores," in shown.stdout
    assert "history" in shown.stdout


@pytest.mark.parametrize("interval", ["0", "-1", "nan", "1e300", "inf", "soon"])
def test_top_refuses_what_is_no_interval(interval):
    refused = subprocess.run(
        [sys.executable, "-P", "-m", "lazulite.top", "--once", f"--interval={interval}"],
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 2
    assert "--interval" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_top_ends_when_nobody_looks():
    top = subprocess.Popen(
        [sys.executable, "-P", "-m", "lazulite.top", "--interval", "0.05"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    top.stdout.readline()
    top.stdout.close()
    assert top.stderr.read() == ""
    assert top.wait() == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_forked_child_is_not_watched():
    x = lz.array(1.0)
    with lz.debug.trace_evaluations() as trace:
        child = os.fork()
        if child == 0:
            lz.eval(x + 1)
            os._exit(len(trace))
        _, status = os.waitpid(child, 0)
        lz.eval(x + 2)
    assert os.waitstatus_to_exitcode(status) == 0
    assert len(trace) == 1
