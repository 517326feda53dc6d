"""Reading and writing of arrays in the GGUF format
(https://github.com/ggml-org/ggml/blob/master/docs/gguf.md)."""

from __future__ import annotations

import collections
import math
import struct

from lazulite import core

_MAGIC, _VERSION, _ALIGNMENT = b"GGUF", 3, 32
_MOST_AXES = 8
_MOST_ELEMENTS = 2**63 - 1

# Types of tensors whose elements are numbers as dtypes have them.
_PLAIN = {
    0: core.float32,
    1: core.float16,
    24: core.int8,
    25: core.int16,
    26: core.int32,
    27: core.int64,
    28: core.float64,
    30: core.bfloat16,
}
_WRITTEN = (core.float32, core.float16, core.int8, core.int16, core.int32)

# Types of metadata: the dtype, and how `struct` writes it.
_NUMBERS = {
    0: (core.uint8, "B"),
    1: (core.int8, "b"),
    2: (core.uint16, "H"),
    3: (core.int16, "h"),
    4: (core.uint32, "I"),
    5: (core.int32, "i"),
    6: (core.float32, "f"),
    7: (core.bool_, "?"),
    10: (core.uint64, "Q"),
    11: (core.int64, "q"),
    12: (core.float64, "d"),
}
_TEXT, _LIST = 8, 9


# Blocks of codes. Each reader gets the bytes of the blocks, one row a block.


def _halves(blocks, first):
    """The float16 number at a place of each block."""
    return core.contiguous(blocks[:, first : first + 2]).view(core.float16)


def _packed(codes):
    """Codes of 4 bits, one an element, as uint32."""
    pairs = codes.reshape(codes.shape[0], -1, 2)
    return core.contiguous(pairs[..., 0] | (pairs[..., 1] << 4)).view(core.uint32)


def _nibbles(data):
    """The lower halves of bytes, then the upper ones."""
    return core.concatenate([data & 15, data >> 4], axis=-1)


def _q4_0(blocks):
    scale = _halves(blocks, 0)
    return _packed(_nibbles(blocks[:, 2:])), scale, scale * -8


def _q4_1(blocks):
    return _packed(_nibbles(blocks[:, 4:])), _halves(blocks, 0), _halves(blocks, 2)


def _q8_0(blocks):
    scale = _halves(blocks, 0)
    codes = core.contiguous(blocks[:, 2:] ^ core.array(128, core.uint8))
    return codes.view(core.uint32), scale, scale * -128


def _q2_k(blocks):
    """16 groups of 16 codes of 2 bits, each with a scale and a least number of 4 bits."""
    count = blocks.shape[0]
    scales, data = blocks[:, :16], blocks[:, 16:80]
    d, least = (_halves(blocks, i).astype(core.float32) for i in (80, 82))
    data = data.reshape(count, 2, 1, 32)
    codes = (data >> core.array([0, 2, 4, 6], core.uint8).reshape(4, 1)) & 3
    return _scaled(codes.reshape(count, 16, 16), d * (scales & 15), least * (scales >> 4))


def _q4_k(blocks):
    """8 groups of 32 codes of 4 bits, each with a scale and a least number of 6 bits."""
    count = blocks.shape[0]
    d, least = (_halves(blocks, i).astype(core.float32) for i in (0, 2))
    low, middle, high = (blocks[:, i : i + 4] for i in (4, 8, 12))
    scales = core.concatenate([low & 63, (high & 15) | ((low >> 6) << 4)], axis=1)
    minima = core.concatenate([middle & 63, (high >> 4) | ((middle >> 6) << 4)], axis=1)
    codes = _nibbles(blocks[:, 16:].reshape(count, 4, 32)).reshape(count, 8, 32)
    return _scaled(codes, d * scales, least * minima)


def _q6_k(blocks):
    """16 groups of 16 codes of 6 bits, each with a scale of 8 bits."""
    count = blocks.shape[0]
    low = blocks[:, :128].reshape(count, 2, 2, 32)
    high = blocks[:, 128:192].reshape(count, 2, 1, 32)
    scales = core.contiguous(blocks[:, 192:208]).view(core.int8)
    d = _halves(blocks, 208).astype(core.float32)
    upper = (high >> core.array([0, 2, 4, 6], core.uint8).reshape(4, 1)) & 3
    lower = core.concatenate([low & 15, low >> 4], axis=2)
    codes = (lower | (upper << 4)).astype(core.float32) - 32
    return _scaled(codes.reshape(count, 16, 16), d * scales, None)


def _scaled(codes, scales, minima):
    out = codes * core.expand_dims(scales, -1)
    if minima is not None:
        out = out - core.expand_dims(minima, -1)
    return out.reshape(codes.shape[0], -1).astype(core.float16)


# Name, elements and bytes of a block, its reader, and whether it leaves codes.
_BLOCKS = {
    2: ("Q4_0", 32, 18, _q4_0, True),
    3: ("Q4_1", 32, 20, _q4_1, True),
    8: ("Q8_0", 32, 34, _q8_0, True),
    10: ("Q2_K", 256, 84, _q2_k, False),
    12: ("Q4_K", 256, 144, _q4_k, False),
    14: ("Q6_K", 256, 210, _q6_k, False),
}


class _Reader:
    """Takes a file apart from its beginning."""

    def __init__(self, data: bytes, path: str) -> None:
        self.data, self.path, self.at = data, path, 0

    def fail(self, what: str):
        raise RuntimeError(f"[load_gguf] {self.path} is not a readable GGUF file: {what}")

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            self.fail(f"at byte {self.at} {size} bytes were expected, {len(self.data)} is the end")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, form: str):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def text(self) -> str:
        data = self.take(self.number("Q"))
        try:
            return data.decode()
        except UnicodeDecodeError:
            self.fail(f"the text before byte {self.at} is not UTF-8")

    def value(self):
        kind = self.number("I")
        if kind == _TEXT:
            return self.text()
        count, one = 1, kind != _LIST
        if not one:
            kind, count = self.number("I"), self.number("Q")
            if kind == _TEXT:
                # Each takes its length's 8 bytes at least.
                if count > (len(self.data) - self.at) // 8:
                    self.fail(f"at byte {self.at} there cannot be {count} texts")
                return [self.text() for _ in range(count)]
        if kind not in _NUMBERS:
            self.fail(f"at byte {self.at} there is metadata of the unknown type {kind}")
        dtype, _ = _NUMBERS[kind]
        data = self.take(count * dtype.size)
        if dtype == core.bool_ and any(byte > 1 for byte in data):
            self.fail(f"before byte {self.at} there is a bool that is neither 0 nor 1")
        array = core._array_of_bytes(data, () if one else (count,), dtype)
        return array.astype(core.float32) if dtype == core.float64 else array

    def tensor(self):
        name, axes = self.text(), self.number("I")
        if axes > _MOST_AXES:
            self.fail(f"'{name}' has {axes} axes; at most {_MOST_AXES} are read")
        shape = tuple(self.number("Q") for _ in range(axes))[::-1]
        if math.prod(size or 1 for size in shape) > _MOST_ELEMENTS:
            self.fail(f"'{name}' of shape {shape} has more elements than can be counted")
        return name, shape, self.number("I"), self.number("Q")


def load(path: str) -> tuple[dict, dict]:
    """The arrays and the metadata of a file. Codes of 4 and 8 bits become those of `quantize`, with
    scales and biases beside them; other codes become float16."""
    try:
        with open(path, "rb") as file:
            reader = _Reader(file.read(), path)
    except OSError as error:
        raise ValueError(f"[load_gguf] {path} cannot be opened: {error.strerror}") from None
    if reader.take(4) != _MAGIC:
        reader.fail("it does not begin with 'GGUF'")
    version = reader.number("I")
    if version not in (2, _VERSION):
        reader.fail(f"it is of version {version}, and 2 and 3 are read")
    tensors, entries = reader.number("Q"), reader.number("Q")
    metadata: dict = {}
    for _ in range(entries):
        name = reader.text()
        if name in metadata:
            reader.fail(f"'{name}' is twice in its metadata")
        metadata[name] = reader.value()
    described = [reader.tensor() for _ in range(tensors)]
    for name, times in collections.Counter(name for name, *_ in described).items():
        if times > 1:
            reader.fail(f"'{name}' is there {times} times")
    alignment = metadata.get("general.alignment", _ALIGNMENT)
    alignment = alignment.item() if isinstance(alignment, core.array) else alignment
    if not isinstance(alignment, int) or alignment < 1:
        reader.fail(f"its data is aligned to {alignment}")
    start = -(-reader.at // alignment) * alignment
    arrays: dict = {}
    for name, shape, kind, offset in described:
        reader.at = start + offset
        _read(reader, arrays, name, shape, kind)
    return arrays, metadata


def _read(reader: _Reader, arrays: dict, name: str, shape: tuple, kind: int) -> None:
    count = math.prod(shape)
    if kind in _PLAIN:
        data = reader.take(count * _PLAIN[kind].size)
        arrays[name] = core._array_of_bytes(data, shape, _PLAIN[kind])
        return
    if kind not in _BLOCKS:
        reader.fail(f"'{name}' is of type {kind}, which is not read")
    label, elements, size, read, leaves_codes = _BLOCKS[kind]
    if not shape or shape[-1] % elements:
        reader.fail(f"'{name}' of shape {shape} is not divided into {label}'s blocks of {elements}")
    blocks = count // elements
    data = core._array_of_bytes(reader.take(blocks * size), (blocks, size), core.uint8)
    if not leaves_codes:
        arrays[name] = read(data).reshape(shape)
        return
    prefix = name.removesuffix("weight")
    named = zip((name, f"{prefix}scales", f"{prefix}biases"), read(data), strict=True)
    arrays.update((key, part.reshape(*shape[:-1], -1)) for key, part in named)


def _encoded(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _entry(name: str, value) -> bytes:
    """An entry of the metadata."""
    if isinstance(value, str):
        return struct.pack("<I", _TEXT) + _encoded(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return struct.pack("<IIQ", _LIST, _TEXT, len(value)) + b"".join(map(_encoded, value))
    if not isinstance(value, core.array):
        raise TypeError(
            f"save_gguf: the metadata '{name}' is an array, a str or a list of str, not "
            f"{type(value).__name__}"
        )
    if value.ndim > 1 or value.size == 0:
        raise RuntimeError(
            f"[save_gguf] the metadata '{name}' is a number or a list of some, not of shape "
            f"{value.shape}"
        )
    for kind, (dtype, _) in _NUMBERS.items():
        if value.dtype == dtype:
            lead = struct.pack("<I", kind)
            if value.ndim:
                lead = struct.pack("<IIQ", _LIST, kind, value.size)
            return lead + core._bytes_of(value)
    raise ValueError(f"[save_gguf] metadata '{name}' cannot be of {value.dtype}")


def parts(arrays: dict, metadata: dict):
    """What a file holds, piece by piece."""
    if not isinstance(arrays, dict) or not isinstance(metadata, dict):
        raise TypeError("save_gguf: a dict from names to arrays, and one of metadata, are expected")
    infos, data, offset = b"", [], 0
    for name, array in arrays.items():
        if not isinstance(name, str) or not isinstance(array, core.array):
            raise TypeError("save_gguf: a dict from names to arrays is expected")
        if array.dtype not in _WRITTEN:
            raise RuntimeError(f"[save_gguf] '{name}' of {array.dtype} cannot be saved")
        if array.ndim > _MOST_AXES:
            raise RuntimeError(f"[save_gguf] '{name}' has {array.ndim} axes; {_MOST_AXES} is most")
        kind = next(kind for kind, dtype in _PLAIN.items() if dtype == array.dtype)
        infos += _encoded(name) + struct.pack("<I", array.ndim)
        infos += struct.pack(f"<{array.ndim}QIQ", *array.shape[::-1], kind, offset)
        padding = -array.nbytes % _ALIGNMENT
        data += [core._bytes_of(array), bytes(padding)]
        offset += array.nbytes + padding
    header = _MAGIC + struct.pack("<IQQ", _VERSION, len(arrays), len(metadata))
    for name, value in metadata.items():
        if not isinstance(name, str):
            raise TypeError("save_gguf: the names of metadata are strings")
        header += _encoded(name) + _entry(name, value)
    header += infos
    return [header, bytes(-len(header) % _ALIGNMENT), *data]
