"""Writes the .gz files beside it: CIFAR batches as NumPy of this interpreter pickles them again.

Run once with NumPy 1 and once with NumPy 2. Image k is tests/data/made_files.h's pixels(k, 3072).
"""

import gzip
import pathlib
import pickle

import numpy as np

major = int(np.__version__.split(".")[0])
images = np.array([[(31 * k + 7 * i) % 256 for i in range(3072)] for k in (1, 2)], np.uint8)
forms = {  # of the labels 3 and 8, and of the images, by protocol
    2: ([3, 8], images),
    3: (np.array([3, 8]), np.asfortranarray(images)),
    4: (list(np.array([3, 8], np.int32)), images.reshape(2, 3, 32, 32)),
    5: (np.array([3, 8], ">i2"), images),
}
for protocol, (labels, data) in forms.items():
    for keys in ("text", "bytes"):
        batch = {"batch_label": "training batch", "labels": labels, "data": data}
        if keys == "bytes":
            batch = {key.encode(): value for key, value in batch.items()}
        packed = gzip.compress(pickle.dumps(batch, protocol), mtime=0)
        name = f"numpy{major}_protocol{protocol}_{keys}.gz"
        pathlib.Path(__file__).with_name(name).write_bytes(packed)
