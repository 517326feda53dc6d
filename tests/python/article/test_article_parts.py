"""What the report is made of, with planted figures."""

import json
import math
import re
import time
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from lazulite.article import answers, charts, history, markdown, results
from lazulite.article.document import Document, Heading, Sentences, Table
from lazulite.article.files import append_line, read_lines
from lazulite.article.records import Record
from lazulite.article.report import number, shown_epochs
from lazulite.article.schedule import duration, rotated

SVG = "{http://www.w3.org/2000/svg}"


def learnt(name, family, accuracies, losses, steps=None):
    return {
        "name": name, "title": name, "family": family, "device": "cpu", "losses": steps,
        "learning": {
            "epochs": [{"validation_loss": x} for x in losses], "test_accuracies": accuracies,
        },
    }  # fmt: skip


def answered(*configurations, images=10_000):
    return answers.answer({"configurations": list(configurations), "data": {"test": images}})


@pytest.mark.parametrize(
    ("losses", "epoch"),
    [
        ([1.0, 0.5, 0.30, 0.302, 0.31], 3),
        ([1.0, 0.9, 0.8, 0.7], None),  # still falling
        ([0.3, 0.9, 0.31, 0.30], 3),  # what rises again had not settled
        ([0.3, 0.3, 0.3], 1),
        ([0.3, None, 0.3], None),
        ([0.3], None),
    ],
)
def test_when_a_loss_has_settled(losses, epoch):
    assert answers.settled_at(losses) == epoch


def test_noise_is_of_runs_and_of_images():
    assert answers.noise_of([0.9], 10_000) == pytest.approx(math.sqrt(0.9 * 0.1 / 10_000))
    runs = [0.90, 0.92, 0.94]
    expected = math.sqrt(0.92 * 0.08 / 500 + 0.02**2 / 3)
    assert answers.noise_of(runs, 500) == pytest.approx(expected)


def test_an_accuracy_within_noise_and_one_that_is_not():
    rows = answered(
        learnt("own", "lazulite", [0.988, 0.990, 0.992], [1, 2]),
        learnt("worse", "lazulite", [0.90, 0.901, 0.902], [1, 2]),
        learnt("peer", "pytorch", [0.989, 0.991, 0.993], [1, 2]),
        learnt("short", "mlx", [0.5, 0.5], [1]),
    )["accuracy"]
    assert rows["against"] == "peer"
    by_name = {row["name"]: row for row in rows["rows"]}
    assert by_name["own"]["difference"] == pytest.approx(-0.001)
    assert by_name["own"]["within_noise"] is True
    assert by_name["worse"]["within_noise"] is False
    # Itself, and one of fewer epochs.
    assert by_name["peer"]["difference"] is None
    assert by_name["short"]["difference"] is None


def test_single_runs_do_not_tell_of_noise():
    one = learnt("own", "lazulite", [0.98], [1])
    rows = answered(one, learnt("peer", "pytorch", [0.99], [1]))["accuracy"]["rows"]
    assert rows[0]["difference"] == pytest.approx(-0.01)
    assert rows[0]["within_noise"] is None


def test_for_how_many_steps_losses_agree():
    theirs = [2.0] * 30
    own = [2.0] * 9 + [2.0001] + [2.0] * 10 + [2.001] * 10
    lost = [2.0] * 12 + [None] * 18
    rows = answered(
        learnt("same", "lazulite", [], [1], own),
        learnt("gone", "lazulite", [], [1], lost),
        learnt("peer", "pytorch", [], [1], theirs),
    )["agreement"]["rows"]
    assert [row["name"] for row in rows] == ["same", "gone"]
    assert [row["agreeing_steps"] for row in rows] == [20, 12]
    assert rows[0]["largest_differences"] == pytest.approx([5e-5, 5e-4, 5e-4, 5e-4], rel=1e-6)
    assert rows[1]["largest_differences"] == [0, None, None, None]


def test_what_rounding_and_a_bit_make_of_losses():
    own = learnt("own", "lazulite", [], [1], [2.0] * 50 + [2.002] * 50)
    peer = learnt("peer", "pytorch", [], [1], [2.0] * 100)
    own["exact_losses"] = [2.0] * 100
    peer["exact_losses"] = [2.0] * 9 + [2.0002] * 91
    own["nudged_losses"] = [2.0] * 100
    found = answered(own, peer)["agreement"]
    assert [row["name"] for row in found["rounding"]] == ["own", "peer"]
    assert found["rounding"][0]["largest_differences"] == pytest.approx([0, 0, 0, 1e-3])
    assert found["rounding"][1]["largest_differences"] == pytest.approx([1e-4] * 4, rel=1e-3)
    assert [row["name"] for row in found["nudged"]] == ["own"]
    (exact,) = found["exact"]
    assert exact["largest_differences"] == pytest.approx([1e-4] * 4, rel=1e-3)
    assert exact["within"] is True
    peer["exact_losses"][60] = 2.01
    assert answered(own, peer)["agreement"]["exact"][0]["within"] is False


def test_a_logarithmic_axis():
    values = [1e-8, None, 1e-4, 1e-6]
    svg = charts.line_chart("d", "step", [charts.Series("mlx", "MLX", values)], log=True)
    root = ElementTree.fromstring(svg)
    ticks = {}
    for text in root.iter(f"{SVG}text"):
        if text.get("text-anchor") == "end":
            ticks[math.log10(float(text.text))] = float(text.get("y")) - 4
    (low, at_low), (high, at_high) = min(ticks.items()), max(ticks.items())
    assert low <= -8 and high >= -4
    (line,) = polylines(svg)
    shown = [low + (y - at_low) / (at_high - at_low) * (high - low) for _, y in line]
    assert shown == pytest.approx([-8, -4, -6], abs=0.02)


def test_ratios_are_of_turns_that_followed_each_other():
    def measured(name, family, seconds, device="cpu"):
        return {"name": name, "family": family, "device": device, "tests": [],
                "epochs": [{"seconds": s} for s in seconds]}  # fmt: skip

    found = results.ratios(
        [
            measured("own", "lazulite", [1.0, 2.0, 4.0]),
            measured("peer", "pytorch", [4.0, 6.0, 20.0]),
            measured("slow", "mlx", [500.0]),
            measured("elsewhere", "pytorch", [0.1], "gpu"),
        ]
    )
    assert [(row["lazulite"], row["peer"]) for row in found] == [("own", "peer"), ("own", "slow")]
    assert found[0]["epoch_s"] == {"min": 3, "mean": 4, "median": 4, "max": 5, "count": 3}
    assert found[1]["epoch_s"]["count"] == 1
    assert found[0]["batched_ms"] is None


def polylines(svg):
    root = ElementTree.fromstring(svg)
    return [
        [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]
        for line in root.iter(f"{SVG}polyline")
    ]


def test_lines_lie_where_the_axis_says():
    values = [0.2, None, 0.75, 0.5]
    svg = charts.line_chart("Share", "epoch", [charts.Series("mlx", "MLX", values)], scale=100)
    root = ElementTree.fromstring(svg)
    ticks = {}
    for text in root.iter(f"{SVG}text"):
        if text.get("text-anchor") == "end":
            ticks[float(text.text)] = float(text.get("y")) - 4
    (low, at_low), (high, at_high) = min(ticks.items()), max(ticks.items())
    assert low <= 20 and high >= 75
    (line,) = polylines(svg)
    shown = [low + (y - at_low) / (at_high - at_low) * (high - low) for _, y in line]
    assert shown == pytest.approx([20, 75, 50], abs=0.2)
    xs = [x for x, _ in line]
    assert (xs[1] - xs[0]) / (xs[2] - xs[0]) == pytest.approx(2 / 3, abs=0.01)


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0], [0.0, 0.0], [], [None], [-1.0, 1e9]])
def test_any_values_make_a_chart(values):
    svg = charts.line_chart("t", "x", [charts.Series("a", "A", values)])
    assert "nan" not in svg and "inf" not in svg
    ElementTree.fromstring(svg)


@pytest.mark.parametrize("factor", [1, 3, 400])
def test_ranges_lie_in_order(factor):
    rows = [
        charts.Range("mlx", "one & <two>", 1.0, 1.5, 2.0),
        charts.Range("pytorch", "far", 1.0 * factor, 2.0 * factor, 3.0 * factor),
    ]
    svg = charts.range_chart("Times", rows, "ms", lambda v: f"{v:g}")
    assert ("logarithmic" in svg) == (factor == 400)
    root = ElementTree.fromstring(svg)
    dots = [float(c.get("cx")) for c in root.iter(f"{SVG}circle")]
    bars = [r for r in root.iter(f"{SVG}rect") if r.get("rx")]
    assert dots[1] > dots[0]
    for dot, bar in zip(dots, bars, strict=True):
        left = float(bar.get("x"))
        assert left <= dot <= left + float(bar.get("width"))
        assert 0 <= left and left + float(bar.get("width")) <= charts.WIDTH


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (0.113, 0.1131), (3, 3), (1e-9, 5e-9), (0, 99.4), (-5, 5)]
)
def test_ticks_are_round_and_reach_over_all(low, high):
    ticks = charts.linear_ticks(low, high)
    assert ticks[0] <= low + 1e-12 and ticks[-1] >= high - 1e-12
    assert 2 <= len(ticks) <= 9
    steps = np.diff(ticks)
    assert np.allclose(steps, steps[0], rtol=1e-3)


def test_the_history_leaves_out_what_lay_between_turns(tmp_path):
    path = tmp_path / "history.jsonl"

    def turn(name, what, start, seconds, load, watts):
        samples = [
            {"time": start + i + 0.5, "load": load, "watts": watts, "megahertz": None, "gpus": []}
            for i in range(seconds)
        ]
        append_line(path, {"configuration": name, "what": what, "start": start,
                           "seconds": float(seconds), "samples": samples})  # fmt: skip

    turn("a", "epoch", 100.0, 4, 0.5, 20.0)
    turn("a", "test", 104.0, 2, 1.0, 40.0)
    with open(path, "a") as file:
        file.write('{"configuration": "a", "wh')  # killed here
    turn("b", "epoch", 9000.0, 4, 0.25, None)
    found = history.summarise(path)
    assert found["seconds"] == 10
    assert found["turns"] == [
        {"configuration": "a", "start": 0, "end": 6},
        {"configuration": "b", "start": 6, "end": 10},
    ]
    assert [p["load"] for p in found["points"]] == [0.5] * 4 + [1.0] * 2 + [0.25] * 4
    assert [round(p["time"], 2) for p in found["points"]][::9] == [0.75, 9.75]
    # Of the epochs alone.
    assert found["epochs"]["a"]["load"] == 0.5
    assert found["epochs"]["a"]["watts"] == 20
    assert found["epochs"]["b"]["watts"] is None


def test_a_long_history_becomes_a_few_hundred_points(tmp_path):
    path = tmp_path / "history.jsonl"
    samples = [
        {"time": i / 2, "load": i / 40_000, "watts": None, "megahertz": None, "gpus": []}
        for i in range(40_000)
    ]
    append_line(path, {"configuration": "a", "what": "epoch", "start": 0.0, "seconds": 20_000.0,
                       "samples": samples})  # fmt: skip
    points = history.summarise(path)["points"]
    assert len(points) == history.MOST_POINTS
    assert [p["load"] for p in points] == pytest.approx(
        [(i + 0.5) / len(points) for i in range(len(points))], abs=1e-3
    )


def test_sampling_a_turn(tmp_path):
    watched = history.History(tmp_path / "history.jsonl")
    start = time.time()
    watched.monitor.sample()
    time.sleep(0.02)
    watched.monitor.sample()
    watched.end_turn("a", "epoch", start)
    watched.end_turn("a", "test", time.time())
    watched.close()
    first, second = read_lines(tmp_path / "history.jsonl")
    assert len(first["samples"]) >= 2
    assert all(start <= s["time"] <= start + 30 and 0 <= s["load"] <= 1 for s in first["samples"])
    assert len(second["samples"]) <= 1


def test_a_record_holds_for_its_conditions(tmp_path):
    record = Record(tmp_path, "a", 0, {"number of threads": 2})
    record.set("epochs", [1])
    record.checkpoint.write_text("weights")
    same = Record(tmp_path, "a", 0, {"number of threads": 2})
    assert same.get("epochs") == [1] and same.renewed is None
    other = Record(tmp_path, "a", 0, {"number of threads": 4, "program": "x"})
    assert other.renewed == "the number of threads was 2 and is 4, the program is another one"
    assert other.get("epochs") is None
    assert not other.checkpoint.exists()


def test_markdown_shows_what_is_written(tmp_path):
    table = Table(["a|b", "n"], [["x < y * z", "1"]])
    blocks = [Heading("Head"), Sentences("words"), table]
    markdown.write(Document("Title", "sub", blocks), tmp_path / "report.md")
    assert (tmp_path / "report.md").read_text() == (
        "# Title\n\nsub\n\n## Head\n\nwords\n\n| a\\|b | n |\n|---|---:|\n| x &lt; y \\* z | 1 |\n"
    )


def test_how_numbers_are_written():
    assert [number(v) for v in (0.01234, 1.234, 12.34, 123.4, 12345.6)] == [
        "0.012", "1.23", "12.3", "123", "12\u202f346",
    ]  # fmt: skip
    assert [duration(s) for s in (10, 600, 7200)] == ["10 s", "10 min", "2.0 h"]
    assert rotated([1, 2, 3], 4) == [2, 3, 1]
    assert shown_epochs(4) == [1, 2, 3, 4]
    assert shown_epochs(30) == [1, 5, 10, 15, 20, 25, 30]
    assert shown_epochs(0) == []
    assert len(shown_epochs(1000)) <= 11 and shown_epochs(1000)[-1] == 1000


def test_names_of_colours_are_those_of_configurations():
    from lazulite.article.configurations import NAMES

    assert set(charts.COLOURS) == set(NAMES)
    assert len(set(charts.COLOURS.values())) == len(NAMES)
    assert set(charts.DASHES) < set(NAMES)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in charts.COLOURS.values())


def test_json_refuses_what_is_no_number(tmp_path):
    with pytest.raises(ValueError):
        append_line(tmp_path / "lines", {"a": float("nan")})
    append_line(tmp_path / "lines", {"a": None})
    assert json.loads((tmp_path / "lines").read_text()) == {"a": None}
