"""HDF5 files of strangers, looked through and read in a process of its own.

HDF5 is a file system in a file. It may lead to other files, claim arrays that no disk holds, and
its library, compiled code, waits for ever on some damaged files: one changed byte in an attribute
is enough (`tests/test_hostile_models.py`). So a file is walked and read apart before Keras sees it,
and VGG16's kernels come out of that process as plain numbers.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from generator.apart import Apart, CrashedError, Result, TooLongError, TooMuchMemoryError

__all__ = ["MAX_CONFIG", "Survey", "answer", "open_checked", "reading", "survey"]

MAX_CONFIG = 64 * 2**20
"""Bytes of one attribute, and of a model's settings: the largest of keras.applications has one."""
MAX_OBJECTS = 100_000
"""Groups and arrays of a file; the largest network of keras.applications has 3,000."""
MAX_EXPANSION = 100
"""Times its own size that a file's arrays may claim. Keras writes them as they are."""
_SMALL = 64 * 2**20
"""Bytes that any file may claim."""
_AT_ONCE = 2**24
"""Numbers of an array that are read at once."""
MAX_SECONDS = 120
MAX_MEGABYTES = 8_000

reading = Apart("generator.models.hdf5:answer", seconds=MAX_SECONDS, megabytes=MAX_MEGABYTES)
"""Where files are read. A test may put another in its place."""


class Survey(NamedTuple):
    """What a file holds."""

    numbers: int
    """Of all its arrays together."""
    config: str
    """The settings of the model's layers as JSON; "" if it holds weights alone."""


def survey(path: Path, member: str = "") -> Survey:
    """Walk through a whole file, in the other process.

    Args:
        path: of an HDF5 file, or of a ZIP archive that holds one.
        member: its name there.

    Raises:
        ValueError: it is damaged, leads to other files or claims what it does not hold; says what
            was found.
    """
    # the other process may have been started in another folder
    facts, data = _asked({"path": str(path.absolute()), "member": member})
    return Survey(facts["numbers"], data.decode("utf-8"))


def _asked(wanted: dict[str, Any]) -> Result:
    try:
        result = reading.do(wanted)
    except TooLongError:
        raise ValueError(
            f"it was not read within {reading.seconds:g} seconds, as damaged HDF5 can never be"
        ) from None
    except TooMuchMemoryError as error:
        raise ValueError(f"reading it takes {error}") from None
    except CrashedError as error:
        raise ValueError(f"the library that reads it {error}, as on damaged HDF5") from None
    if "refused" in result.facts:
        raise ValueError(result.facts["refused"])
    return result


# -- There


def answer(wanted: dict[str, Any], _data: bytes) -> Result:
    """What ``survey`` asks for, in the other process."""
    try:
        with open_checked(Path(wanted["path"]), wanted["member"]) as file:
            numbers = sum(_read_through(item) for item in _objects(file))
            config = file.attrs.get("model_config", "")
    except MemoryError:
        raise
    except Exception as error:  # h5py and zipfile raise a dozen unrelated types
        return Result({"refused": str(error).strip()[:300] or type(error).__name__}, b"")
    text = config if isinstance(config, bytes) else str(config).encode()
    return Result({"numbers": numbers}, text)


def open_checked(path: Path, member: str = "") -> Any:
    """An ``h5py.File`` whose every part lies in the file itself and is no larger than it can be.

    Without locks, so that a read-only file system will do. Raises whatever h5py raises.
    """
    import h5py

    if member:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(member)
        size, file = len(content), h5py.File(io.BytesIO(content), "r")
    else:
        size, file = path.stat().st_size, h5py.File(path, "r", locking=False)
    try:
        _check_claims(file, size)
    except BaseException:
        file.close()
        raise
    return file


def _check_claims(file: Any, size: int) -> None:
    import h5py

    most, claimed = max(_SMALL, MAX_EXPANSION * size), 0
    for item in _objects(file):
        if not isinstance(item, h5py.Dataset) or item.shape is None:
            continue
        if item.external or item.is_virtual:
            raise ValueError(f"{item.name} has its numbers in another file, which is not opened")
        claimed += item.size * item.dtype.itemsize
        if claimed > most:
            raise ValueError(
                f"its arrays up to {item.name} claim {claimed / 1e6:,.0f} MB, and the file has "
                f"{size / 1e6:,.1f}"
            )


def _objects(file: Any) -> Iterator[Any]:
    """Each group and array once, however many names it has; links to other files are refused."""
    import h5py

    waiting, seen = [file["/"]], set()
    while waiting:
        item = waiting.pop()
        address = h5py.h5o.get_info(item.id).addr
        if address in seen:
            continue
        seen.add(address)
        if len(seen) > MAX_OBJECTS:
            raise ValueError(f"it holds more than {MAX_OBJECTS:,} groups and arrays")
        yield item
        if not isinstance(item, h5py.Group):
            continue
        for name in item:
            link = item.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                raise ValueError(
                    f"{item.name.rstrip('/')}/{name} is a link to another file, which is not opened"
                )
            if isinstance(link, h5py.HardLink):  # a soft one leads to what has a hard one too
                waiting.append(item[name])


def _read_through(item: Any) -> int:
    """Read all of an object as Keras will; how many numbers it holds."""
    import h5py

    for name in item.attrs:
        described = item.attrs.get_id(name)
        size = math.prod(described.shape or ()) * described.dtype.itemsize
        if size <= MAX_CONFIG and isinstance(value := item.attrs[name], str | bytes):
            size = len(value)  # a text's length is told by itself alone
        if size > MAX_CONFIG:
            raise ValueError(f"its attribute {name} has {size:,} bytes, more than {MAX_CONFIG:,}")
    if not isinstance(item, h5py.Dataset) or item.shape is None:
        return 0
    if item.shape == ():
        item[()]
        return 1
    rows = max(1, _AT_ONCE * len(item) // max(1, item.size))
    for start in range(0, len(item), rows):
        item[start : start + rows]
    return int(item.size)
