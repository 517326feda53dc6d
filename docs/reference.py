"""Writes the pages of the API reference, one a module, from what the modules hold.

usage: python docs/reference.py FOLDER
"""

import importlib
import inspect
import pathlib
import re
import sys
import types

MODULES = [
    "lazulite.core",
    "lazulite.core.random",
    "lazulite.core.fast",
    "lazulite.core.linalg",
    "lazulite.core.fft",
    "lazulite.core.distributed",
    "lazulite.nn",
    "lazulite.nn.losses",
    "lazulite.nn.init",
    "lazulite.optimizers",
    "lazulite.utils",
    "lazulite.data",
    "lazulite.debug",
]


def modules():
    """Those of MODULES that there are."""
    for name in MODULES:
        parent, _, last = name.rpartition(".")
        if isinstance(getattr(importlib.import_module(parent), last, None), types.ModuleType):
            yield name, getattr(importlib.import_module(parent), last)
        else:
            try:
                yield name, importlib.import_module(name)
            except ModuleNotFoundError:
                continue


def public(module):
    names = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
    return sorted((n for n in names if is_ours(getattr(module, n))), key=str.lower)


def is_ours(value):
    if isinstance(value, types.ModuleType):
        return False
    home = getattr(value, "__module__", None)
    return not isinstance(home, str) or home.startswith("lazulite")


def summary(value, name):
    """The first sentence of the documentation, after the signature if that comes first."""
    paragraphs = (inspect.getdoc(value) or "").split("\n\n")
    while paragraphs and (paragraphs[0].startswith(f"{name}(") or not paragraphs[0].strip()):
        del paragraphs[0]
    text = " ".join(paragraphs[0].split()) if paragraphs else ""
    sentence = re.split(r"(?<=[.;:]) ", text + " ")[0].strip().rstrip(";:")
    return re.sub(r"([*|\\])", r"\\\1", sentence) if "``" not in sentence else sentence


def page(name, module):
    classes, functions, constants = [], [], []
    for n in public(module):
        value = getattr(module, n)
        if inspect.isclass(value):
            classes.append(n)
        elif callable(value):
            functions.append(n)
        else:
            constants.append((n, value))
    lines = [name, "=" * len(name), "", f".. currentmodule:: {name}", ""]
    lines += [(module.__doc__ or "").strip(), ""]
    for title, directive, names in (
        ("Functions", "autofunction", functions),
        ("Classes", "autoclass", classes),
    ):
        if not names:
            continue
        lines += [title, "-" * len(title), "", ".. list-table::", ""]
        for n in names:
            lines += [f"   * - :py:obj:`{n}`", f"     - {summary(getattr(module, n), n)}"]
        lines += [""]
        for n in names:
            lines += [f".. {directive}:: {n}"]
            lines += ["   :members:", ""] if directive == "autoclass" else [""]
    if constants:
        lines += ["Constants", "---------", ""]
        for n, value in constants:
            lines += [f".. py:data:: {n}", f"   :value: {value!r}", ""]
    return "\n".join(lines)


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for name, module in modules():
        (folder / f"{name}.rst").write_text(page(name, module) + "\n")
        names.append(name)
    title = "API reference"
    index = [
        title,
        "=" * len(title),
        "",
        "What `lazulite.core` holds is also in `lazulite` itself.",
    ]
    index += ["", ".. toctree::", "   :maxdepth: 1", "", *(f"   {n}" for n in names), ""]
    (folder / "index.rst").write_text("\n".join(index))


if __name__ == "__main__":
    main(sys.argv[1])
