"""Reading and writing of arrays in the formats .npy, .npz, .safetensors and .gguf."""

from __future__ import annotations

import ast
import io
import os
import struct
import zipfile

from lazulite import core

# The type strings of the format, by dtype. It has none for bfloat16, whose elements are raw bytes.
_DESCRIPTIONS = {
    core.bool_: "|b1",
    core.uint8: "|u1",
    core.uint16: "<u2",
    core.uint32: "<u4",
    core.uint64: "<u8",
    core.int8: "|i1",
    core.int16: "<i2",
    core.int32: "<i4",
    core.int64: "<i8",
    core.float16: "<f2",
    core.bfloat16: "<V2",
    core.float32: "<f4",
    core.float64: "<f8",
    core.complex64: "<c8",
}
_DTYPES = {text[1:]: dtype for dtype, text in _DESCRIPTIONS.items()}
_MAGIC = b"\x93NUMPY"


def _is_path(file) -> bool:
    return isinstance(file, (str, bytes, os.PathLike))


def _expect_file(operation: str, file, method: str, error=ValueError) -> None:
    if _is_path(file) or hasattr(file, method):
        return
    kind = "readable" if method == "read" else "writable"
    # As MLX, where None fits no signature.
    raise (TypeError if file is None else error)(
        f"[{operation}] a path or a {kind} file object is expected, not {type(file).__name__}"
    )


def _with_extension(file, extension: str) -> str:
    path = os.fspath(file)
    path = os.fsdecode(path)
    return path if path.endswith(extension) else path + extension


def _write(file, extension: str, parts) -> None:
    if _is_path(file):
        core._write_file(_with_extension(file, extension), list(parts))
        return
    for part in parts:
        file.write(part)


def _npy_parts(array) -> tuple[bytes, bytes]:
    if not isinstance(array, core.array):
        raise TypeError(f"save: an array is expected, not {type(array).__name__}")
    header = repr(
        {"descr": _DESCRIPTIONS[array.dtype], "fortran_order": False, "shape": array.shape}
    )
    # The header ends with a line break, and the data begins at a multiple of 64.
    length = len(header) + 1
    if length + 10 <= 65535:
        lead, form = _MAGIC + b"\x01\x00", "<H"
    else:
        lead, form = _MAGIC + b"\x02\x00", "<I"
    before = len(lead) + struct.calcsize(form)
    padding = -(before + length) % 64
    header = (header + " " * padding + "\n").encode("latin1")
    return lead + struct.pack(form, len(header)) + header, core._bytes_of(array)


def _read_npy(data: bytes, name: str):
    def fail(what: str, error=RuntimeError):
        raise error(f"[load_npy] {name}: {what}")

    if data[:6] != _MAGIC or len(data) < 10:
        fail("this is no file in the .npy format")
    major = data[6]
    if major == 1:
        length, start = struct.unpack_from("<H", data, 8)[0], 10
    elif major in (2, 3) and len(data) >= 12:
        length, start = struct.unpack_from("<I", data, 8)[0], 12
    else:
        fail(f"version {major} of the format is not known")
    if start + length > len(data):
        fail("the file ends within its header")
    try:
        header = ast.literal_eval(data[start : start + length].decode("latin1"))
        description, fortran = header["descr"], bool(header["fortran_order"])
        shape = tuple(int(size) for size in header["shape"])
    except (SyntaxError, ValueError, KeyError, TypeError):
        fail("its header cannot be read")
    if not isinstance(description, str) or len(description) < 3:
        fail(f"elements of type {description!r} are no numbers", ValueError)
    order, kind = description[0], description[1:]
    wide_complex = kind == "c16"
    dtype = core.float64 if wide_complex else _DTYPES.get(kind)
    if dtype is None or order not in "<>|=":
        fail(f"elements of type {description!r} have no dtype here", ValueError)
    if wide_complex:
        shape += (2,)
    stored = shape[::-1] if fortran and not wide_complex else shape
    body = data[start + length :]
    count = 1
    for size in stored:
        if size < 0:
            fail(f"its shape {shape} has a negative size")
        count *= size
    if len(body) < count * dtype.size:
        fail(f"{count * dtype.size} bytes of data were expected, and {len(body)} are there")
    body = body[: count * dtype.size]
    if order == ">" and dtype.size > 1:
        unit = 4 if dtype == core.complex64 else dtype.size
        swapped = bytearray(len(body))
        for i in range(unit):
            swapped[i::unit] = body[unit - 1 - i :: unit]
        body = bytes(swapped)
    array = core._array_of_bytes(body, stored, dtype)
    if wide_complex:
        parts = array.astype(core.float32)
        return parts[..., 0] + parts[..., 1] * 1j
    return array.transpose() if fortran else array


def save(file, arr) -> None:
    """Writes an array to a file in the .npy format.

    Args:
        file: a path, to which ".npy" is added where it is missing, or a writable file object.
        arr: the array.
    """
    _expect_file("save", file, "write")
    _write(file, ".npy", _npy_parts(arr))


def _save_zip(operation: str, file, args, kwargs, compression: int) -> None:
    _expect_file(operation, file, "write", AttributeError)
    arrays = dict(kwargs)
    for i, array in enumerate(args):
        name = f"arr_{i}"
        if name in arrays:
            raise ValueError(f"savez: the name {name} of an array without one is given to another")
        arrays[name] = array
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression, allowZip64=True) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                for part in _npy_parts(array):
                    member.write(part)
    if _is_path(file):
        # As MLX, which opens it as Python does.
        folder = os.path.dirname(_with_extension(file, ".npz"))
        if folder and not os.path.isdir(folder):
            raise FileNotFoundError(
                f"[{operation}] {file} cannot be written: there is no folder {folder}"
            )
    _write(file, ".npz", [buffer.getvalue()])


def savez(file, *args, **kwargs) -> None:
    """Writes several arrays to a file in the .npz format: named ones, others as arr_0, arr_1, ..."""
    _save_zip("savez", file, args, kwargs, zipfile.ZIP_STORED)


def savez_compressed(file, *args, **kwargs) -> None:
    """As `savez`, compressed."""
    _save_zip("savez_compressed", file, args, kwargs, zipfile.ZIP_DEFLATED)


def save_safetensors(file, arrays, metadata=None) -> None:
    """Writes a dict of arrays to a file in the safetensors format.

    Args:
        file: a path, to which ".safetensors" is added where it is missing, or a file object.
        arrays: a dict from names to arrays.
        metadata: a dict from strings to strings.
    """
    _expect_file("save_safetensors", file, "write")
    if _is_path(file):
        core._save_safetensors(_with_extension(file, ".safetensors"), arrays, metadata)
        return
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "arrays.safetensors")
        core._save_safetensors(path, arrays, metadata)
        with open(path, "rb") as written:
            file.write(written.read())


def save_gguf(file, arrays, metadata=None) -> None:
    """Writes a dict of arrays to a file in the GGUF format.

    Args:
        file: a path, to which ".gguf" is added where it is missing.
        arrays: a dict from names to arrays of float32, float16, int8, int16 and int32.
        metadata: a dict from strings to arrays of at most one axis, strings and lists of strings.
    """
    from lazulite import _gguf

    if not isinstance(file, (str, os.PathLike)):
        error = TypeError if file is None else ValueError
        raise error(f"[save_gguf] a path is expected, not {type(file).__name__}")
    _write(file, ".gguf", _gguf.parts(arrays, metadata or {}))


def _open_safetensors(path: str, name: str):
    try:
        return core._load_safetensors(path)
    except ValueError as error:
        reason = str(error).replace(path, name)
        raise RuntimeError(f"[load_safetensors] {reason}") from error


def _load_safetensors(file, return_metadata: bool):
    if _is_path(file):
        path = os.fsdecode(os.fspath(file))
        arrays, metadata = _open_safetensors(path, path)
    else:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "arrays.safetensors")
            with open(path, "wb") as copy:
                copy.write(file.read())
            arrays, metadata = _open_safetensors(path, getattr(file, "name", "file object"))
    return (arrays, metadata) if return_metadata else arrays


def _read(file, failure=RuntimeError) -> tuple[bytes, str]:
    if _is_path(file):
        path = os.fsdecode(os.fspath(file))
        try:
            with open(path, "rb") as stream:
                return stream.read(), path
        except OSError as error:
            raise failure(f"[load] Failed to open {path}: {error.strerror}") from error
    return file.read(), getattr(file, "name", "file object")


def _open_archive(data: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except MemoryError:
        raise
    except Exception as error:  # of any of the parts of zipfile that read
        raise zipfile.BadZipFile(error) from error


def _read_member(archive: zipfile.ZipFile, member: str) -> bytes:
    try:
        return archive.read(member)
    except MemoryError:
        raise
    except Exception as error:  # of zipfile, or of any of its decompressors
        raise zipfile.BadZipFile(f"{member}: {str(error) or 'it ends too early'}") from error


def _read_npz(data: bytes, name: str):
    try:
        with _open_archive(data) as archive:
            out = {}
            for member in archive.namelist():
                key = member.removesuffix(".npy")
                out[key] = _read_npy(_read_member(archive, member), f"{name}:{member}")
            return out
    except zipfile.BadZipFile as error:
        raise ValueError(f"[load_npz] {name}: {error}") from error


def load(file, format=None, return_metadata=False, *, stream=None):
    """Reads arrays from a file, at once, whatever the stream.

    Args:
        file: a path or a file object.
        format: "npy", "npz", "safetensors" or "gguf"; by the name of the file if None.
        return_metadata: return also the metadata of a .safetensors or .gguf file.

    Returns:
        The array of a .npy file, a dict of arrays of others.
    """
    _expect_file("load", file, "read")
    if format is None:
        name = os.fsdecode(os.fspath(file)) if _is_path(file) else getattr(file, "name", "")
        if not isinstance(name, str) or "." not in name:
            raise ValueError(
                "[load] Could not infer file format without an extension; give format="
            )
        format = name.rsplit(".", 1)[1]
    if return_metadata and format not in ("safetensors", "gguf"):
        raise ValueError(f"[load] metadata not supported for format {format}")
    if format == "safetensors":
        return _load_safetensors(file, return_metadata)
    if format == "gguf":
        from lazulite import _gguf

        if not isinstance(file, (str, os.PathLike)):
            raise ValueError(f"[load_gguf] a path is expected, not {type(file).__name__}")
        arrays, metadata = _gguf.load(os.fspath(file))
        return (arrays, metadata) if return_metadata else arrays
    if format == "npy":
        return _read_npy(*_read(file))
    if format == "npz":
        return _read_npz(*_read(file, ValueError))
    raise ValueError(f"[load] Unknown file format {format}")
