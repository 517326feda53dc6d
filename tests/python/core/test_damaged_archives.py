"""Archives (.npz) of which a byte is another, or the end is missing: a sentence with the name."""

import numpy as np
import pytest

import lazulite.core as lz

ARRAYS = {
    "a": np.arange(12, dtype=np.float32).reshape(3, 4),
    "bb": np.arange(40, dtype=np.int16) % 7,
    "empty": np.ones((2, 0, 3), np.float16),
}


def damaged(whole):
    for place in range(len(whole)):
        if place % 5 == 0:
            yield whole[:place]
        for other in (whole[place] ^ (1 << place % 8), 0xFF):
            yield whole[:place] + bytes([other]) + whole[place + 1 :]


@pytest.mark.parametrize("save", [lz.savez, lz.savez_compressed])
def test_damage_is_told_or_does_no_harm(tmp_path, save):
    path = tmp_path / "arrays.npz"
    save(str(path), **{name: lz.array(array) for name, array in ARRAYS.items()})
    whole = path.read_bytes()
    refused = 0
    for data in damaged(whole):
        path.write_bytes(data)
        try:
            loaded = lz.load(str(path))
        except (ValueError, RuntimeError) as error:
            refused += 1
            assert type(error) in (ValueError, RuntimeError)
            assert str(path) in str(error)
            continue
        # What is read has a checksum; only names and the directory have none.
        for array in loaded.values():
            assert any(np.array_equal(array, original) for original in ARRAYS.values())
    assert refused > len(whole)


def test_an_encrypted_archive_is_refused(tmp_path):
    path = tmp_path / "arrays.npz"
    lz.savez(str(path), a=lz.array([1, 2]))
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flag, in the header and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="arrays.npz: a.npy: .*encrypted"):
        lz.load(str(path))
