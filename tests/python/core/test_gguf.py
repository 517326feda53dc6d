"""The GGUF format. What MLX does as well is in tests/python/conformance/gguf.txt."""

import random
import struct

import numpy as np
import pytest

import lazulite.core as lz


def of_one_tensor(kind: int, blocks: np.ndarray, shape: tuple) -> bytes:
    """A file with one tensor of blocks."""
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q", 8) + b"a.weight"
    head += struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape[::-1], kind, 0)
    return head + bytes(-len(head) % 32) + blocks.tobytes()


def test_q4_k_as_its_definition_says(tmp_path):
    """MLX mixes up the scales of every second group."""
    draw = np.random.default_rng(0)
    blocks = draw.integers(0, 256, (4, 144)).astype(np.uint8)
    factors = draw.uniform(0.01, 1, (4, 2)).astype(np.float16)
    blocks[:, :4] = factors.view(np.uint8)
    (tmp_path / "a.gguf").write_bytes(of_one_tensor(12, blocks, (2, 512)))
    expected = []
    for block, (d, least) in zip(blocks.astype(int), factors.astype(float), strict=True):
        s, codes = block[4:16], block[16:]
        for j in range(8):
            scale, minimum = s[j % 4] & 63, s[j % 4 + 4] & 63
            if j >= 4:
                scale = (s[j + 4] & 15) | (s[j - 4] >> 6) << 4
                minimum = (s[j + 4] >> 4) | (s[j] >> 6) << 4
            data = codes[j // 2 * 32 : j // 2 * 32 + 32]
            expected += list(d * scale * (data >> 4 if j % 2 else data & 15) - least * minimum)
    got = lz.load(str(tmp_path / "a.gguf"))["a.weight"]
    assert got.dtype == lz.float16
    assert got.shape == (2, 512)
    np.testing.assert_allclose(np.asarray(got).ravel(), expected, rtol=2**-10, atol=1e-2)


def test_codes_are_those_of_quantize(tmp_path):
    """A block of Q8_0 is a scale and 32 numbers of 8 bits."""
    numbers = np.arange(-32, 32, dtype=np.int8).reshape(2, 32)
    scales = np.array([[0.5], [2.0]], np.float16)
    blocks = np.concatenate([scales.view(np.uint8), numbers.view(np.uint8)], axis=1)
    (tmp_path / "a.gguf").write_bytes(of_one_tensor(8, blocks, (1, 64)))
    codes = lz.load(str(tmp_path / "a.gguf"))
    whole = lz.dequantize(
        codes["a.weight"], codes["a.scales"], codes["a.biases"], group_size=32, bits=8
    )
    np.testing.assert_array_equal(np.asarray(whole), (numbers * scales).reshape(1, 64))


def test_what_is_not_read_is_said(tmp_path):
    (tmp_path / "a.gguf").write_bytes(of_one_tensor(6, np.zeros((2, 22), np.uint8), (1, 64)))
    with pytest.raises(RuntimeError, match="type 6, which is not read"):
        lz.load(str(tmp_path / "a.gguf"))
    with pytest.raises(TypeError, match="'k' is an array, a str or a list of str, not int"):
        lz.save_gguf(str(tmp_path / "b.gguf"), {"a": lz.ones(2)}, {"k": 3})
    assert not (tmp_path / "b.gguf").exists()


def test_damaged_files_are_refused(tmp_path):
    path = str(tmp_path / "a.gguf")
    metadata = {"s": "text", "l": ["a", "b"], "n": lz.array([1, 2]), "t": lz.array(True)}
    lz.save_gguf(path, {"a": lz.arange(6.0).reshape(2, 3), "b": lz.ones(3, dtype=lz.int8)}, metadata)
    with open(path, "rb") as file:
        whole = file.read()
    for length in range(0, len(whole) - 32):
        with open(path, "wb") as file:
            file.write(whole[:length])
        with pytest.raises(RuntimeError, match="not a readable GGUF file"):
            lz.load(path)
    draw = random.Random(1)
    for _ in range(1500):
        damaged = bytearray(whole)
        for _ in range(draw.randint(1, 3)):
            damaged[draw.randrange(4, len(damaged))] = draw.choice([0, 1, 2, 255, draw.randrange(256)])
        with open(path, "wb") as file:
            file.write(damaged)
        try:
            for array in lz.load(path).values():
                assert array.nbytes <= len(whole)
        except RuntimeError as error:
            assert "GGUF" in str(error)


def test_sizes_beyond_counting_are_refused(tmp_path):
    for shape in ((2**63, 0), (0, 2**64 - 1), (2**32, 0, 2**32)):
        (tmp_path / "a.gguf").write_bytes(of_one_tensor(0, np.zeros(0, np.uint8), shape))
        with pytest.raises(RuntimeError, match="more elements than can be counted"):
            lz.load(str(tmp_path / "a.gguf"))


def test_names_that_are_there_twice_are_refused(tmp_path):
    path = tmp_path / "a.gguf"
    lz.save_gguf(str(path), {"abc": lz.ones(8), "abd": lz.zeros(8)}, {"kkk": "1", "kkl": "2"})
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"abd", b"abc"))
    with pytest.raises(RuntimeError, match="'abc' is there 2 times"):
        lz.load(str(path))
    path.write_bytes(whole.replace(b"kkl", b"kkk"))
    with pytest.raises(RuntimeError, match="'kkk' is twice in its metadata"):
        lz.load(str(path))
