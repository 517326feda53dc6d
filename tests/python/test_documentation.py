"""The Python in the documentation runs, page by page, and gives what it shows."""

import doctest
import importlib
import importlib.util
import os
import pathlib
import re
import sys
import textwrap

import lazulite.optimizers
import lazulite.utils
import numpy as np
import pytest

import lazulite
import lazulite.data
import lazulite.nn

DOCS = pathlib.Path(__file__).parents[2] / "docs"
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Libraries that a page compares with, where they are installed.
OTHERS = ("torch", "mlx")
# What examples in docstrings call the modules.
ALIASES = {
    "lz": lazulite,
    "mx": lazulite,
    "np": np,
    "nn": lazulite.nn,
    "optim": lazulite.optimizers,
    "data": lazulite.data,
}


def blocks(page):
    text = page.read_text()
    return [(text[: m.start(1)].count("\n"), m.group(1)) for m in FENCE.finditer(text)]


PAGES = [page for page in sorted(DOCS.glob("*.md")) if blocks(page)]


def test_there_are_pages():
    assert {"quick-start", "laziness", "compile"} <= {page.stem for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = os.environ.get("LAZULITE_TEST_DATA")
    if "data.mnist(" in page.read_text():
        if not folder:
            pytest.skip("LAZULITE_TEST_DATA names no folder")
        (tmp_path / "mnist").symlink_to(pathlib.Path(folder) / "mnist")
    names = {"__name__": "__main__"}
    missing = [n for n in OTHERS if importlib.util.find_spec(n) is None]
    for line, code in blocks(page):
        used = re.findall(
            rf"\b({'|'.join(OTHERS)})\.|^import ({'|'.join(OTHERS)})$", code, re.MULTILINE
        )
        if any(name in missing for pair in used for name in pair):
            continue
        if ">>>" in code:
            run_session(code, names, page, line)
        else:
            # Line numbers of tracebacks are the page's.
            exec(compile("\n" * line + code, str(page), "exec"), names)  # noqa: S102


def run_session(code, names, page, line):
    test = doctest.DocTestParser().get_doctest(code, names, page.stem, str(page), line)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(optionflags=flags, verbose=False)
    report = []
    # The names themselves, not the parser's copy: later blocks go on with them.
    test.globs = names
    runner.run(test, out=report.append, clear_globs=False)
    assert runner.failures == 0, "".join(report)


sys.path.insert(0, str(DOCS))
import reference


def documented(module):
    """Every docstring of the reference, of functions, classes and their members."""
    for name in reference.public(module):
        value = getattr(module, name)
        members = vars(value).items() if isinstance(value, type) else ()
        for member, part in [(None, value), *members]:
            text = getattr(part, "__doc__", None)
            if isinstance(text, str) and ">>>" in text and not str(member).startswith("__"):
                yield f"{name}.{member}" if member else name, text


@pytest.mark.parametrize("name", [name for name, _ in reference.modules()])
def test_reference(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = dict(reference.modules())[name]
    wrong = []
    for where, text in documented(module):
        names = {**vars(lazulite), **vars(module), **ALIASES, "__name__": "__main__"}
        try:
            run_session(textwrap.dedent(text), names, pathlib.Path(f"{name}.{where}"), 0)
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, "".join(wrong)


def test_links_lead_somewhere():
    wrong = [
        f"{page.name}: {target}"
        for page in DOCS.glob("*.md")
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text())
        if not (DOCS / target).exists()
    ]
    assert wrong == []
