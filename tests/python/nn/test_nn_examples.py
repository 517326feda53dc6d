"""The examples in docstrings run and print what they say."""

import doctest
import importlib
import pkgutil

import lazulite
import lazulite.core
import lazulite.nn
import lazulite.optimizers
import lazulite.utils
import pytest

MODULES = ["lazulite.utils"] + [
    module.name
    for package in (lazulite.nn, lazulite.optimizers)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    scope = {
        **vars(lazulite.utils),
        "mx": lazulite.core,
        "nn": lazulite.nn,
        "optim": lazulite.optimizers,
    }
    result = doctest.testmod(module, globs=scope)
    assert result.failed == 0
