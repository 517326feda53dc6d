"""Messages between a loader and its workers: pickles whose arrays travel in anonymous memory.

A message is one packet of a Unix socket. What is large lies in a file of memory without a name,
whose descriptor goes with the packet: nothing of it is left when the processes end, however they
end.
"""

import array
import io
import mmap
import os
import pickle
import resource
import socket
import struct
import sys
import weakref

from .. import core
from .arrays import Pending, host_array

# Kind, epoch, number of the batch, pieces, bytes of all of them.
_HEADER = struct.Struct("<BQQQQ")
_ALIGNMENT = 64
# Up to so many bytes travel in the packet itself, up to so many are copied out of the file.
_IN_PACKET = 16 << 10
_COPIED = 256 << 10

# The files whose bytes are in use where they are.
_maps = weakref.WeakSet()


def _of_bits(bits, dtype):
    return bits.view(dtype)


def _torch_tensor(values):
    import torch

    return torch.from_numpy(values)


class _Pickler(pickle.Pickler):
    """Lets the memory of every array stay outside of the pickle."""

    def reducer_override(self, value):
        if isinstance(value, core.array):
            return Pending(host_array(value)).__reduce__()
        numpy = sys.modules.get("numpy")
        if numpy is not None and type(value) is numpy.ndarray and not value.dtype.hasobject:
            if value.ndim > 0:
                value = numpy.ascontiguousarray(value)
            # Dtypes that are not NumPy's own have no buffers.
            if value.dtype.kind == "V" and not value.dtype.names and value.dtype.subdtype is None:
                return _of_bits, (value.view(f"u{value.dtype.itemsize}"), value.dtype)
            return value.__reduce_ex__(5)
        torch = sys.modules.get("torch")
        if torch is not None and type(value) is torch.Tensor:
            plain = value.device.type == "cpu" and value.layout == torch.strided
            if plain and not value.requires_grad and value.dtype != torch.bfloat16:
                return _torch_tensor, (value.contiguous().numpy(),)
        return NotImplemented


class Message:
    """What is to be sent: made once, sent when there is room."""

    _file = None

    def __init__(self, kind, epoch, number, value):
        buffers = []
        pickled = io.BytesIO()
        _Pickler(pickled, protocol=5, buffer_callback=buffers.append).dump(value)
        pieces = [pickled.getbuffer(), *(b.raw() for b in buffers)]
        sizes = memoryview(array.array("Q", [piece.nbytes for piece in pieces])).cast("B")
        pieces = _padded([sizes, *pieces])
        total = sum(len(piece) for piece in pieces)
        self._packet = _HEADER.pack(kind, epoch, number, len(buffers) + 1, total)
        if total <= _IN_PACKET:
            self._packet += b"".join(pieces)
        else:
            self._file = _file_of(pieces, total)

    def send(self, sock, flags=0):
        """Sends it; raises BlockingIOError with MSG_DONTWAIT where there is no room yet."""
        if self._file is None:
            sock.send(self._packet, flags)
        else:
            socket.send_fds(sock, [self._packet], [self._file], flags)
        self.close()

    def close(self):
        if self._file is not None:
            os.close(self._file)
            self._file = None

    __del__ = close


def receive(sock):
    """The next message: (kind, epoch, number, load), or None where the other side is gone.

    `load()` returns the value and raises what unpickling raises.
    """
    try:
        packet, ancillary, flags, _ = sock.recvmsg(
            _HEADER.size + _IN_PACKET, socket.CMSG_SPACE(4), socket.MSG_CMSG_CLOEXEC
        )
    except ConnectionError:
        return None
    if not packet:
        return None
    kind, epoch, number, count, total = _HEADER.unpack_from(packet)
    if len(packet) > _HEADER.size:
        data = bytearray(packet[_HEADER.size :])
    elif flags & socket.MSG_CTRUNC or not ancillary:
        raise OSError(
            "A message of a worker could not be opened: this process has too many open files "
            f"(its limit is {resource.getrlimit(resource.RLIMIT_NOFILE)[0]})."
        )
    else:
        data = _contents(struct.unpack("i", ancillary[0][2])[0], total)
    return kind, epoch, number, lambda: _load(data, count)


def _load(data, count):
    view = memoryview(data)
    sizes = view[: 8 * count].cast("Q").tolist()
    pieces = []
    start = _rounded(8 * count)
    for size in sizes:
        pieces.append(view[start : start + size])
        start = _rounded(start + size)
    return pickle.loads(pieces[0], buffers=pieces[1:])


def _rounded(size):
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _padded(pieces):
    padded = []
    for piece in pieces:
        padded.append(piece)
        if padding := _rounded(piece.nbytes) - piece.nbytes:
            padded.append(bytes(padding))
    return padded


def _file_of(pieces, total):
    file = os.memfd_create("lazulite-batch", os.MFD_CLOEXEC)
    try:
        os.ftruncate(file, total)
        most = os.sysconf("SC_IOV_MAX")
        first = offset = 0
        while first < len(pieces):
            written = os.pwritev(file, pieces[first : first + most], offset)
            offset += written
            while first < len(pieces) and written >= len(pieces[first]):
                written -= len(pieces[first])
                first += 1
            if written:
                pieces[first] = memoryview(pieces[first])[written:]
    except BaseException:
        os.close(file)
        raise
    return file


def _contents(file, total):
    """The bytes of a received file, private to this process, which closes it."""
    try:
        # A map keeps a descriptor: not more than a quarter of those that there may be.
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if total > _COPIED and (limit == resource.RLIM_INFINITY or len(_maps) < limit // 4):
            data = mmap.mmap(file, total, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
            _maps.add(data)
            return data
        data = bytearray(total)
        view = memoryview(data)
        start = 0
        while start < total:
            start += os.preadv(file, [view[start:]], start)
        return data
    finally:
        os.close(file)
