"""Read VGG16's kernels and biases out of .h5, .npz and .onnx files, without Keras or pickle.

Only arrays of the expected name, shape and type are read at all, so that a hostile
or a mistaken file costs neither memory nor trust; HDF5 is read in a process of its own
(``hdf5``). Nothing here checks digests.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from generator.apart import Apart, CrashedError, Result, TooLongError, TooMuchMemoryError
from generator.errors import WeightsError, WeightsMismatch
from generator.models.hdf5 import open_checked
from generator.models.identity import ExpectedTensor, Part, Tensors, expected_tensors, layer_names

__all__ = ["answer", "read_onnx", "read_weights"]

MAX_SECONDS, MAX_MEGABYTES = 60, 2_000
"""For an HDF5 file. The numbers are 59 MB, of which two copies are made."""
MAX_PARTS = 10_000
"""Arrays of a NumPy archive: each is looked at."""
_LONGEST_HEADER = 10_000
"""Bytes of what says an array's shape and type; numpy reads no longer one either, but unpacks it
first."""

_h5_reader = Apart(
    "generator.models.weight_files:answer", seconds=MAX_SECONDS, megabytes=MAX_MEGABYTES
)


@dataclass(frozen=True, slots=True)
class _Stored:
    """One array of a file, not read yet."""

    path: str
    """Where in the file: "layers/conv2d_3/vars/0"."""
    label: str
    """The same, led by the layer's name where the file tells it: "block2_conv2/0"."""
    shape: tuple[int, ...]
    type: str
    """Of its numbers, in numpy's words, whatever their byte order: "float32"."""
    read: Callable[[], NDArray[Any]]

    @property
    def part(self) -> Part | None:
        parts: dict[int, Part] = {4: "kernel", 1: "bias"}
        return parts.get(len(self.shape))


def read_weights(path: Path) -> Tensors:
    """The 13 kernels (height, width, in, out) and biases of a weights file.

    Understood are Keras 3's ``.weights.h5``, Keras's older ``.h5`` (weights alone or a
    whole model, with or without the classifier) and ``.npz`` (``block1_conv1/kernel``
    or ``block1_conv1_W``, or all arrays in network order).

    Raises:
        WeightsError: no such file, another format, or damaged.
        WeightsMismatch: not these layers, shapes or types.
    """
    readers = {".h5": _read_h5, ".hdf5": _read_h5, ".npz": _read_npz}
    if path.suffix.lower() not in readers:
        raise WeightsError(
            f"{path}: expected a weights file named .weights.h5, .h5 or .npz, "
            f"got {path.suffix or 'no suffix'!r}"
        )
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe would be waited for
            raise WeightsError(f"{path}: expected a file, got a pipe or a device; copy the file")
        with path.open("rb") as file:
            begins = file.read(8)
    except OSError as error:
        raise WeightsError(
            f"{path}: expected a weights file that can be read, got: {error.strerror}; "
            f"check the path and its mode"
        ) from error
    return readers[path.suffix.lower()](path, begins)


def _read_h5(path: Path, begins: bytes) -> Tensors:
    """In another process, which sends the numbers alone."""
    if not _is_hdf5(path):
        raise WeightsError(
            f"{path}: expected an HDF5 file, got something else "
            f"(it begins with {begins!r}); copy or download it again"
        )
    try:
        # the other process may have been started in another folder
        facts, numbers = _h5_reader.do({"path": str(path.absolute()), "shown": str(path)})
    except TooLongError:
        raise WeightsError(_unreadable(path, f"not within {_h5_reader.seconds:g} s")) from None
    except (CrashedError, TooMuchMemoryError) as error:
        raise WeightsError(_unreadable(path, f"its reader {error}")) from None
    if "refused" in facts:
        kind = WeightsMismatch if facts["mismatch"] else WeightsError
        raise kind(facts["refused"])
    tensors: dict[tuple[str, Part], NDArray[np.float32]] = {}
    start = 0
    for one in expected_tensors():
        flat = np.frombuffer(numbers, np.float32, math.prod(one.shape), start)
        tensors[one.layer, one.part] = flat.reshape(one.shape).copy()
        start += flat.nbytes
    return _by_layer(tensors)


def answer(wanted: dict[str, Any], _data: bytes) -> Result:
    """What an HDF5 file holds of ``expected_tensors``, in their order; in the other process."""
    shown = Path(wanted["shown"])
    try:
        with _reading(shown), open_checked(Path(wanted["path"])) as file:
            tensors = _matched(_stored_h5(file), str(shown))
    except WeightsError as error:
        mismatch = isinstance(error, WeightsMismatch)
        return Result({"refused": str(error), "mismatch": mismatch}, b"")
    pairs = (pair for layer in layer_names() for pair in tensors[layer])
    return Result({}, b"".join(array.tobytes() for array in pairs))


def _is_hdf5(path: Path) -> bool:
    """Its mark stands at 0, or behind a block that a user put in front: 512, 1024, 2048 bytes."""
    with path.open("rb") as file:
        place, size = 0, path.stat().st_size
        while place < size:
            file.seek(place)
            if file.read(8) == b"\x89HDF\r\n\x1a\n":
                return True
            place = max(512, 2 * place)
    return False


def _stored_h5(file: Any) -> list[_Stored]:
    found: list[_Stored] = []

    def visit(name: str, item: Any) -> None:
        shape = getattr(item, "shape", None)  # a group has none, nor has an empty dataset
        if shape is None or name.startswith("optimizer"):
            return
        # Keras 3 names groups after classes (conv2d_3) and keeps the layer's name beside.
        keras_name = item.parent.attrs.get("name")
        leaf = name.rpartition("/")[2]
        label = f"{keras_name}/{leaf}" if isinstance(keras_name, str) else name
        kind = str(item.dtype.newbyteorder("="))
        found.append(_Stored(name, label, tuple(shape), kind, lambda: np.asarray(item)))

    file.visititems(visit)
    return found


def _read_npz(path: Path, _begins: bytes) -> Tensors:
    with _reading(path), zipfile.ZipFile(path) as archive:
        return _matched(list(_stored_npz(archive)), str(path))


def _stored_npz(archive: zipfile.ZipFile) -> Iterator[_Stored]:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        raise ValueError(f"it has {len(parts):,} parts, more than {MAX_PARTS:,}")
    for info in parts:
        name = info.filename.removesuffix(".npy")

        def array(name: str = info.filename) -> NDArray[Any]:
            with archive.open(name) as file:
                return np.asarray(np.lib.format.read_array(file, allow_pickle=False))

        with archive.open(info) as file:
            shape, dtype = _npy_header(file)
        yield _Stored(name, name, shape, str(dtype.newbyteorder("=")), array)


def _npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    begin = file.read(8)
    version = np.lib.format.read_magic(io.BytesIO(begin))
    size = file.read(2 if version == (1, 0) else 4)
    length = int.from_bytes(size, "little")
    if length > _LONGEST_HEADER:
        raise ValueError(f"an array's header claims {length:,} bytes")
    header = io.BytesIO(size + file.read(length))
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(header)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(header)
    return shape, dtype


def read_onnx(path: Path) -> Tensors:
    """Kernels and biases of the 13 convolutions of an ONNX graph, turned to Keras's layout.

    ONNX stores a kernel as (out, in, height, width). What follows the convolutions is ignored.

    Raises:
        WeightsError: damaged, or the package ``onnx`` is missing.
        WeightsMismatch: not these layers, shapes or types.
    """
    try:
        import onnx
    except ImportError as error:
        raise WeightsError(
            "reading it needs the package onnx; install it with: pip install onnx"
        ) from error

    with _reading(path):
        graph = onnx.load(str(path), load_external_data=False).graph
        types = onnx.helper.tensor_dtype_to_np_dtype
        return _matched(_stored_onnx(graph, onnx.numpy_helper.to_array, types), str(path))


def _stored_onnx(
    graph: Any, to_array: Callable[[Any], NDArray[Any]], types: Callable[[int], Any]
) -> list[_Stored]:
    constants = {tensor.name: tensor for tensor in graph.initializer}
    found: list[_Stored] = []
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    for number, node in enumerate(convolutions):
        for place, name in enumerate(node.input[1:3]):
            if name not in constants:
                continue
            tensor = constants[name]
            shape = tuple(tensor.dims)

            def array(tensor: Any = tensor, turn: bool = len(shape) == 4) -> NDArray[Any]:
                values = to_array(tensor)
                return values.transpose(2, 3, 1, 0) if turn else values  # OIHW -> HWIO

            if len(shape) == 4:
                shape = (shape[2], shape[3], shape[1], shape[0])
            # The exporter's tensor names are free; the order of the nodes is the network's.
            order = f"conv_{number}/{place}"
            kind = str(types(tensor.data_type))
            found.append(_Stored(order, order, shape, kind, array))
    return found


def _matched(stored: list[_Stored], where: str) -> Tensors:
    """Give each expected tensor its array: by layer name where there are names, else by order."""
    chosen = _by_name(stored, where) or _by_order(stored, where)
    tensors: dict[tuple[str, Part], NDArray[np.float32]] = {}
    for expected in expected_tensors():
        found = chosen.get((expected.layer, expected.part))
        if found is None:
            raise WeightsMismatch(f"{where}: {expected} is missing; {_ADVICE}")
        tensors[expected.layer, expected.part] = _checked(found, expected, where)
    return _by_layer(tensors)


def _by_layer(tensors: dict[tuple[str, Part], NDArray[np.float32]]) -> Tensors:
    return {name: (tensors[name, "kernel"], tensors[name, "bias"]) for name in layer_names()}


_ADVICE = "expected the 13 convolutions of VGG16, block1_conv1 to block5_conv3"
_Chosen = dict[tuple[str, Part], _Stored]


def _by_name(stored: Iterable[_Stored], where: str) -> _Chosen:
    known = re.compile(rf"(?:^|/)({'|'.join(map(re.escape, layer_names()))})(?![0-9A-Za-z])")
    chosen: _Chosen = {}
    for array in stored:
        named = known.search(array.label)
        if named is None or array.part is None:
            continue
        key = (named[1], array.part)
        if key in chosen:
            raise WeightsMismatch(
                f"{where}: {' '.join(key)} is there twice ({chosen[key].path} and {array.path}); "
                f"keep one"
            )
        chosen[key] = array
    return chosen


def _by_order(stored: Iterable[_Stored], where: str) -> _Chosen:
    ordered = sorted(stored, key=lambda array: _natural(array.path))
    kernels = [array for array in ordered if array.part == "kernel"]
    biases = [array for array in ordered if array.part == "bias"]
    names = layer_names()
    if len(kernels) != len(names):
        raise WeightsMismatch(
            f"{where}: found {len(kernels)} convolutions, none of them named like VGG16's; "
            f"{_ADVICE}"
        )
    chosen: _Chosen = {}
    # A classifier's biases, if any, come after those of the convolutions.
    for name, kernel, bias in zip(names, kernels, biases, strict=False):
        chosen[name, "kernel"], chosen[name, "bias"] = kernel, bias
    return chosen


def _natural(path: str) -> list[list[tuple[str, int]]]:
    """Sort key: conv2d_10 comes after conv2d_9, and conv2d before conv2d_1."""
    return [
        [(text, int(number or 0)) for text, number in re.findall(r"(\D*)(\d*)", step)]
        for step in path.split("/")
    ]


def _checked(stored: _Stored, expected: ExpectedTensor, where: str) -> NDArray[np.float32]:
    """Read one array, after its shape is known to be right."""
    if stored.shape != expected.shape:
        raise WeightsMismatch(
            f"{where}: {expected}: expected shape {expected.shape}, got {stored.shape}; {_ADVICE}"
        )
    # before it is read: a type of text may claim gigabytes a number, and one of objects is a pickle
    if stored.type != "float32":
        raise WeightsMismatch(f"{where}: {expected}: expected float32, got {stored.type[:80]}")
    array = stored.read()
    return np.ascontiguousarray(array, dtype=np.float32)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn whatever the file libraries raise on damage into our error."""
    try:
        yield
    except WeightsError:
        raise
    except Exception as error:
        # zipfile, zlib, HDF5, numpy and protobuf raise a dozen unrelated types.
        reason = str(error).strip() or type(error).__name__
        raise WeightsError(_unreadable(path, reason)) from error


def _unreadable(path: Path, reason: str) -> str:
    return (
        f"{path}: cannot be read ({reason}); it is damaged, cut short or of another "
        f"format than its name says; copy or download it again"
    )
