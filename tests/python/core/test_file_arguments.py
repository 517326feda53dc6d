"""What is no file is refused with the exceptions that MLX raises, before anything is written."""

import pytest

import lazulite.core as lz


@pytest.mark.parametrize("file", [3, 3.5, True, [], object()])
def test_what_is_neither_a_path_nor_a_file(file):
    x = lz.ones(2)
    for call, error in (
        (lambda: lz.save(file, x), ValueError),
        (lambda: lz.savez(file, a=x), AttributeError),
        (lambda: lz.savez_compressed(file, a=x), AttributeError),
        (lambda: lz.save_safetensors(file, {"a": x}), ValueError),
        (lambda: lz.save_gguf(file, {"a": x}), ValueError),
        (lambda: lz.load(file), ValueError),
        (lambda: lz.load(file, format="npy"), ValueError),
    ):
        with pytest.raises(error, match=f"not {type(file).__name__}"):
            call()


def test_none_is_no_argument_at_all():
    x = lz.ones(2)
    for call in (
        lambda: lz.save(None, x),
        lambda: lz.savez(None, a=x),
        lambda: lz.save_safetensors(None, {"a": x}),
        lambda: lz.save_gguf(None, {"a": x}),
        lambda: lz.load(None),
    ):
        with pytest.raises(TypeError):
            call()


def test_anything_that_writes_is_a_file():
    class Written:
        data = b""

        def write(self, part):
            self.data += part

    for save in (lz.save, lambda file, x: lz.savez(file, x=x)):
        file = Written()
        save(file, lz.ones(2))
        assert len(file.data) > 8
