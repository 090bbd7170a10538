"""Legacy torch checkpoints: real ones are read, hostile ones refused without being run."""

from __future__ import annotations

import io
import os
import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vision.errors import ModelError
from vision.lite0 import packaged_weights
from vision.torch_checkpoint import MAGIC, PROTOCOL, read_checkpoint


class Named:
    """Pickles as a call of a global by name, as torch pickles its tensors."""

    def __init__(self, module: str, name: str, *arguments: Any) -> None:
        self.module, self.name, self.arguments = module, name, arguments


class Storage:
    def __init__(self, key: str, values: np.ndarray, kind: str = "FloatStorage") -> None:
        self.key, self.values, self.kind = key, values, kind


def checkpoint(tensors: Any, storages: list[Storage]) -> bytes:
    """Return what torch would have written of `Named` tensors over storages."""
    out = io.BytesIO()
    for part in (MAGIC, PROTOCOL, {"protocol_version": PROTOCOL, "little_endian": True}):
        pickle.dump(part, out, protocol=2)
    out.write(b"\x80\x02" + opcodes(tensors) + b".")
    pickle.dump([s.key for s in storages], out, protocol=2)
    for s in storages:
        out.write(s.values.size.to_bytes(8, "little") + s.values.tobytes())
    return out.getvalue()


def opcodes(value: Any) -> bytes:
    """Return pickle opcodes of the few kinds of values that checkpoints hold."""
    if isinstance(value, Named):
        call = f"c{value.module}\n{value.name}\n".encode()
        return call + opcodes(value.arguments) + b"R"
    if isinstance(value, Storage):
        head = f"ctorch\n{value.kind}\n".encode()
        middle = opcodes(value.key) + opcodes("cpu") + opcodes(value.values.size)
        return b"(" + opcodes("storage") + head + middle + b"Nt" + b"Q"
    if isinstance(value, tuple):
        return b"(" + b"".join(map(opcodes, value)) + b"t"
    if isinstance(value, dict):
        items = b"".join(opcodes(k) + opcodes(v) for k, v in value.items())
        return b"}(" + items + b"u"
    return pickle.dumps(value, protocol=2)[2:-1]


def tensor(storage: Storage, offset: int, shape: tuple, strides: tuple) -> Named:
    return Named("torch._utils", "_rebuild_tensor_v2", storage, offset, shape, strides, False, None)


FIVE = Storage("1", np.arange(5, dtype="<f4"))


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], dict[str, np.ndarray]]:
    def write_and_read(data: bytes) -> dict[str, np.ndarray]:
        path = tmp_path / "weights.pth"
        path.write_bytes(data)
        return read_checkpoint(path)

    return write_and_read


def test_the_packaged_file() -> None:
    tensors = read_checkpoint(packaged_weights())
    assert tensors["_fc.weight"].shape == (1000, 1280)
    assert tensors["_bn0.num_batches_tracked"].shape == ()
    assert tensors["_bn0.num_batches_tracked"].dtype == np.int64
    assert (tensors["_bn0.running_var"] >= 0).all()
    assert all(np.isfinite(t).all() for t in tensors.values())


def test_offsets_strides_and_shared_storages(read: Callable) -> None:
    tensors = {"a": tensor(FIVE, 1, (2, 2), (1, 2)), "b": tensor(FIVE, 0, (5,), (1,))}
    found = read(checkpoint(tensors, [FIVE]))
    np.testing.assert_array_equal(found["a"], [[1, 3], [2, 4]])
    np.testing.assert_array_equal(found["b"], np.arange(5))


def test_kinds_of_numbers(read: Callable) -> None:
    long = Storage("2", np.array([-1, 2**40], "<i8"), "LongStorage")
    half = Storage("3", np.array([0.5], "<f2"), "HalfStorage")
    tensors = {"l": tensor(long, 0, (2,), (1,)), "h": tensor(half, 0, (), ())}
    found = read(checkpoint(tensors, [long, half]))
    assert found["l"].tolist() == [-1, 2**40]
    assert found["h"].item() == 0.5


@pytest.mark.parametrize(
    ("module", "name"),
    [("os", "system"), ("builtins", "eval"), ("torch", "load"), ("collections", "Counter")],
)
def test_other_globals_are_refused_and_not_called(
    read: Callable, tmp_path: Path, module: str, name: str
) -> None:
    marker = tmp_path / "run"
    data = checkpoint(Named(module, name, f"touch {marker}"), [])
    with pytest.raises(ModelError, match=f"asks for .*{name}"):
        read(data)
    assert not marker.exists()


def test_a_plain_malicious_pickle(read: Callable, tmp_path: Path) -> None:
    marker = tmp_path / "run"

    class Attack:
        def __reduce__(self) -> tuple:
            return os.system, (f"touch {marker}",)

    attack = pickle.dumps(Attack())
    with pytest.raises(ModelError):
        read(attack)
    assert not marker.exists()
    pickle.loads(attack)
    assert marker.exists(), "the attack itself does not work, the test shows nothing"


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(0, (6,), (1,)), (4, (2,), (1,)), (-1, (1,), (1,)), (0, (2,), (-1,)), (0, (9,), (0,))],
)
def test_tensors_reaching_out_of_their_storage(
    read: Callable, offset: int, shape: tuple, strides: tuple
) -> None:
    with pytest.raises(ModelError, match="outside its storage"):
        read(checkpoint({"a": tensor(FIVE, offset, shape, strides)}, [FIVE]))


@pytest.mark.parametrize("content", [[1, 2], {"a": 1}, {"a": OrderedDict()}])
def test_not_a_dictionary_of_tensors(read: Callable, content: Any) -> None:
    with pytest.raises(ModelError):
        read(checkpoint(content, []))


def test_storage_list_that_does_not_fit(read: Callable) -> None:
    with pytest.raises(ModelError, match="does not fit its tensors"):
        read(checkpoint({"a": tensor(FIVE, 0, (5,), (1,))}, []))


def test_a_size_that_the_file_cannot_hold_is_not_allocated(read: Callable) -> None:
    huge = Storage("1", np.zeros(1, "<f4"))
    data = checkpoint({"a": tensor(huge, 0, (1,), (1,))}, [huge])
    size = opcodes("cpu") + opcodes(1)
    assert data.count(size) == 1
    with pytest.raises(ModelError, match="truncated"):
        read(data.replace(size, opcodes("cpu") + opcodes(10**15)))


def test_every_truncation_is_refused(read: Callable) -> None:
    data = checkpoint({"a": tensor(FIVE, 0, (5,), (1,))}, [FIVE])
    read(data)
    for end in range(len(data)):
        with pytest.raises(ModelError):
            read(data[:end])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_give_one_kind_of_error(read: Callable, data: bytes) -> None:
    with pytest.raises(ModelError, match=r"weights\.pth"):
        read(data)


def test_missing_and_directory(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(ModelError, match="cannot read"):
            read_checkpoint(path)
