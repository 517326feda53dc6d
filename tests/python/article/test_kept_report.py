"""The report in docs/article, and the README's part of it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from article_run import figures_of, run, shown_number, value_at
from fake_peer import fake_interpreter
from lazulite.article import keep as keeping

ROOT = Path(__file__).parents[3]
KEPT = ROOT / "docs" / "article"
SCRIPT = ROOT / "scripts" / "article-in-readme"


def put(folder, *options):
    script = folder / "scripts" / SCRIPT.name
    return subprocess.run(
        [sys.executable, script, *options], capture_output=True, text=True, timeout=60
    )


def test_what_is_kept_names_no_folder_of_this_machine():
    place = Path(keeping.__file__)
    for file in (place, place.resolve()):
        assert keeping.without_folders(f"<p>{file}, line 3</p>") == (
            "<p>lazulite/article/keep.py, line 3</p>"
        )
    assert keeping.last_names("MLX is not installed in /home/me/.cache/mlx-1.") == (
        "MLX is not installed in mlx-1."
    )
    assert keeping.last_names("'/opt/python' or GPU/CPU, 1/2.") == "'python' or GPU/CPU, 1/2."
    for path in KEPT.rglob("results.json") if KEPT.exists() else ():
        for sentence in json.loads(path.read_text(encoding="utf-8"))["left_out"]:
            assert keeping.last_names(sentence) == sentence, path
    for path in KEPT.rglob("*.*") if KEPT.exists() else ():
        assert not re.search(r"/\w[^\s<>\"']*/lazulite/", path.read_text(encoding="utf-8")), path


@pytest.fixture
def tree(tmp_path, planted):
    """A README and a kept report, of frameworks that are not there in truth."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(SCRIPT, tmp_path / "scripts")
    shutil.copy(ROOT / "README.md", tmp_path)
    fake = fake_interpreter(tmp_path, gpu="A card")
    for folder, names in (
        (tmp_path / "docs" / "article", ["pytorch", "mlx"]),
        (tmp_path / "docs" / "article" / "gpu", ["pytorch-gpu"]),
    ):
        done = run(planted, tmp_path / "report", "--epochs", "2", "--pytorch-python", fake,
                   "--mlx-python", fake, "--keep", folder, "--configurations", *names)  # fmt: skip
        assert done.returncode == 0, done.stderr
    return tmp_path


def test_the_readme_takes_its_figures_from_the_report(tree):
    before = (tree / "README.md").read_text()
    assert put(tree, "--check").returncode == 1
    assert (tree / "README.md").read_text() == before
    done = put(tree)
    assert done.returncode == 0, done.stderr
    text = (tree / "README.md").read_text()
    # 2 s an epoch, 12 ms, 80 us; two epochs lead to 75 %. On the card a quarter of the times.
    assert "| PyTorch 9.9 | 2.00 | 12 | 80 | 75.00 |" in text
    assert "| MLX 9.9 (1 of the epochs) | 2.00 | 12 | 80 | 50.00 |" in text
    assert "| PyTorch, GPU 9.9 | 0.50 | 3 | 20 | 75.00 |" in text
    assert "with A card" in text
    for name in ("epoch-times", "accuracy"):
        assert f"(docs/article/{name}.svg)" in text
        assert (tree / "docs" / "article" / f"{name}.svg").exists()
    # Nothing else has changed, and a second time changes nothing.
    mark = text.index("<!-- from docs/article")
    assert text[:mark] == before[:mark]
    assert text.partition("<!-- end -->")[2] == before.partition("<!-- end -->")[2]
    assert put(tree, "--check").returncode == 0
    assert put(tree).returncode == 0
    assert (tree / "README.md").read_text() == text


@pytest.mark.skipif(not KEPT.exists(), reason="no report is kept")
def test_the_kept_report_agrees_with_its_figures():
    checked = subprocess.run(
        [sys.executable, SCRIPT, "--check"], capture_output=True, text=True, timeout=60
    )
    assert checked.returncode == 0, checked.stderr
    for page in KEPT.rglob("index.html"):
        results = json.loads((page.parent / "results.json").read_text())
        for text, path, scale in figures_of(page.read_text()):
            shown, half = shown_number(text)
            assert abs(shown - value_at(results, path) * scale) <= half * 1.001, path
