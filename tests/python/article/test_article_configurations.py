"""Which configurations a machine has, with frameworks and a GPU that are not there in truth."""

import subprocess
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from article_run import figures_of, record_of, results_of, run, shown_number, value_at
from fake_peer import fake_interpreter

from lazulite.article import machine
from lazulite.article.workers import environments


@pytest.fixture
def fake(tmp_path):
    return fake_interpreter(tmp_path, gpu="A card")


def test_a_gpu(planted, tmp_path, fake):
    output = tmp_path / "report"
    options = ["--pytorch-python", fake, "--mlx-python", fake, "--configurations",
               "pytorch", "pytorch-channels-last", "pytorch-gpu", "mlx"]  # fmt: skip
    done = run(planted, output, "--epochs", "2", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    results = results_of(output)
    found = {c["name"]: c for c in results["configurations"]}
    assert list(found) == ["pytorch", "pytorch-channels-last", "pytorch-gpu", "mlx"]
    assert [len(c["epochs"]) for c in found.values()] == [2, 2, 2, 1]
    assert all(c["version"] == "9.9" for c in found.values())
    assert results["machine"]["gpus"] == ["A card"]
    assert found["pytorch-gpu"]["summary"]["epoch_s"]["median"] == 0.5
    assert found["pytorch"]["exact_losses"] is not None
    assert found["pytorch-gpu"]["exact_losses"] is None
    for name in ("pytorch.cpu", "pytorch.gpu", "pytorch-channels-last.cpu", "mlx.cpu"):
        assert (output / f"{name}.cnn.bench.out").exists()
    page = (output / "index.html").read_text()
    assert "PyTorch, GPU" in page and "A card" in page
    for text, path, scale in figures_of(page):
        shown, half = shown_number(text)
        assert abs(shown - value_at(results, path) * scale) <= half * 1.001, path

    # Another card is another machine, for those that use it.
    fake_interpreter(tmp_path, gpu="Another card")
    again = run(planted, output, "--epochs", "2", *options)
    anew = [line for line in again.stdout.splitlines() if "anew" in line]
    assert anew == [
        "PyTorch, GPU is measured anew: the GPU was A card and is Another card."
    ]


def test_there_is_no_gpu(planted, tmp_path):
    python = fake_interpreter(tmp_path)
    done = run(planted, tmp_path / "report", "--epochs", "1", "--pytorch-python", python,
               "--configurations", "pytorch", "pytorch-gpu", "lazulite-cpp-gpu")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "PyTorch, GPU is left out: PyTorch finds no GPU." in done.stdout
    assert [c["name"] for c in results_of(tmp_path / "report")["configurations"]] == ["pytorch"]


def test_when_the_time_is_over_it_goes_on_later(planted, tmp_path, fake):
    output = tmp_path / "report"
    options = ["--epochs", "3", "--pytorch-python", fake, "--configurations", "pytorch",
               "pytorch-gpu"]  # fmt: skip
    # No time for anything: there is nothing to report either.
    none = run(planted, output, "--minutes", "1e-9", *options)
    assert none.returncode == 1
    assert "no configuration has trained an epoch" in none.stderr
    done = run(planted, output, *options[:1], "1", *options[2:])
    assert done.returncode == 0, done.stderr
    # Epochs are known to take 2 s and 0.5 s; these do not fit.
    short = run(planted, output, "--minutes", "0.004", *options)
    assert short.returncode == 0, short.stderr
    assert "left to do: the same command goes on from here." in short.stdout
    assert len(record_of(output, "pytorch")["epochs"]) == 1
    assert (output / "index.html").exists()
    rest = run(planted, output, "--minutes", "5", *options)
    assert "left to do" not in rest.stdout
    assert len(record_of(output, "pytorch")["epochs"]) == 3
    assert "--minutes must be a positive number" in run(planted, output, "--minutes", "0").stderr


def test_what_is_kept(planted, tmp_path, fake):
    output, kept = tmp_path / "report", tmp_path / "kept"
    kept.mkdir()
    (kept / "old.svg").write_text("from an earlier report")
    options = ["--epochs", "1", "--pytorch-python", fake, "--configurations", "lazulite-python",
               "pytorch", "--keep", kept]  # fmt: skip
    assert run(planted, output, *options).returncode == 0
    names = {path.name for path in kept.iterdir()}
    assert {"index.html", "report.md", "results.json", "accuracy.svg", "epoch-times.svg",
            "pytorch.cpu.cnn.bench.out", "profile-lazulite-python.flame.html"} <= names  # fmt: skip
    assert not any("state" in name or "trace" in name or name == "old.svg" for name in names)
    assert (kept / "results.json").read_text() == (output / "results.json").read_text()
    for page in ("index.html", "report.md"):
        text = (kept / page).read_text()
        assert "flame.html" in text and "trace.json" not in text


def test_an_interpreter_that_finds_its_libraries_is_left_alone(tmp_path, monkeypatch):
    """Others need the folders of a toolkit."""
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    alone = fake_interpreter(tmp_path)
    version, variables = environments.probe(environments.PYTORCH, str(alone))
    assert version == "9.9"
    assert "PYTHONPATH" not in variables
    assert variables.get("LD_LIBRARY_PATH") == environments.variables_of(str(alone), False).get(
        "LD_LIBRARY_PATH"
    )
    (tmp_path / "needy").mkdir()
    needy = tmp_path / "needy" / "python"
    needy.write_text(
        f"#!/bin/sh\ncase \"$LD_LIBRARY_PATH\" in *{tmp_path}/needed*) exec {alone} \"$@\";; esac\n"
        "exit 1\n"
    )
    needy.chmod(0o755)
    monkeypatch.setattr(environments, "TOOLKIT_FOLDERS", [str(tmp_path / "needed")])
    assert environments.probe(environments.PYTORCH, str(needy)) is None
    (tmp_path / "needed").mkdir()
    version, variables = environments.probe(environments.PYTORCH, str(needy))
    assert version == "9.9"
    assert str(tmp_path / "needed") in variables["LD_LIBRARY_PATH"]


def test_interpreters_that_cannot_be_used(tmp_path):
    with pytest.raises(environments.Unavailable, match="--mlx-python names .*not a program"):
        environments.interpreter_of(environments.MLX, named=str(tmp_path / "none"))
    empty = tmp_path / "python"
    empty.write_text("#!/bin/sh\nexit 1\n")
    empty.chmod(0o755)
    with pytest.raises(environments.Unavailable, match="--mlx-python names .*cannot import mlx"):
        environments.interpreter_of(environments.MLX, named=str(empty))
    named = environments.interpreter_of(environments.MLX, named=str(fake_interpreter(tmp_path)))
    assert subprocess.run([named, "-c", ""], capture_output=True).returncode == 0
    assert sys.executable != named


def test_the_name_of_a_gpu(monkeypatch):
    monkeypatch.setattr(machine.core, "is_available", lambda device: False)
    with pytest.raises(environments.Unavailable, match="no NVIDIA GPU"):
        machine.gpu()
    monkeypatch.setattr(machine.core, "is_available", lambda device: True)
    sample = SimpleNamespace(gpus=[SimpleNamespace(name="A card")])
    watched = SimpleNamespace(history=[sample], sample=lambda: None)
    monkeypatch.setattr(machine.debug, "monitor", lambda interval: nullcontext(watched))
    assert machine.gpu() == "A card"
    sample.gpus = []  # the driver's library is not there
    assert machine.gpu() == "GPU"
