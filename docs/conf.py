"""How Sphinx makes the documentation: see scripts/build-docs."""

import re

import lazulite

project = "Lazulite"
author = "the authors of Lazulite"
version = release = lazulite.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"Lazulite {release}"
exclude_patterns = ["generator"]
myst_heading_anchors = 3

# `x` in a docstring is code.
default_role = "code"
autodoc_member_order = "groupwise"
# Signatures of functions in C++ are the first lines of their docstrings.
autodoc_docstring_signature = True
napoleon_numpy_docstring = False

# Links to sources lead into the repository, which is not part of the pages.
suppress_warnings = ["myst.xref_missing"]


def escape_plain_text(app, what, name, obj, options, lines):
    """Docstrings of functions in C++ are plain text: their stars and bars are no markup."""
    if type(obj).__module__ != "nanobind":
        return
    for i, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...", ":")):
            parts = re.split(r"(`[^`]*`)", line)
            parts[::2] = [re.sub(r"([*|])", r"\\\1", part) for part in parts[::2]]
            lines[i] = "".join(parts)


def setup(app):
    # Before the sections of the docstrings become fields, whose markup is meant.
    app.connect("autodoc-process-docstring", escape_plain_text, priority=100)
