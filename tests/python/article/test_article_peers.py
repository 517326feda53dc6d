"""The programs of the peers, where LAZULITE_PYTORCH_PYTHON and LAZULITE_MLX_PYTHON name them."""

import os

import pytest
from article_run import record_of, results_of, run

VARIABLES = {
    "pytorch": "LAZULITE_PYTORCH_PYTHON",
    "pytorch-channels-last": "LAZULITE_PYTORCH_PYTHON",
    "mlx": "LAZULITE_MLX_PYTHON",
}


def losses(output, name):
    epochs = record_of(output, name)["epochs"]
    return [(e["training"]["loss"], e["validation"]["loss"]) for e in epochs]


@pytest.mark.parametrize("name", VARIABLES)
def test_a_peer(planted, tmp_path, name):
    if not os.environ.get(VARIABLES[name]):
        pytest.skip(f"{VARIABLES[name]} names no interpreter")
    options = ["--mlx-epochs", "8", "--lr", "0.003", "--configurations", "lazulite-python", name]
    for epochs in (2, 8):
        done = run(planted, tmp_path / "a", "--epochs", epochs, *options)
        assert done.returncode == 0, done.stdout + done.stderr
    assert run(planted, tmp_path / "b", "--epochs", "8", *options).returncode == 0
    # What went on from a checkpoint learnt what it would have learnt.
    assert losses(tmp_path / "a", name) == losses(tmp_path / "b", name)

    results = results_of(tmp_path / "a")
    peer = next(c for c in results["configurations"] if c["name"] == name)
    assert peer["epochs"][-1]["validation"]["accuracy"] == 1.0
    assert peer["steps"]["batch_backprop_us"]["min"] > 0
    assert results["answers"]["agreement"]["against"] == name
    (row,) = results["answers"]["agreement"]["rows"]
    assert row["agreeing_steps"] >= 5, row
    (ratio,) = results["ratios"]
    assert ratio["epoch_s"]["count"] == 8
    assert (tmp_path / "a" / f"{name}.cpu.cnn.bench.out").exists()
