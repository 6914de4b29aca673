"""What tells that nothing has changed: digests of values, files, folders and of this program."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, is_dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from generator.texts import templates_folder

__all__ = [
    "SHEET_MODULES",
    "digest_of",
    "fingerprint",
    "network_program",
    "of_folder",
    "program",
    "sheet_program",
    "stamp",
]

SHEET_MODULES = (
    *("activations", "apart", "contract", "decode", "decode_apart", "domain", "encode", "errors"),
    *("evidence", "folders", "front_matter", "inputs", "layout", "models", "names", "passes"),
    *("pipeline", "places", "points", "reading", "sheet_files", "sheets", "sidecar", "sizes"),
    "verdict_files",
)
"""What an image's sheets are made by, below ``generator/``: all that these import, and no more."""

_LIBRARIES = (
    *("tensorflow", "keras", "numpy", "pillow", "numba", "isal", "orjson", "matplotlib"),
    *(
        "jinja2",
        "markdown",
        "markupsafe",
        "pymdown-extensions",
        "latex2mathml",
        "nh3",
        "pyyaml",
        "typst",
    ),
    "segno",
)


def fingerprint(*values: object) -> str:
    """A digest of plain values, dataclasses and whatever holds them; order counts."""
    text = json.dumps(values, default=_plain, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return sorted(value) if isinstance(value, frozenset | set) else list(value)
    raise TypeError(f"expected a plain value, got a {type(value).__name__}")


def stamp(path: Path) -> tuple[int, int, int] | None:
    """(size, modification time in ns, inode) of a file; None: there is none to be seen."""
    try:
        facts = path.stat()
    except (OSError, ValueError):
        return None
    return facts.st_size, facts.st_mtime_ns, facts.st_ino


def of_folder(folder: Path | None, *, stamps: bool = False) -> str:
    """A digest of all files in a folder, by their names and bytes, or by names and stamps."""
    if folder is None:
        return ""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return fingerprint(
        [
            (
                path.relative_to(folder).as_posix(),
                stamp(path) if stamps else hashlib.sha256(path.read_bytes()).hexdigest(),
            )
            for path in found
            if "__pycache__" not in path.parts
        ]
    )


@cache
def program() -> str:
    """Of everything that pages and handouts are made by: this package, templates, libraries."""
    return fingerprint(
        [*_modules().items()],
        of_folder(templates_folder()),
        _libraries(),
        platform.python_version(),
    )


@cache
def sheet_program() -> str:
    """Of everything that an image's sheets are made by."""
    return _program_of(SHEET_MODULES)


@cache
def network_program() -> str:
    """Of everything by which a network's facts are found."""
    return _program_of((*SHEET_MODULES, "example", "gallery_files", "known_networks"))


def _program_of(names: Collection[str]) -> str:
    modules = [
        (path, digest)
        for path, digest in _modules().items()
        if path.split("/")[0].removesuffix(".py") in names
    ]
    return fingerprint(modules, _libraries(), platform.machine())


@cache
def _modules() -> Mapping[str, str]:
    """Digest of each module, by its path below the package."""
    package = Path(__file__).resolve().parent
    return {
        path.relative_to(package).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(package.rglob("*.py"))
    }


@cache
def _libraries() -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for name in _LIBRARIES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append((name, ""))
    return tuple(found)


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes; "" of one that cannot be read, or is no file but a pipe."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
