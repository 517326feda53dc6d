"""Files whose names are no UTF-8, as `os.listdir` gives them, and paths of every kind."""

import os
import pathlib
import struct

import pytest

import lazulite.core as lz
import lazulite.nn as nn

NAME = os.fsdecode(b"caf\xe9")


@pytest.mark.parametrize("kind", [str, pathlib.Path, os.fsencode])
@pytest.mark.parametrize("ending", ["npy", "npz", "safetensors"])
def test_arrays(tmp_path, kind, ending):
    path = kind(f"{tmp_path}/{NAME}.{ending}")
    if ending == "npy":
        lz.save(path, lz.arange(3))
        read = lz.load(path)
    elif ending == "npz":
        lz.savez(path, a=lz.arange(3))
        read = lz.load(path)["a"]
    else:
        lz.save_safetensors(path, {"a": lz.arange(3)})
        read = lz.load(path)["a"]
    assert read.tolist() == [0, 1, 2]
    assert os.listdir(os.fsencode(tmp_path)) == [b"caf\xe9." + ending.encode()]


@pytest.mark.parametrize("kind", [str, pathlib.Path])
@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_weights(tmp_path, kind, ending):
    path = kind(f"{tmp_path}/{NAME}.{ending}")
    layer, other = nn.Linear(2, 3), nn.Linear(2, 3)
    layer.save_weights(path)
    other.load_weights(path)
    assert lz.array_equal(layer.weight, other.weight)


@pytest.mark.parametrize("kind", [str, pathlib.Path])
def test_functions(tmp_path, kind):
    path = kind(f"{tmp_path}/{NAME}.lzf")
    lz.export_function(path, lambda x: x + 1, lz.ones(2))
    assert lz.import_function(path)(lz.ones(2))[0].tolist() == [2, 2]


@pytest.mark.parametrize("ending", ["npy", "npz", "safetensors", "gguf", "lzf"])
def test_errors_name_the_file(tmp_path, ending):
    path = f"{tmp_path}/{NAME}.{ending}"
    load = lz.import_function if ending == "lzf" else lz.load
    # A header that is no text either.
    for content in (None, struct.pack("<Q", 16) + b'{"\xff\xfe": 1}    junk'):
        if content:
            with open(path, "wb") as file:
                file.write(content)
        with pytest.raises((RuntimeError, ValueError)) as caught:
            load(path)
        assert not isinstance(caught.value, UnicodeError)
        assert path in str(caught.value)


def test_errors_name_what_cannot_be_written(tmp_path):
    path = f"{tmp_path}/{NAME}/a"
    for save in (
        lambda: lz.save(path + ".npy", lz.ones(2)),
        lambda: lz.save_safetensors(path + ".safetensors", {"a": lz.ones(2)}),
        lambda: lz.export_function(path + ".lzf", lambda x: x, lz.ones(2)),
    ):
        with pytest.raises((RuntimeError, ValueError, OSError)) as caught:
            save()
        assert not isinstance(caught.value, UnicodeError)
        assert NAME in str(caught.value)


def test_text_that_is_no_unicode():
    for call in (
        lambda: lz.save_safetensors("unused", {"a\udcff": lz.ones(2)}),
        lambda: lz.linalg.norm(lz.ones(3), "\udcff"),
    ):
        with pytest.raises((RuntimeError, ValueError, TypeError)) as caught:
            call()
        assert "bad_cast" not in str(caught.value)
