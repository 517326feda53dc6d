#include "texts.h"

namespace lazulite::python {

const std::string_view examples_of_files = R"(
asarray
    >>> import numpy as np
    >>> lz.asarray(np.broadcast_to(np.float32(1), (3,)))
    array([1, 1, 1], dtype=float32)
from_dlpack
    >>> import numpy as np
    >>> lz.from_dlpack(np.arange(3, dtype=np.int32))
    array([0, 1, 2], dtype=int32)
load
    >>> lz.save("x.npy", lz.arange(3))
    >>> lz.load("x.npy")
    array([0, 1, 2], dtype=int32)
save
    >>> lz.save("x.npy", lz.arange(3))
    >>> lz.load("x.npy")
    array([0, 1, 2], dtype=int32)
save_gguf
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "w.gguf")
    >>> lz.save_gguf(path, {"w": lz.array([1.0, 2.0])}, {"author": "me"})
    >>> lz.load(path, return_metadata=True)
    ({'w': array([1, 2], dtype=float32)}, {'author': 'me'})
save_safetensors
    >>> lz.save_safetensors("x.safetensors", {"a": lz.arange(3)})
    >>> lz.load("x.safetensors")["a"]
    array([0, 1, 2], dtype=int32)
savez
    >>> lz.savez("x.npz", a=lz.arange(3))
    >>> lz.load("x.npz")["a"]
    array([0, 1, 2], dtype=int32)
savez_compressed
    >>> lz.savez_compressed("x.npz", a=lz.arange(3))
    >>> lz.load("x.npz")["a"]
    array([0, 1, 2], dtype=int32)
)";

}  // namespace lazulite::python
