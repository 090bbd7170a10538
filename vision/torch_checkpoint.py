"""Reads the tensors of a legacy torch checkpoint, without torch and without running its pickle.

The format (torch before 1.6, not a zip): four pickles (a magic number, the protocol version, the
byte order, the object itself, a dictionary of tensors), then a pickled list of storage keys, and
for each key the number of elements as a little-endian int64 followed by the raw elements.
"""

from __future__ import annotations

import math
import pickle
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vision.errors import ModelError

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001

STORAGES = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ByteStorage": np.dtype("u1"),
}


def read_checkpoint(path: Path) -> dict[str, np.ndarray]:
    """Return the tensors of a state dictionary by name.

    Parameters
    ----------
    path : Path
        A file written by `torch.save(model.state_dict())` in the legacy format.

    Returns
    -------
    dict of str to ndarray
        Each with the tensor's own shape and dtype; strided as in the file, so maybe not contiguous.

    Raises
    ------
    ModelError
        The file cannot be read, is truncated, or asks for anything but tensors.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size)
    except OSError as error:
        raise ModelError(f"cannot read the weights {path}: {error.strerror}") from error
    # hostile bytes make pickle raise nearly anything; all of it means the same to the user
    except Exception as error:
        raise ModelError(
            f"{path} is no torch checkpoint of plain tensors ({error}): give another copy"
        ) from error


def _read(file: BinaryIO, room: int) -> dict[str, np.ndarray]:
    if _TensorUnpickler(file, 0).load() != MAGIC or _TensorUnpickler(file, 0).load() != PROTOCOL:
        raise pickle.UnpicklingError("it does not begin like one")
    system = _TensorUnpickler(file, 0).load()
    if not system["little_endian"] or sys.byteorder != "little":
        raise pickle.UnpicklingError("its byte order is not this machine's")
    unpickler = _TensorUnpickler(file, room)
    tensors = unpickler.load()
    keys = _TensorUnpickler(file, 0).load()
    if sorted(keys) != sorted(unpickler.storages):
        raise pickle.UnpicklingError("its list of storages does not fit its tensors")
    for key in keys:
        storage = unpickler.storages[key]
        if int.from_bytes(file.read(8), "little") != storage.size:
            raise pickle.UnpicklingError(f"storage {key} has the wrong size")
        raw = file.read(storage.nbytes)
        if len(raw) != storage.nbytes:
            raise pickle.UnpicklingError("it is truncated")
        storage[:] = np.frombuffer(raw, storage.dtype)
    if not isinstance(tensors, dict) or not all(
        isinstance(name, str) and isinstance(tensor, np.ndarray) for name, tensor in tensors.items()
    ):
        raise pickle.UnpicklingError("it is not a dictionary of tensors")
    return dict(tensors)


class _TensorUnpickler(pickle.Unpickler):
    """Admits ordered dictionaries and tensors; storages take at most `room` bytes together."""

    def __init__(self, file: BinaryIO, room: int) -> None:
        super().__init__(file)
        self._room = room
        self.storages: dict[str, np.ndarray] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

    def persistent_load(self, pid: Any) -> np.ndarray:
        kind, dtype, key, _location, size, view = pid
        if kind != "storage" or view is not None or dtype not in STORAGES.values():
            raise pickle.UnpicklingError("it holds a storage of an unknown kind")
        if key not in self.storages:
            self._room -= size * dtype.itemsize
            if size < 0 or self._room < 0:
                raise pickle.UnpicklingError("it is truncated")
            self.storages[key] = np.empty(size, dtype)
        return self.storages[key]


def _tensor(
    storage: np.ndarray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> np.ndarray:
    """Return a view of a storage, which is filled later; strides count elements."""
    count = math.prod(shape)
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if min((offset, *shape, *strides)) < 0 or count > storage.size or last >= storage.size > 0:
        raise pickle.UnpicklingError("a tensor reaches outside its storage")
    return np.lib.stride_tricks.as_strided(
        storage[offset:], shape, [stride * storage.itemsize for stride in strides], writeable=False
    )
