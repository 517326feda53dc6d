"""`python -m lazulite.article` on planted images."""

import json
import random
import re
import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import bench_out_parser
import jsonschema
import pytest
import trace_format
from article_run import (
    BUILT,
    command,
    figures_of,
    plant,
    record_of,
    results_of,
    run,
    shown_number,
    value_at,
)

PICTURES = ["accuracy", "loss", "training-accuracy", "training-loss", "epoch-times",
            "epoch-times-over-epochs", "batched", "single", "load"]  # fmt: skip
EXPECTED = ["lazulite-python"] + (["lazulite-cpp"] if BUILT.exists() else [])


def losses(epochs):
    return [(e["training"]["loss"], e["validation"]["loss"]) for e in epochs]


def test_it_learns_what_was_planted(finished):
    results = results_of(finished)
    assert sorted(c["name"] for c in results["configurations"]) == sorted(EXPECTED)
    for configuration in results["configurations"]:
        assert len(configuration["epochs"]) == 4
        assert configuration["learning"]["seeds"] == 2
        assert configuration["learning"]["test_accuracies"] == [1.0, 1.0]
        assert configuration["epochs"][-1]["validation"]["accuracy"] == 1.0
        seconds = [epoch["seconds"] for epoch in configuration["epochs"]]
        assert configuration["summary"]["epoch_s"]["min"] == min(seconds)
        assert configuration["summary"]["epoch_s"]["max"] == max(seconds)
        assert len(configuration["losses"]) == 100
        assert len(configuration["tests"]) == 3
        # A network of 8x8 images: three convolutions and linear layers of 100, 50, 25 and 2.
        convolutions = 20 * 25 + 20 + 50 * 20 * 25 + 50 + 100 * 50 * 25 + 100
        linear = 100 * 50 + 50 + 50 * 25 + 25 + 25 * 10 + 10
        assert configuration["parameters"] == convolutions + linear


def test_every_figure_of_the_page_is_that_of_the_json(finished):
    results = results_of(finished)
    figures = figures_of((finished / "index.html").read_text())
    assert len(figures) > 100
    for text, path, scale in figures:
        shown, half = shown_number(text)
        value = value_at(results, path) * scale
        assert abs(shown - value) <= half * 1.001, (text, path, value)
    paths = [path for _, path, _ in figures]
    for i in range(len(results["configurations"])):
        for epoch in range(4):
            for key in ("validation_accuracy", "validation_loss"):
                assert f"/configurations/{i}/learning/epochs/{epoch}/{key}" in paths
        for key in ("epoch_s/mean", "batched_ms/max", "single_us/min"):
            assert f"/configurations/{i}/summary/{key}" in paths


def test_every_picture_is_in_the_page_and_beside_it(finished):
    page = (finished / "index.html").read_text()
    for name in PICTURES:
        part = page[page.index(f'<figure id="{name}">') :]
        svg = part[part.index("<svg") : part.index("</svg>") + len("</svg>")]
        ElementTree.fromstring(svg)
        assert (finished / f"{name}.svg").read_text().strip() == svg
        assert f"]({name}.svg)" in (finished / "report.md").read_text()


def test_the_page_needs_no_network(finished):
    page = (finished / "index.html").read_text()
    assert not re.search(r"<(script|link|img|iframe)\b", page)
    assert not re.search(r"url\(|@import", page)
    links = re.findall(r'(?:href|src)="([^"]*)"', page)
    assert all(not link.startswith(("http:", "https:", "//")) for link in links)


def test_nothing_names_the_machine_or_its_folders(finished):
    here = str(Path(__file__).parents[3])
    for name in ("index.html", "report.md", "results.json"):
        text = (finished / name).read_text()
        assert str(finished) not in text
        assert here not in text


@pytest.mark.parametrize("name", EXPECTED)
def test_the_articles_own_file(finished, name):
    results = results_of(finished)
    configuration = next(c for c in results["configurations"] if c["name"] == name)
    file = finished / f"{configuration['framework']}.cpu.cnn.bench.out"
    values, batch = bench_out_parser.parse(file.read_text())
    assert batch == 16
    for key, line in (("batch_backprop_us", "batch_backprop_range_us"),
                      ("indiv_inference_us", "indiv_inference_range_us")):  # fmt: skip
        expected = [configuration["steps"][key][part] for part in ("min", "mean", "max")]
        assert values[line] == pytest.approx(expected, abs=5e-4)
    seconds = [epoch["seconds"] for epoch in configuration["epochs"]]
    mean = sum(seconds) / 4
    assert values["epoch_range_s"] == pytest.approx([min(seconds), mean, max(seconds)], abs=1e-3)
    assert values["loss"] == pytest.approx(
        [e["validation"]["loss"] for e in configuration["epochs"]], abs=5e-7
    )
    assert values["accuracy"][-1] == 1.0


def test_the_parser_refuses_other_lines():
    good = (
        "batch_inference_range_us|64:1,2,3\nindiv_inference_range_us:1,2,3\n"
        "batch_backprop_range_us|64:1,2,3\nindiv_backprop_range_us:1,2,3\n"
        "epoch_range_s|64:1,2,3\ntest_run_ms:4.5\nloss: [0.5, 0.25]\naccuracy: [0.9, 1.0]\n"
    )
    assert bench_out_parser.parse(good)[0]["loss"] == [0.5, 0.25]
    for bad in (
        good.replace("|64:1,2,3\nindiv", "|32:1,2,3\nindiv", 1), good.replace("1,2,3", "2,1,3", 1),
        good.replace("[0.5, 0.25]", "[0.5,0.25]"), good[:-1], good + "more:1\n",
        good.replace("test_run_ms:4.5\n", ""), good.replace("0.25", "nan"),
    ):  # fmt: skip
        with pytest.raises(ValueError):
            bench_out_parser.parse(bad)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_trace_and_the_profile(finished, name):
    trace = json.loads((finished / f"profile-{name}.trace.json").read_text())
    assert trace_format.check(trace) > 100
    profile = json.loads((finished / f"profile-{name}.json").read_text())
    time_line = profile["time_line"]
    parts = [time_line[part] for part in ("kernel", "copy", "plan", "loader", "idle", "program")]
    assert sum(parts) == pytest.approx(time_line["wall"], rel=0.02)
    assert sum(row["share"] for row in profile["rows"]) == pytest.approx(1, abs=1e-3)
    functions = " ".join(row["function"] for row in profile["rows"])
    found = next(c for c in results_of(finished)["configurations"] if c["name"] == name)["profile"]
    if name == "lazulite-cpp":
        within = [row["share"] for row in profile["rows"] if "convolution " in row["function"]]
        assert found["convolutions"] == pytest.approx(sum(within), abs=0.05)
    else:
        layers = {row["module"] for row in profile["rows"] if "Convolution" in row["operation"]}
        assert layers == {"ArticleCnn.conv1", "ArticleCnn.conv2", "ArticleCnn.conv3"}
    assert 0.1 < found["convolutions"] < 1
    places = " ".join(row["place"] for row in profile["rows"])
    assert "convolution 2" in functions if name == "lazulite-cpp" else "mlx_network.py" in places
    assert "<html" in (finished / f"profile-{name}.flame.html").read_text()


def event(start, duration):
    return {"ph": "X", "name": "a", "ts": start, "dur": duration, "pid": 1, "tid": 1}


@pytest.mark.parametrize(
    "changed",
    [
        {"ph": "Z"},
        {"dur": -1},
        {"ts": "0"},
        {"name": ""},
        {"tid": None},
        {"ph": "C", "args": {"load": "high"}},
        {"ph": "M", "name": "colour", "args": {}},
    ],
)
def test_malformed_events_are_no_trace(changed):
    assert trace_format.check({"traceEvents": [event(0, 10)]}) == 1
    with pytest.raises(jsonschema.ValidationError):
        trace_format.check({"traceEvents": [event(0, 10) | changed]})


def test_overlapping_events_are_no_trace():
    assert trace_format.check({"traceEvents": [event(0, 10), event(2, 3), event(5, 5)]}) == 3
    with pytest.raises(AssertionError):
        trace_format.check({"traceEvents": [event(0, 10), event(5, 10)]})


@pytest.mark.skipif(not BUILT.exists(), reason="lazulite-cnn is not built")
def test_both_languages_take_the_same_steps(finished):
    configurations = results_of(finished)["configurations"]
    one, other = (c["losses"] for c in configurations)
    assert one == pytest.approx(other, rel=1e-4, abs=1e-6)
    assert one[-1] < one[0] / 2


def test_a_finished_run_is_not_run_again(finished, planted):
    before = (finished / "results.json").read_text()
    page = (finished / "index.html").read_text()
    done = run(planted, finished, "--lr", "0.01", "--seeds", "2", "--epochs", "4")
    assert done.returncode == 0, done.stderr
    assert "[" not in done.stdout
    assert (finished / "index.html").read_text() == page
    assert (finished / "results.json").read_text() == before


def test_what_learns_on_is_tested_again(planted, tmp_path):
    options = ("--configurations", "lazulite-python")
    for epochs in (1, 2):
        done = run(planted, tmp_path, *options, "--epochs", epochs)
        assert done.returncode == 0, done.stderr
        assert "test set" in done.stdout
        record = record_of(tmp_path)
        assert record["tested"][0] == len(record["epochs"]) == epochs
    # A state in which the last epochs have not been tested yet.
    path = tmp_path / "state" / "lazulite-python.seed0.json"
    state = json.loads(path.read_text())
    state["values"]["tested"][0] = 1
    path.write_text(json.dumps(state))
    again = run(planted, tmp_path, *options, "--epochs", 2, "--minutes", "1e-9")
    assert again.returncode == 0, again.stderr
    assert "test_accuracy" not in results_of(tmp_path)["configurations"][0]["learning"]


def children_of(process):
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(word) for word in text.split()]


def gone(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return True
    return state == "Z"


def test_killed_at_a_random_moment_it_goes_on(planted, tmp_path):
    options = ["--epochs", "12", "--lr", "0.003"]
    whole = tmp_path / "whole"
    assert run(planted, whole, *options).returncode == 0

    output = tmp_path / "killed"
    seed = random.randrange(1 << 32)
    print("seed", seed)
    draw = random.Random(seed)
    kills = 0
    for _ in range(4):
        process = subprocess.Popen(
            command(planted, output, *options), stdout=subprocess.PIPE, text=True
        )
        # At some time after some line.
        for _ in range(draw.randrange(1, 14)):
            process.stdout.readline()
        time.sleep(draw.random() * 0.2)
        children = children_of(process.pid) if process.poll() is None else []
        process.kill()
        kills += process.wait() == -signal.SIGKILL
        process.stdout.close()
        # Whoever is measured does not stay behind.
        end = time.monotonic() + 30
        while not all(gone(child) for child in children) and time.monotonic() < end:
            time.sleep(0.05)
        assert all(gone(child) for child in children)
    before = {name: record_of(output, name)["epochs"] for name in EXPECTED}
    assert kills > 0

    done = run(planted, output, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "anew" not in done.stdout
    for name in EXPECTED:
        after = record_of(output, name)
        # What was done is kept, and what followed is what would have followed.
        assert after["epochs"][: len(before[name])] == before[name]
        assert losses(after["epochs"]) == losses(record_of(whole, name)["epochs"])
        assert len(after["tests"]) == 3
        assert after["losses"] == record_of(whole, name)["losses"]


def test_other_conditions_start_it_anew(planted, tmp_path):
    output = tmp_path / "report"
    first = run(planted, output, "--epochs", "2", "--configurations", "lazulite-python")
    assert first.returncode == 0, first.stderr
    before = record_of(output)["epochs"]
    more = run(planted, output, "--epochs", "3", "--configurations", "lazulite-python")
    assert "anew" not in more.stdout
    assert record_of(output)["epochs"][:2] == before
    other = run(
        planted, output, "--epochs", "2", "--lr", "0.01", "--configurations", "lazulite-python"
    )
    assert (
        "Lazulite, Python is measured anew: the learning rate was 0.0001 and is 0.01."
        in other.stdout
    )
    assert len(record_of(output)["epochs"]) == 2
    assert losses(record_of(output)["epochs"]) != losses(before)


def test_damaged_state_starts_it_anew(planted, tmp_path):
    output = tmp_path / "report"
    options = ["--epochs", "2", "--configurations", "lazulite-python"]
    assert run(planted, output, *options).returncode == 0
    before = losses(record_of(output)["epochs"])
    (output / "state" / "lazulite-python.seed0.json").write_text('{"conditions": {')
    with open(output / "state" / "history.jsonl", "a") as history:
        history.write('{"configuration": "lazu')
    done = run(planted, output, *options)
    assert done.returncode == 0, done.stderr
    assert losses(record_of(output)["epochs"]) == before


def test_two_runs_in_one_folder(planted, tmp_path):
    output = tmp_path / "report"
    process = subprocess.Popen(
        command(planted, output, "--epochs", "1000"),
        stdout=subprocess.PIPE,
        text=True,
        # What runs in the background of a shell ignores the signal, and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while "epoch 1," not in process.stdout.readline():
        assert process.poll() is None
    second = run(planted, output)
    assert second.returncode == 1
    assert "another run is at work in" in second.stderr
    process.send_signal(signal.SIGINT)
    assert "the same command goes on from here" in process.stdout.read()
    assert process.wait() == 130
    process.stdout.close()


@pytest.mark.skipif(not BUILT.exists(), reason="lazulite-cnn is not built")
def test_a_program_that_fails_does_not_end_the_others(planted, tmp_path):
    program = tmp_path / "lazulite-cnn"
    program.write_text(
        '#!/bin/sh\necho \'{"ready": {"parameters": 1, "epochs": []}}\'\nread line\n'
        "echo 'the reason of it' >&2\nexit 3\n"
    )
    program.chmod(0o755)
    output = tmp_path / "report"
    done = run(planted, output, "--epochs", "1", "--program", program)
    assert done.returncode == 1
    sentence = "Lazulite, C++ stopped in epoch 1: it ended with code 3: the reason of it."
    assert sentence in done.stdout
    results = results_of(output)
    assert [c["name"] for c in results["configurations"]] == ["lazulite-python"]
    assert sentence in results["left_out"]
    assert sentence in (output / "index.html").read_text()


def test_peers_that_are_not_there_are_left_out_with_a_sentence(planted, tmp_path):
    output = tmp_path / "report"
    done = run(
        planted, output, "--epochs", "1", "--no-install", "--configurations", "lazulite-python",
        "pytorch", "mlx",
        environment={"LAZULITE_PYTORCH_PYTHON": "/nowhere/python", "LAZULITE_MLX_PYTHON": "",
                     "LAZULITE_CACHE": str(tmp_path / "cache")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = (s for s in done.stdout.splitlines() if "is left out" in s)
    assert first == (
        "PyTorch is left out: LAZULITE_PYTORCH_PYTHON names /nowhere/python, which is not a "
        "program."
    )
    assert second.startswith("MLX is left out: MLX is not installed in ")
    assert not (tmp_path / "cache").exists()


def test_what_cannot_be_is_said(planted, tmp_path):
    def errors(*options, data=planted):
        done = run(data, tmp_path / "report", *options)
        assert done.returncode in (1, 2)
        return done.stderr

    assert "--lr must be a positive number, not 0.0" in errors("--lr", "0")
    assert "positive whole number" in errors("--epochs", "0")
    assert "invalid choice: 'jax'" in errors("--configurations", "jax")
    assert "no folder" in errors(data="no folder")
    assert (
        "which is not a program"
        in run(
            planted, tmp_path / "r", "--program", "/nowhere", "--configurations", "lazulite-cpp"
        ).stdout
    )
    small = plant(tmp_path / "small", training=4, test=2)
    assert "lazulite.article: " in errors(data=small)
